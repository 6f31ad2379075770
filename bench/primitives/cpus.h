/* SPDX-License-Identifier: MIT */
/*
 * cpus.h - the CPUs that we may use, one for each thread.
 */
#ifndef BENCH_PRIMITIVES_CPUS_H
#define BENCH_PRIMITIVES_CPUS_H

#include <pthread.h>
#include <sched.h>

struct cpus {
	cpu_set_t allowed;
	unsigned count;
};

/* Those of the calling thread, before anything is pinned. */
void cpus_find(struct cpus *cpus);

/* Keep a thread on the nth of them. */
void cpus_pin(const struct cpus *cpus, pthread_t thread, unsigned nth);

/* Let it run on all of them: a thread begins where the one runs that made it. */
void cpus_unpin(const struct cpus *cpus, pthread_t thread);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cpus.c - the CPUs that we may use, one for each thread.
 */
#include "cpus.h"

#include <errno.h>

#include "../measure.h"

void cpus_find(struct cpus *cpus)
{
	if (sched_getaffinity(0, sizeof(cpus->allowed), &cpus->allowed))
		fail("cannot find the CPUs that are allowed", -errno);
	cpus->count = (unsigned)CPU_COUNT(&cpus->allowed);
}

static void set_affinity(pthread_t thread, const cpu_set_t *set)
{
	int err = pthread_setaffinity_np(thread, sizeof(*set), set);

	if (err)
		fail("cannot say on which CPUs a thread may run", -err);
}

void cpus_pin(const struct cpus *cpus, pthread_t thread, unsigned nth)
{
	cpu_set_t one;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &cpus->allowed) || nth--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		set_affinity(thread, &one);
		return;
	}
}

void cpus_unpin(const struct cpus *cpus, pthread_t thread)
{
	set_affinity(thread, &cpus->allowed);
}

/* SPDX-License-Identifier: MIT */
/*
 * cpu_time.h - who used the CPUs of this machine, we or others?
 */
#ifndef BENCH_CPU_TIME_H
#define BENCH_CPU_TIME_H

#include <stdint.h>

struct cpu_time {
	uint64_t when_ns;
	double machine_s; /* by everything, on all CPUs; NAN if not known */
	double own_s;	  /* by us and the children that we have waited for */
};

struct cpu_time cpu_time_now(void);

/* The share of all CPU time since `begin` that others had: 0 to 1; NAN if not known. */
double cpu_time_of_others(const struct cpu_time *begin);

#endif

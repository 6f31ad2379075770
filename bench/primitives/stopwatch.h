/* SPDX-License-Identifier: MIT */
/*
 * stopwatch.h - how long something takes; or, in a turn that is not timed, what it costs
 * others.
 *
 * To look at the interrupts of the machine disturbs the caches, so no turn does both.
 */
#ifndef BENCH_PRIMITIVES_STOPWATCH_H
#define BENCH_PRIMITIVES_STOPWATCH_H

#include <stdbool.h>
#include <stdint.h>

struct stopwatch {
	bool counting;	   /* not timing */
	uint64_t ns;	   /* of all that was between start and stop */
	double shootdowns; /* of TLBs, on all CPUs; NAN where the kernel does not tell */
	/* Private. */
	uint64_t begin_ns;
	double begin_shootdowns;
};

void stopwatch_start(struct stopwatch *watch);
void stopwatch_stop(struct stopwatch *watch);

#endif

/* SPDX-License-Identifier: MIT */
/* measure.h - how long each backend takes here. */
#ifndef PGB_TOOL_MEASURE_H
#define PGB_TOOL_MEASURE_H

#include <stddef.h>

#define PGB_MEASURE_BYTES  (64u << 20)
#define PGB_MEASURE_ROUNDS 7

/* Medians of the rounds, in nanoseconds. */
struct pgb_timing {
	double arm;	    /* the first harvest of PGB_MEASURE_BYTES, all of it written */
	double first_write; /* a page */
	double dirty_harvest; /* a page */
	double clean_harvest; /* a page */
};

/*
 * Time backends[0..count), which can run here, in turns: what disturbs the machine for
 * a while then disturbs all of them.  Returns 0 or a negative errno.
 */
int pgb_measure(const char *const *backends, size_t count, struct pgb_timing *timings);

#endif

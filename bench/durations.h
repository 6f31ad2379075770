/* SPDX-License-Identifier: MIT */
/*
 * durations.h - how long something took, many times.
 */
#ifndef BENCH_DURATIONS_H
#define BENCH_DURATIONS_H

#include <stddef.h>
#include <stdint.h>

/* All zeros: none yet. */
struct durations {
	double *us;
	size_t count, room;
};

/* Ends the program if memory is out. */
void durations_add(struct durations *durations, uint64_t ns);
void durations_append(struct durations *durations, const struct durations *others);

/* One line: how many, the shortest, the median and the longest. */
void durations_print(struct durations *durations, const char *what);

void durations_free(struct durations *durations);

#endif

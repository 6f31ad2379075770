/* SPDX-License-Identifier: MIT */
/*
 * measure.h - the clock, the median and random orders of the benchmarks.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t now_ns(void);

/* Sorts `values`.  `count` is not 0. */
double median(double *values, size_t count);

/* (highest - lowest) / median; as median(). */
double relative_spread(double *values, size_t count);

/* 0 to count - 1 in random order, to be freed.  Ends the program if memory is out. */
uint32_t *shuffled_indices(size_t count, uint64_t seed);

/* Print what failed and why (a negative errno), and end the program with status 1. */
_Noreturn void fail(const char *what, int err);

/* "met" or "missed": is the figure at most the limit? */
const char *verdict(double figure, double limit);

#endif

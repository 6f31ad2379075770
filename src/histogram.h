/* SPDX-License-Identifier: MIT */
/*
 * histogram.h - how long things took, in fixed memory.
 *
 * Buckets are 1/16 of a power of two, so a quantile is at most 6.25 % too high; the
 * maximum is exact.  A zeroed histogram is an empty one.  One writer at a time; a
 * reader in another process sees each member whole.
 */
#ifndef PGB_HISTOGRAM_H
#define PGB_HISTOGRAM_H

#include <stdint.h>

#define PGB_HISTOGRAM_BUCKETS 720 /* values up to 2^48: three days in nanoseconds */

struct pgb_histogram {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint32_t bucket[PGB_HISTOGRAM_BUCKETS];
};

void pgb_histogram_add(struct pgb_histogram *histogram, uint64_t value);

/* The largest value that bucket `index` is for; the last one takes larger ones too. */
uint64_t pgb_histogram_largest_in(unsigned index);

/* The smallest recorded value that `percent` (0 to 100) of all do not exceed. */
uint64_t pgb_histogram_percentile(const struct pgb_histogram *histogram, double percent);

#endif

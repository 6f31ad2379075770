/* SPDX-License-Identifier: MIT */
/* histogram.c - how long things took, in fixed memory. */
#include "histogram.h"

#include <atomic_ops.h>

/*
 * Values below 16 have a bucket each.  From there on, each power of two has 16, chosen
 * by the four bits behind the leading one.
 */
#define SUBDIVISION_BITS 4
#define SUBDIVISIONS	 (1u << SUBDIVISION_BITS)
#define LARGEST_BIT	 47

_Static_assert(PGB_HISTOGRAM_BUCKETS ==
		       SUBDIVISIONS * (1 + LARGEST_BIT - SUBDIVISION_BITS + 1),
	       "a bucket for every value below 2^48");
_Static_assert(sizeof(AO_t) == sizeof(uint64_t), "a member is stored whole");
_Static_assert(sizeof(unsigned) == sizeof(uint32_t), "a bucket is stored whole");

static unsigned bucket_of(uint64_t value)
{
	unsigned leading, shift;

	if (value < SUBDIVISIONS)
		return (unsigned)value;
	if (value >> (LARGEST_BIT + 1))
		return PGB_HISTOGRAM_BUCKETS - 1;
	leading = 63 - (unsigned)__builtin_clzll(value);
	shift = leading - SUBDIVISION_BITS;
	return (shift + 1) * SUBDIVISIONS + ((value >> shift) & (SUBDIVISIONS - 1));
}

uint64_t pgb_histogram_largest_in(unsigned index)
{
	unsigned shift;

	if (index < SUBDIVISIONS)
		return index;
	shift = index / SUBDIVISIONS - 1;
	return ((uint64_t)(SUBDIVISIONS + index % SUBDIVISIONS + 1) << shift) - 1;
}

void pgb_histogram_add(struct pgb_histogram *histogram, uint64_t value)
{
	volatile unsigned *bucket = &histogram->bucket[bucket_of(value)];

	AO_int_store(bucket, *bucket + 1);
	AO_store((volatile AO_t *)&histogram->sum, histogram->sum + value);
	if (value > histogram->max)
		AO_store((volatile AO_t *)&histogram->max, value);
	/* Last: whoever sees the count finds that many values in the buckets. */
	AO_store_release((volatile AO_t *)&histogram->count, histogram->count + 1);
}

uint64_t pgb_histogram_percentile(const struct pgb_histogram *histogram, double percent)
{
	uint64_t count = AO_load_acquire((const volatile AO_t *)&histogram->count);
	uint64_t max = AO_load((const volatile AO_t *)&histogram->max);
	double exact = percent * (double)count / 100;
	uint64_t rank = (uint64_t)exact;
	uint64_t seen = 0;

	if (!count)
		return 0;
	if ((double)rank < exact || !rank)
		rank++;
	/* The last bucket is open-ended, so only `max` can stand for it. */
	for (unsigned i = 0; i < PGB_HISTOGRAM_BUCKETS - 1; i++) {
		seen += AO_int_load((const volatile unsigned *)&histogram->bucket[i]);
		if (seen >= rank) {
			uint64_t largest = pgb_histogram_largest_in(i);

			return largest < max ? largest : max;
		}
	}
	return max;
}

/* SPDX-License-Identifier: MIT */
/*
 * percentile.c - percentiles that there are enough samples for.
 */
#include "percentile.h"

#include <math.h>

#define NS_PER_MS 1e6

double percentile_ms(const struct pgb_histogram *histogram, double percent)
{
	uint64_t needed = percent > 99 ? 1000 : percent > 50 ? 100 : 1;

	if (histogram->count < needed)
		return NAN;
	return (double)pgb_histogram_percentile(histogram, percent) / NS_PER_MS;
}

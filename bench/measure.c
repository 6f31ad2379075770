/* SPDX-License-Identifier: MIT */
/*
 * measure.c - the clock, the median and random orders of the benchmarks.
 */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prng.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare_doubles);
	return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

double relative_spread(double *values, size_t count)
{
	double middle = median(values, count); /* which sorts them */

	return (values[count - 1] - values[0]) / middle;
}

uint32_t *shuffled_indices(size_t count, uint64_t seed)
{
	uint32_t *indices = malloc(count * sizeof(*indices));
	struct prng prng = {seed};

	if (!indices)
		fail("cannot allocate memory", -ENOMEM);
	for (size_t i = 0; i < count; i++) {
		size_t other = prng_below(&prng, (uint32_t)i + 1);

		indices[i] = (uint32_t)i;
		indices[i] = indices[other];
		indices[other] = (uint32_t)i;
	}
	return indices;
}

void fail(const char *what, int err)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what,
		strerror(-err));
	exit(EXIT_FAILURE);
}

const char *verdict(double figure, double limit)
{
	return figure <= limit ? "met" : "missed";
}

/* SPDX-License-Identifier: MIT */
/* histogram.c - tests of the histogram against sorted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "histogram.h"

#define VALUES 10000

static struct pgb_histogram histogram;

static int empty_histogram(void **state)
{
	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	return 0;
}

static uint64_t in_buckets(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < PGB_HISTOGRAM_BUCKETS; i++)
		sum += histogram.bucket[i];
	return sum;
}

static void nothing_is_zero(void **state)
{
	(void)state;
	assert_int_equal(pgb_histogram_percentile(&histogram, 0), 0);
	assert_int_equal(pgb_histogram_percentile(&histogram, 100), 0);
}

static void one_value_is_every_percentile(void **state)
{
	(void)state;
	pgb_histogram_add(&histogram, 123456789);
	assert_int_equal(histogram.count, 1);
	assert_int_equal(histogram.sum, 123456789);
	assert_int_equal(pgb_histogram_percentile(&histogram, 0), 123456789);
	assert_int_equal(pgb_histogram_percentile(&histogram, 50), 123456789);
	assert_int_equal(pgb_histogram_percentile(&histogram, 100), 123456789);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t value = 1; value <= 10; value++)
		pgb_histogram_add(&histogram, value);
	assert_int_equal(pgb_histogram_percentile(&histogram, 50), 5);
	assert_int_equal(pgb_histogram_percentile(&histogram, 51), 6);
	assert_int_equal(pgb_histogram_percentile(&histogram, 90), 9);
	assert_int_equal(pgb_histogram_percentile(&histogram, 99), 10);
}

/* The first and the last value of each bucket size. */
static void every_boundary_is_within_a_sixteenth(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 48; bit++) {
		for (int offset = -1; offset <= 1; offset++) {
			uint64_t value = (UINT64_C(1) << bit) + (uint64_t)(int64_t)offset;
			uint64_t quantile;

			if (value >> 48)
				continue;
			empty_histogram(NULL);
			pgb_histogram_add(&histogram, value);
			/* So that the maximum does not make it exact. */
			pgb_histogram_add(&histogram, UINT64_C(1) << 50);
			quantile = pgb_histogram_percentile(&histogram, 50);
			assert_true(quantile >= value);
			assert_true(quantile <= value + value / 16);
		}
	}
}

static void values_past_the_end_are_kept(void **state)
{
	(void)state;
	pgb_histogram_add(&histogram, 5);
	pgb_histogram_add(&histogram, (UINT64_C(1) << 48) - 1);
	pgb_histogram_add(&histogram, UINT64_C(1) << 48);
	pgb_histogram_add(&histogram, UINT64_MAX - 10);
	assert_int_equal(histogram.count, 4);
	assert_int_equal(in_buckets(), 4);
	assert_int_equal(histogram.max, UINT64_MAX - 10);
	assert_int_equal(pgb_histogram_percentile(&histogram, 25), 5);
	assert_int_equal(pgb_histogram_percentile(&histogram, 100), UINT64_MAX - 10);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void agrees_with_sorted_values(void **state)
{
	static const double percents[] = {0.01, 1, 25, 50, 90, 99, 99.9, 100};
	static uint64_t values[VALUES];
	uint64_t random = 88172645463325252, sum = 0;

	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* As many small ones as large ones. */
		values[i] = (random >> 20) >> (random % 44);
		sum += values[i];
		pgb_histogram_add(&histogram, values[i]);
	}
	qsort(values, VALUES, sizeof(*values), compare);
	assert_int_equal(histogram.count, VALUES);
	assert_int_equal(histogram.sum, sum);
	assert_int_equal(histogram.max, values[VALUES - 1]);
	assert_int_equal(in_buckets(), VALUES);
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		uint64_t quantile = pgb_histogram_percentile(&histogram, percents[i]);
		size_t rank = (size_t)(percents[i] * VALUES / 100 + 0.5);
		uint64_t truth = values[rank - 1];

		assert_true(quantile >= truth);
		assert_true(quantile <= truth + truth / 16);
	}
	assert_int_equal(pgb_histogram_percentile(&histogram, 100), histogram.max);
}

#define test(function) cmocka_unit_test_setup(function, empty_histogram)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(nothing_is_zero),
		test(one_value_is_every_percentile),
		test(small_values_are_exact),
		test(every_boundary_is_within_a_sixteenth),
		test(values_past_the_end_are_kept),
		test(agrees_with_sorted_values),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}

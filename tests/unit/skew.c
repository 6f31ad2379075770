/* SPDX-License-Identifier: MIT */
/* skew.c - random indices are as frequent as they should be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gc/skew.h"

#define INDICES 1000
#define DRAWN	1000000

static unsigned drawn[INDICES];

static void draw(const char *text, uint32_t count)
{
	struct prng prng = {1};
	struct skewed skewed;
	struct skew skew;

	assert_true(skew_parse(&skew, text));
	skewed_init(&skewed, &skew, count);
	memset(drawn, 0, sizeof(drawn));
	for (unsigned i = 0; i < DRAWN; i++) {
		uint32_t index = skewed_next(&skewed, &prng);

		assert_true(index < count);
		drawn[index]++;
	}
}

/* Six standard deviations: the seed is fixed, so this is not a matter of luck. */
static void expect_share(uint32_t index, double share)
{
	double expected = DRAWN * share;
	double deviation = sqrt(expected * (1 - share));

	assert_true(fabs(drawn[index] - expected) <= 6 * deviation + 1);
}

static void expect_zipf(const char *text, double exponent)
{
	double sum = 0;

	draw(text, INDICES);
	for (unsigned i = 1; i <= INDICES; i++)
		sum += pow(i, -exponent);
	for (unsigned i = 1; i <= INDICES; i++)
		expect_share(i - 1, pow(i, -exponent) / sum);
}

static void zipf_follows_its_law(void **state)
{
	(void)state;
	expect_zipf("zipf:0.5", 0.5);
	expect_zipf("zipf:0.99", 0.99);
	expect_zipf("zipf:1", 1);
	expect_zipf("zipf:1.3", 1.3);
	expect_zipf("zipf:10", 10);
}

static void uniform_is(void **state)
{
	(void)state;
	draw("uniform", INDICES);
	for (unsigned i = 0; i < INDICES; i++)
		expect_share(i, 1.0 / INDICES);
}

static void clusters_are_small_and_everywhere(void **state)
{
	struct skew skew = {.kind = CLUSTERED};
	uint32_t smallest = UINT32_MAX, largest = 0, lowest, highest;
	struct prng prng = {1};
	struct skewed skewed;

	(void)state;
	skewed_init(&skewed, &skew, 1000000);
	for (unsigned cluster = 0; cluster < 1000; cluster++) {
		lowest = UINT32_MAX;
		highest = 0;
		for (unsigned i = 0; i < 1024; i++) {
			uint32_t index = skewed_next(&skewed, &prng);

			lowest = index < lowest ? index : lowest;
			highest = index > highest ? index : highest;
		}
		assert_true(highest - lowest < 1000000 / 256);
		smallest = lowest < smallest ? lowest : smallest;
		largest = highest > largest ? highest : largest;
	}
	assert_true(largest < 1000000);
	assert_true(smallest < 10000);
	assert_true(largest > 990000);
}

static void one_index_is_enough(void **state)
{
	(void)state;
	draw("uniform", 1);
	draw("clustered", 1);
	draw("zipf:1.3", 1);
	assert_int_equal(drawn[0], DRAWN);
}

static void other_words_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",	   "zipf",     "zipf:",	  "zipf:0",   "zipf:-1",
		"zipf:11", "zipf:nan", "zipf:1 ", "uniform:1"};
	struct skew skew;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(skew_parse(&skew, wrong[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zipf_follows_its_law),
		cmocka_unit_test(uniform_is),
		cmocka_unit_test(clusters_are_small_and_everywhere),
		cmocka_unit_test(one_index_is_enough),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests_name("skew", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* scale.c - the axes of a page: round ends, ticks that people read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tool/report/scale.h"

#define NEAR(a, b) assert_float_equal(a, b, 1e-9)

static struct pgb_extent extent_of(double low, double high)
{
	struct pgb_extent extent = PGB_EXTENT_NONE;

	pgb_extent_add(&extent, low);
	pgb_extent_add(&extent, high);
	return extent;
}

static void nothing_has_axes(void **state)
{
	struct pgb_extent none = PGB_EXTENT_NONE;
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	struct pgb_scale scale = pgb_scale_logarithmic(&none);

	(void)state;
	assert_true(scale.low > 0 && scale.low < scale.high);
	assert_true(pgb_scale_ticks(&scale, ticks) > 1);
	scale = pgb_scale_linear(&none);
	assert_true(scale.low < scale.high);
	scale = pgb_scale_counts(&none);
	assert_true(pgb_scale_ticks(&scale, ticks) == 1);
}

static void unknown_values_are_not_shown(void **state)
{
	struct pgb_extent extent = extent_of(3, 4);

	(void)state;
	pgb_extent_add(&extent, NAN);
	pgb_extent_add(&extent, INFINITY);
	NEAR(extent.low, 3);
	NEAR(extent.high, 4);
	assert_false(extent.zero);
}

static void logarithmic_ends_are_1_2_5(void **state)
{
	static const struct {
		double low, high, from, to;
	} cases[] = {
		{3, 30, 2, 50},	       {1, 10, 1, 10},		{2, 5, 2, 5},
		{0.011, 0.9, 0.01, 1}, {1000, 1000, 1000, 1e4}, {7e-4, 6e5, 5e-4, 1e6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pgb_extent extent = extent_of(cases[i].low, cases[i].high);
		struct pgb_scale scale = pgb_scale_logarithmic(&extent);

		NEAR(scale.low / cases[i].from, 1);
		NEAR(scale.high / cases[i].to, 1);
	}
}

static void logarithmic_ticks_are_few(void **state)
{
	struct pgb_tick ticks[PGB_SCALE_TICKS];

	(void)state;
	for (int power = 1; power < 60; power++) {
		struct pgb_extent extent = extent_of(1, pow(2, power));
		struct pgb_scale scale = pgb_scale_logarithmic(&extent);
		size_t count = pgb_scale_ticks(&scale, ticks), labels = 0;

		for (size_t i = 0; i < count; i++) {
			labels += ticks[i].major;
			assert_true(!i || ticks[i].value > ticks[i - 1].value);
			assert_true(ticks[i].value >= scale.low * (1 - 1e-9));
			assert_true(ticks[i].value <= scale.high * (1 + 1e-9));
		}
		assert_in_range(labels, 2, 8);
	}
}

static void zero_has_a_place_of_its_own(void **state)
{
	struct pgb_extent extent = extent_of(0, 100);
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	struct pgb_scale scale;

	(void)state;
	pgb_extent_add(&extent, 0.01);
	scale = pgb_scale_logarithmic(&extent);
	scale.from = 50;
	scale.to = 350;
	NEAR(scale.low, 0.01);
	NEAR(pgb_scale_at(&scale, 0), 50);
	NEAR(pgb_scale_at(&scale, 100), 350);
	assert_true(pgb_scale_at(&scale, 0.01) > 80);
	assert_true(pgb_scale_ticks(&scale, ticks) > 2);
	NEAR(ticks[0].value, 0);
}

static void linear_axes_begin_at_zero(void **state)
{
	struct pgb_extent extent = extent_of(3, 47);
	struct pgb_scale scale = pgb_scale_linear(&extent);
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	size_t count = pgb_scale_ticks(&scale, ticks);

	(void)state;
	NEAR(scale.low, 0);
	NEAR(scale.high, 50);
	assert_int_equal(count, 6);
	NEAR(ticks[1].value, 10);
	NEAR(ticks[5].value, 50);
}

static void counts_are_whole(void **state)
{
	struct pgb_extent extent = extent_of(1, 4);
	struct pgb_scale scale = pgb_scale_counts(&extent);
	struct pgb_tick ticks[PGB_SCALE_TICKS];

	(void)state;
	assert_int_equal(pgb_scale_ticks(&scale, ticks), 4);
	for (int i = 0; i < 4; i++)
		NEAR(ticks[i].value, i + 1);
}

/* The ends of what a file may say. */
static void extremes_are_places(void **state)
{
	struct pgb_extent extent = extent_of(1e-320, 1e18);
	struct pgb_scale scale;

	(void)state;
	assert_true(extent.zero);
	pgb_extent_add(&extent, 1e-12);
	scale = pgb_scale_logarithmic(&extent);
	scale.to = 100;
	NEAR(pgb_scale_at(&scale, 1e18), 100);
	NEAR(pgb_scale_at(&scale, 1e-320), pgb_scale_at(&scale, scale.low));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_has_axes),
		cmocka_unit_test(unknown_values_are_not_shown),
		cmocka_unit_test(logarithmic_ends_are_1_2_5),
		cmocka_unit_test(logarithmic_ticks_are_few),
		cmocka_unit_test(zero_has_a_place_of_its_own),
		cmocka_unit_test(linear_axes_begin_at_zero),
		cmocka_unit_test(counts_are_whole),
		cmocka_unit_test(extremes_are_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

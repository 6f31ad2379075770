/* SPDX-License-Identifier: MIT */
/* precleaning.c - tests of gc-integration/bdwgc/precleaning.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dirty_pages.h"
#include "events.h"
#include "heap.h"
#include "precleaning.h"

#define ENOUGH 100

static uint64_t reported, passed_on, to_find, to_pass_on;
static bool world_runs, is_able;

uint64_t heap_pages_reported(void)
{
	return reported;
}

uint64_t dirty_pages_passed_on(void)
{
	return passed_on;
}

bool heap_can_preclean(void)
{
	return is_able;
}

bool events_world_runs(void)
{
	return world_runs;
}

static void harvest(void)
{
	reported += to_find + to_pass_on;
	passed_on += to_pass_on;
}

static int begin(void **state)
{
	(void)state;
	world_runs = is_able = true;
	reported = 12345;
	passed_on = 345;
	to_pass_on = 0;
	precleaning_init(harvest, ENOUGH);
	precleaning_after_stop();
	return 0;
}

static bool finds(uint64_t pages)
{
	to_find = pages;
	return precleaning_find_more();
}

static void until_enough_are_left(void **state)
{
	(void)state;
	assert_int_equal(precleaning_pages(), 0);
	assert_false(precleaning_left_few());
	assert_true(finds(5000));
	assert_true(finds(900));
	assert_false(precleaning_left_few());
	assert_true(finds(ENOUGH));
	assert_true(precleaning_left_few());
	assert_true(finds(ENOUGH));
	assert_int_equal(precleaning_found(), ENOUGH);
	assert_int_equal(precleaning_rounds(), 4);
	assert_int_equal(precleaning_pages(), 5900 + 2 * ENOUGH);
	reported += 7;
	assert_false(finds(1));
	assert_int_equal(precleaning_pages(), 5900 + 2 * ENOUGH);
	precleaning_after_stop();
	assert_int_equal(precleaning_rounds(), 0);
	assert_int_equal(precleaning_pages(), 0);
	assert_int_equal(precleaning_found(), 0);
	assert_false(precleaning_left_few());
	assert_true(finds(1));
}

/* What hung on the few took long to mark from, and much was written meanwhile. */
static void few_may_lead_to_many(void **state)
{
	(void)state;
	assert_true(finds(ENOUGH));
	assert_true(finds(9 * ENOUGH));
	assert_false(precleaning_left_few());
	assert_false(finds(1));
}

static void as_long_as_they_become_fewer(void **state)
{
	(void)state;
	assert_true(finds(1000));
	assert_true(finds(749));
	assert_true(finds(562));
	assert_false(finds(1));
}

static void not_for_ever(void **state)
{
	unsigned rounds = 0;

	(void)state;
	for (uint64_t pages = 1 << 20; finds(pages); pages /= 2)
		rounds++;
	assert_int_equal(rounds, 8);
}

static void never_in_a_stop(void **state)
{
	(void)state;
	world_runs = false;
	assert_false(finds(1000));
	assert_int_equal(reported, 12345);
	assert_int_equal(precleaning_rounds(), 0);
}

/* It is the next stop's: it is in no object that we mark from. */
static void what_is_for_libgc_is_not_found(void **state)
{
	(void)state;
	to_pass_on = ENOUGH / 2;
	assert_true(finds(1000));
	assert_int_equal(precleaning_pages(), 1000);
	to_pass_on = 0;
	assert_true(finds(ENOUGH / 2 + 1));
	assert_false(precleaning_left_few());
	assert_true(finds(ENOUGH / 4));
	assert_true(precleaning_left_few());
	to_pass_on = ENOUGH;
	assert_true(finds(ENOUGH / 4));
	assert_false(precleaning_left_few());
	assert_int_equal(precleaning_pages(), 1000 + ENOUGH + 1);
}

/* A harvest that does nothing is none. */
static void never_by_a_backend_that_needs_one(void **state)
{
	(void)state;
	is_able = false;
	assert_false(finds(1000));
	assert_int_equal(precleaning_rounds(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(until_enough_are_left, begin),
		cmocka_unit_test_setup(few_may_lead_to_many, begin),
		cmocka_unit_test_setup(as_long_as_they_become_fewer, begin),
		cmocka_unit_test_setup(not_for_ever, begin),
		cmocka_unit_test_setup(what_is_for_libgc_is_not_found, begin),
		cmocka_unit_test_setup(never_in_a_stop, begin),
		cmocka_unit_test_setup(never_by_a_backend_that_needs_one, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* walk.c - tests of gc-integration/bdwgc/walk.c: when the walk is empty, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "record.h"
#include "walk.h"
#include "walk_steps.h"

static bool is_possible, keeps_small, marks_hold, tells_of_stops;
static uint64_t stop;
static unsigned begun, skipped, steps;

bool empty_walk_is_possible(void)
{
	return is_possible;
}

void empty_walk_begin(void)
{
	assert_true(is_possible);
	begun++;
}

void record_walk_skipped(void)
{
	skipped++;
}

bool dirty_pages_keeps_small(void)
{
	return keeps_small;
}

bool dirty_pages_marks_hold(void)
{
	return marks_hold;
}

bool events_tells_of_stops(void)
{
	return tells_of_stops;
}

uint64_t events_stop_number(void)
{
	return stop;
}

bool events_is_stop(uint64_t number)
{
	return stop && stop == number;
}

void walk_steps_end(pgb_visitor *visit, void *arg)
{
	steps++;
	visit(arg, 0, 0);
}

static void visitor(void *arg, uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
	assert_ptr_equal(arg, &steps);
}

static int begin(void **state)
{
	(void)state;
	is_possible = keeps_small = marks_hold = tells_of_stops = true;
	stop++;
	begun = skipped = steps = 0;
	return 0;
}

static unsigned prepare(bool told)
{
	walk_prepare(told, visitor, &steps);
	return begun;
}

static void where_nothing_is_dirty_it_is_empty(void **state)
{
	(void)state;
	assert_int_equal(prepare(false), 1);
	assert_int_equal(skipped, 1);
	assert_true(walk_is_spared());
}

static void it_is_of_that_stop_alone(void **state)
{
	uint64_t last = stop;

	(void)state;
	prepare(false);
	stop = 0;
	assert_false(walk_is_spared());
	stop = last + 1;
	assert_false(walk_is_spared());
	prepare(true);
	assert_false(walk_is_spared());
}

/* Marking may be abandoned before it. */
static void it_has_steps_all_the_same(void **state)
{
	(void)state;
	assert_int_equal(prepare(false), 1);
	assert_int_equal(steps, 1);
}

static void not_where_libgc_has_been_told_of_pages(void **state)
{
	(void)state;
	assert_int_equal(prepare(true), 0);
	assert_int_equal(skipped, 0);
	assert_int_equal(steps, 1);
}

static void not_where_it_is_told_of_most(void **state)
{
	(void)state;
	keeps_small = false;
	assert_int_equal(prepare(false), 0);
	assert_int_equal(steps, 0);
}

/* It looks for uncollectable objects then, dirty or not. */
static void not_where_all_is_marked(void **state)
{
	(void)state;
	marks_hold = false;
	assert_int_equal(prepare(false), 0);
}

static void not_where_it_is_not_known_when_a_stop_ends(void **state)
{
	(void)state;
	tells_of_stops = false;
	assert_int_equal(prepare(false), 0);
}

/* Blocks may be allocated. */
static void not_while_the_world_runs(void **state)
{
	uint64_t last = stop;

	(void)state;
	stop = 0;
	assert_int_equal(prepare(false), 0);
	stop = last;
}

static void not_where_it_cannot_be(void **state)
{
	(void)state;
	is_possible = false;
	assert_int_equal(prepare(false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(where_nothing_is_dirty_it_is_empty, begin),
		cmocka_unit_test_setup(it_is_of_that_stop_alone, begin),
		cmocka_unit_test_setup(it_has_steps_all_the_same, begin),
		cmocka_unit_test_setup(not_where_libgc_has_been_told_of_pages, begin),
		cmocka_unit_test_setup(not_where_it_is_told_of_most, begin),
		cmocka_unit_test_setup(not_where_all_is_marked, begin),
		cmocka_unit_test_setup(not_where_it_is_not_known_when_a_stop_ends, begin),
		cmocka_unit_test_setup(not_while_the_world_runs, begin),
		cmocka_unit_test_setup(not_where_it_cannot_be, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

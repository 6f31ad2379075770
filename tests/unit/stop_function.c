/* SPDX-License-Identifier: MIT */
/* stop_function.c - tests of gc-integration/bdwgc/stop_function.c, on a small libgc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "settings.h"
#include "stop_function.h"

void GC_set_stop_func(collector_stop_function *function);
collector_stop_function *GC_get_stop_func(void);
void GC_gcollect(void);

static collector_stop_function *libgcs, *tried;
static unsigned locks;
static int is_incremental, finds_leaks;
static bool may_abandon, tries_are_ours, has_programs_roots;

bool events_may_abandon(void)
{
	return may_abandon;
}

bool settings_is_ours(enum setting setting)
{
	assert_int_equal(setting, SETTING_TRIES);
	return tries_are_ours;
}

bool dirty_pages_has_programs_roots(void)
{
	return has_programs_roots;
}

static uint64_t stop = 1;

uint64_t events_stop_number(void)
{
	return stop;
}

static bool hopeless;

static bool is_hopeless(void)
{
	return hopeless;
}

static bool walk_is_empty;

bool empty_walk_is_on(void)
{
	return walk_is_empty;
}

static int never(void)
{
	return 0;
}

static int always(void)
{
	return 1;
}

static void set(collector_stop_function *function)
{
	locks++;
	libgcs = function;
}

static collector_stop_function *get(void)
{
	locks++;
	return libgcs;
}

static int try_to_collect(collector_stop_function *function)
{
	tried = function;
	return 1;
}

static int is_incremental_mode(void)
{
	return is_incremental;
}

static int get_find_leak(void)
{
	return finds_leaks;
}

static const struct collector libgc = {
	.api = {.is_incremental_mode = is_incremental_mode,
		.set_stop_func = set,
		.get_stop_func = get,
		.try_to_collect = try_to_collect,
		.get_find_leak = get_find_leak},
};

/* Nothing to call, nothing to crash. */
static void a_libgc_without(void **state)
{
	static const struct collector none;

	(void)state;
	stop_function_init(&none, is_hopeless, false);
	stop_function_install();
	GC_set_stop_func(never);
	assert_null(GC_get_stop_func());
	GC_gcollect();
}

/* It would mark with one thread, for nothing. */
static void not_where_libgc_is_not_incremental(void **state)
{
	(void)state;
	libgcs = never;
	stop_function_init(&libgc, is_hopeless, false);
	stop_function_install();
	assert_ptr_equal(libgcs, never);
	GC_gcollect();
	assert_null(tried);
}

static void the_programs_is_asked(void **state)
{
	unsigned before;

	(void)state;
	is_incremental = 1;
	stop_function_install();
	assert_ptr_not_equal(libgcs, never);
	assert_ptr_equal(GC_get_stop_func(), never);
	assert_int_equal(libgcs(), 0);
	before = locks;
	GC_set_stop_func(always);
	assert_true(locks > before); /* nobody asks the old one any more */
	assert_ptr_equal(GC_get_stop_func(), always);
	assert_int_equal(libgcs(), 1);
	GC_set_stop_func(never);
	assert_int_equal(libgcs(), 0);
	assert_int_equal(stop_function_ended(), 0);
}

static int begin(void **state)
{
	(void)state;
	hopeless = true;
	stop++;
	may_abandon = tries_are_ours = true;
	has_programs_roots = false;
	assert_int_equal(libgcs(), 1);
	return 0;
}

static void tries_end_at_once(void **state)
{
	unsigned before = stop_function_ended();

	(void)state;
	assert_int_equal(libgcs(), 1);
	assert_int_equal(stop_function_ended(), before + 1);
	/* As long as the stop lasts. */
	hopeless = false;
	assert_int_equal(libgcs(), 1);
	stop++;
	assert_int_equal(libgcs(), 0);
	hopeless = true;
	assert_int_equal(libgcs(), 0);
	assert_int_equal(stop_function_ended(), before + 2);
}

static void not_what_is_waited_for(void **state)
{
	(void)state;
	may_abandon = false;
	assert_int_equal(libgcs(), 0);
}

/* Its number of tries may be one that never comes to an end. */
static void not_by_the_programs_tries(void **state)
{
	(void)state;
	tries_are_ours = false;
	assert_int_equal(libgcs(), 0);
}

static void not_with_roots_of_the_programs(void **state)
{
	(void)state;
	has_programs_roots = true;
	assert_int_equal(libgcs(), 0);
}

static void not_before_roots_where_the_walk_is_empty(void **state)
{
	(void)state;
	walk_is_empty = true;
	assert_int_equal(libgcs(), 0);
	GC_set_stop_func(always);
	assert_int_equal(libgcs(), 1);
	GC_set_stop_func(never);
	walk_is_empty = false;
	assert_int_equal(libgcs(), 1);
}

/* Stacks would be left to be marked from while the world runs. */
static void not_where_libgc_pushes_ranges(void **state)
{
	(void)state;
	stop_function_init(&libgc, is_hopeless, true);
	assert_int_equal(libgcs(), 0);
	stop_function_init(&libgc, is_hopeless, false);
	assert_int_equal(libgcs(), 1);
}

/* By libgc's own function it marks with several threads. */
static void gcollect_goes_by_the_programs(void **state)
{
	collector_stop_function *ours = libgcs;

	(void)state;
	GC_gcollect();
	assert_ptr_equal(tried, never);
	GC_set_stop_func(always);
	GC_gcollect();
	assert_int_equal(tried(), 1);
	GC_set_stop_func(never);
	tried = NULL;
	finds_leaks = 1;
	GC_gcollect();
	assert_null(tried);
	finds_leaks = 0;
	libgcs = always; /* past us */
	GC_gcollect();
	assert_null(tried);
	assert_ptr_equal(libgcs, always);
	libgcs = ours;
}

int main(void)
{
	/* Once it is installed, it is so for good. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_libgc_without),
		cmocka_unit_test(not_where_libgc_is_not_incremental),
		cmocka_unit_test(the_programs_is_asked),
		cmocka_unit_test_setup(tries_end_at_once, begin),
		cmocka_unit_test_setup(not_what_is_waited_for, begin),
		cmocka_unit_test_setup(not_by_the_programs_tries, begin),
		cmocka_unit_test_setup(not_with_roots_of_the_programs, begin),
		cmocka_unit_test_setup(not_before_roots_where_the_walk_is_empty, begin),
		cmocka_unit_test_setup(not_where_libgc_pushes_ranges, begin),
		cmocka_unit_test_setup(gcollect_goes_by_the_programs, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* pacing.c - tests of gc-integration/bdwgc/pacing.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "census.h"
#include "governor.h"
#include "heap.h"
#include "message.h"
#include "pacing.h"
#include "settings.h"

#define MIB ((size_t)1 << 20)

enum {
	DIVISOR = 3,
	/* What may float in any heap, and be allocated between collections of any. */
	FLOATING_MIB = 8,
	LEAST_MIB = 1,
};

static struct census counted;
static struct collector_heap libgc;
static size_t meanwhile, setting[SETTINGS];
static bool is_ours[SETTINGS];
static bool is_programs[SETTINGS];
static bool has_census;
static size_t collections, divisor;
static struct collector collector;

bool collector_has_pace_settings(const struct collector *of)
{
	return of == &collector;
}

bool census_take(const struct collector_api *api, const struct pgb_range_table *heap,
		 struct census *census)
{
	(void)api;
	(void)heap;
	*census = counted;
	return has_census;
}

const struct pgb_range_table *heap_ranges(void)
{
	return NULL;
}

size_t governor_allocated(void)
{
	return meanwhile;
}

size_t settings_value(enum setting which)
{
	return setting[which];
}

bool settings_is_ours(enum setting which)
{
	return is_ours[which];
}

void settings_borrow(enum setting which, size_t value)
{
	if (is_programs[which])
		return;
	setting[which] = value;
	is_ours[which] = true;
}

void settings_give_back(enum setting which)
{
	is_ours[which] = false;
}

void message_info(const char *format, ...)
{
	(void)format;
}

static size_t get_prof_stats(struct collector_heap *heap, size_t size)
{
	assert_int_equal(size, sizeof(*heap));
	*heap = libgc;
	return size;
}

static size_t get_divisor(void)
{
	return divisor;
}

static size_t get_gc_no(void)
{
	return collections;
}

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < SETTINGS; i++)
		is_ours[i] = is_programs[i] = false;
	setting[SETTING_MINIMUM] = 1;
	return 0;
}

static void begin(bool bounds_stops)
{
	collector.api = (struct collector_api){
		.get_free_space_divisor = get_divisor,
		.get_prof_stats_unsafe = get_prof_stats,
		.get_gc_no = get_gc_no,
	};
	libgc = (struct collector_heap){0};
	meanwhile = 0;
	collections = 1;
	divisor = DIVISOR;
	has_census = true;
	pacing_init(&collector, bounds_stops);
}

/* How much is to be allocated after a collection that has left so many bytes in use? */
static size_t after_collection(size_t in_use, size_t pointer_free)
{
	collections++;
	counted = (struct census){.in_use = in_use, .pointer_free = pointer_free};
	pacing_after_stop(true);
	pacing_after_collection();
	return setting[SETTING_MINIMUM];
}

static bool next_is_full(void)
{
	return is_ours[SETTING_FULL_FREQUENCY] && !setting[SETTING_FULL_FREQUENCY];
}

static void as_seldom_as_without(void **state)
{
	(void)state;
	begin(false);
	assert_int_equal(after_collection(300 * MIB, 0), 2 * 300 * MIB / DIVISOR);
	assert_int_equal(after_collection(200 * MIB, 80 * MIB),
			 (2 * 120 + 80 / 4) * MIB / DIVISOR);
	assert_int_equal(after_collection(MIB, 0), LEAST_MIB * MIB);
}

static void but_not_for_floating_garbage(void **state)
{
	size_t most = 2 * (90 + FLOATING_MIB) * MIB / DIVISOR;

	(void)state;
	begin(false);
	after_collection(90 * MIB, 0);
	assert_int_equal(after_collection((90 + FLOATING_MIB) * MIB, 0), most);
	assert_int_equal(after_collection(120 * MIB, 0), most);
	assert_int_equal(after_collection(90 * MIB, 0), 2 * 90 * MIB / DIVISOR);
	/* What came first counts, and is less now. */
	after_collection(60 * MIB, 0);
	assert_int_equal(after_collection(90 * MIB, 0),
			 2 * (60 + FLOATING_MIB) * MIB / DIVISOR);
}

static void garbage_counts_where_stops_are_bounded(void **state)
{
	(void)state;
	begin(true);
	after_collection(90 * MIB, 0);
	assert_int_equal(after_collection(120 * MIB, 0), 2 * 120 * MIB / DIVISOR);
	meanwhile = 30 * MIB;
	assert_int_equal(after_collection(120 * MIB, 0), (2 * 120 / DIVISOR - 30) * MIB);
	meanwhile = 300 * MIB;
	assert_int_equal(after_collection(120 * MIB, 0), LEAST_MIB * MIB);
}

static void free_heap_is_used_up(void **state)
{
	(void)state;
	begin(false);
	libgc = (struct collector_heap){.free = 500 * MIB, .unmapped = 100 * MIB};
	assert_int_equal(after_collection(30 * MIB, 0), 300 * MIB);
	libgc.free = 110 * MIB;
	assert_int_equal(after_collection(30 * MIB, 0), 2 * 30 * MIB / DIVISOR);
}

static void half_as_much_again_is_a_full_collection(void **state)
{
	(void)state;
	begin(false);
	assert_true(next_is_full());
	after_collection(90 * MIB, 0);
	assert_false(next_is_full());
	after_collection(135 * MIB, 0);
	assert_false(next_is_full());
	after_collection(136 * MIB, 0);
	assert_true(next_is_full());
	pacing_after_stop(false);
	assert_true(next_is_full());
	after_collection(120 * MIB, 0);
	assert_false(next_is_full());
	assert_int_equal(after_collection(120 * MIB, 0), 2 * 120 * MIB / DIVISOR);
}

static void or_a_little_in_any_heap(void **state)
{
	(void)state;
	begin(false);
	after_collection(2 * MIB, 0);
	after_collection((2 + FLOATING_MIB) * MIB, 0);
	assert_false(next_is_full());
	after_collection((3 + FLOATING_MIB) * MIB, 0);
	assert_true(next_is_full());
}

static void that_of_gc_init_does_not_count(void **state)
{
	(void)state;
	begin(false);
	collections = 0;
	after_collection(0, 0);
	assert_true(next_is_full());
	after_collection(90 * MIB, 0);
	assert_false(next_is_full());
}

static void what_the_program_has_set_stands(void **state)
{
	(void)state;
	setting[SETTING_MINIMUM] = 12345;
	is_programs[SETTING_MINIMUM] = true;
	begin(false);
	assert_int_equal(after_collection(300 * MIB, 0), 12345);
}

/* Then no collection is known to be full, and what is in use may be garbage. */
static void also_how_often_collections_are_full(void **state)
{
	size_t least = 2 * FLOATING_MIB * MIB / DIVISOR;

	(void)state;
	is_programs[SETTING_FULL_FREQUENCY] = true;
	begin(false);
	after_collection(0, 0);
	assert_int_equal(after_collection(300 * MIB, 0), least);
	assert_int_equal(after_collection(400 * MIB, 0), least);
}

static void who_cannot_be_asked_is_left_a_floor(void **state)
{
	(void)state;
	begin(false);
	divisor = 0;
	assert_int_equal(after_collection(300 * MIB, 0), LEAST_MIB * MIB);
	divisor = DIVISOR;
	has_census = false;
	assert_int_equal(after_collection(300 * MIB, 0), LEAST_MIB * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(as_seldom_as_without, forget),
		cmocka_unit_test_setup(but_not_for_floating_garbage, forget),
		cmocka_unit_test_setup(garbage_counts_where_stops_are_bounded, forget),
		cmocka_unit_test_setup(free_heap_is_used_up, forget),
		cmocka_unit_test_setup(half_as_much_again_is_a_full_collection, forget),
		cmocka_unit_test_setup(or_a_little_in_any_heap, forget),
		cmocka_unit_test_setup(that_of_gc_init_does_not_count, forget),
		cmocka_unit_test_setup(what_the_program_has_set_stands, forget),
		cmocka_unit_test_setup(also_how_often_collections_are_full, forget),
		cmocka_unit_test_setup(who_cannot_be_asked_is_left_a_floor, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

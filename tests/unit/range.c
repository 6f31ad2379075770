/* SPDX-License-Identifier: MIT */
/* range.c - tests of src/range.c, sets of address ranges. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "os/memory.h"
#include "range.h"

/* Addresses are small here: tables do not care for pages. */
struct set {
	AO_t readers;
	struct pgb_ranges ranges;
};

static int set_up(void **state)
{
	static struct set set;

	set.readers = 0;
	pgb_ranges_init(&set.ranges, &set.readers);
	*state = &set;
	return 0;
}

static int tear_down(void **state)
{
	struct set *set = *state;

	pgb_ranges_destroy(&set->ranges);
	return 0;
}

static void add(struct set *set, uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table =
		pgb_range_table_with(pgb_ranges_current(&set->ranges), start, end);

	assert_non_null(table);
	pgb_ranges_publish(&set->ranges, table);
}

static void cut(struct set *set, uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table =
		pgb_range_table_without(pgb_ranges_current(&set->ranges), start, end);

	assert_non_null(table);
	pgb_ranges_publish(&set->ranges, table);
}

static void pin(struct set *set, uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table =
		pgb_range_table_pinned(pgb_ranges_current(&set->ranges), start, end);

	assert_non_null(table);
	pgb_ranges_publish(&set->ranges, table);
}

/* Pairs of start and end, closed by a 0. */
static void assert_ranges(const struct set *set, const uintptr_t *expected)
{
	const struct pgb_range_table *table = pgb_ranges_current(&set->ranges);
	size_t i;

	for (i = 0; expected[2 * i]; i++) {
		assert_true(i < table->count);
		assert_int_equal(table->range[i].start, expected[2 * i]);
		assert_int_equal(table->range[i].end, expected[2 * i + 1]);
	}
	assert_int_equal(table->count, i);
}

#define RANGES(...) ((const uintptr_t[]){__VA_ARGS__, 0})
#define NO_RANGES   ((const uintptr_t[]){0})

static void empty(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *table = pgb_ranges_begin_read(&set->ranges);

	assert_non_null(table);
	assert_int_equal(table->count, 0);
	assert_int_equal(pgb_range_table_find(table, 5), 0);
	assert_false(pgb_range_table_overlaps(table, 0, UINTPTR_MAX));
	assert_int_equal(pgb_range_table_bytes(table), 0);
	pgb_ranges_end_read(&set->ranges);
	cut(set, 1, 10);
	assert_ranges(set, NO_RANGES);
}

static void sorted(void **state)
{
	struct set *set = *state;

	add(set, 30, 40);
	add(set, 10, 20);
	add(set, 50, 60);
	assert_ranges(set, RANGES(10, 20, 30, 40, 50, 60));
	assert_int_equal(pgb_range_table_bytes(pgb_ranges_current(&set->ranges)), 30);
}

static void neighbours_join(void **state)
{
	struct set *set = *state;

	add(set, 10, 20);
	add(set, 30, 40);
	add(set, 20, 25);
	assert_ranges(set, RANGES(10, 25, 30, 40));
	add(set, 28, 30);
	assert_ranges(set, RANGES(10, 25, 28, 40));
	add(set, 25, 28);
	assert_ranges(set, RANGES(10, 40));
}

static void overlaps_join(void **state)
{
	struct set *set = *state;

	add(set, 10, 20);
	add(set, 12, 18);
	assert_ranges(set, RANGES(10, 20));
	add(set, 15, 30);
	assert_ranges(set, RANGES(10, 30));
	add(set, 5, 12);
	assert_ranges(set, RANGES(5, 30));
	add(set, 40, 50);
	add(set, 60, 70);
	add(set, 1, 65);
	assert_ranges(set, RANGES(1, 70));
}

static void cutting(void **state)
{
	struct set *set = *state;

	add(set, 10, 100);
	cut(set, 40, 50);
	assert_ranges(set, RANGES(10, 40, 50, 100));
	cut(set, 5, 20);
	assert_ranges(set, RANGES(20, 40, 50, 100));
	cut(set, 90, 200);
	assert_ranges(set, RANGES(20, 40, 50, 90));
	cut(set, 30, 60);
	assert_ranges(set, RANGES(20, 30, 60, 90));
	cut(set, 30, 60);
	assert_ranges(set, RANGES(20, 30, 60, 90));
	cut(set, 20, 30);
	assert_ranges(set, RANGES(60, 90));
	cut(set, 1, 1000);
	assert_ranges(set, NO_RANGES);
}

static void finding(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *table;

	add(set, 10, 20);
	add(set, 30, 40);
	add(set, 50, 60);
	table = pgb_ranges_current(&set->ranges);
	assert_int_equal(pgb_range_table_find(table, 0), 0);
	assert_int_equal(pgb_range_table_find(table, 19), 0);
	assert_int_equal(pgb_range_table_find(table, 20), 1);
	assert_int_equal(pgb_range_table_find(table, 39), 1);
	assert_int_equal(pgb_range_table_find(table, 45), 2);
	assert_int_equal(pgb_range_table_find(table, 60), 3);
	assert_int_equal(pgb_range_table_find(table, UINTPTR_MAX), 3);
	assert_true(pgb_range_table_overlaps(table, 19, 20));
	assert_true(pgb_range_table_overlaps(table, 1, 11));
	assert_true(pgb_range_table_overlaps(table, 20, 31));
	assert_false(pgb_range_table_overlaps(table, 20, 30));
	assert_false(pgb_range_table_overlaps(table, 1, 10));
	assert_false(pgb_range_table_overlaps(table, 60, 70));
}

static void many(void **state)
{
	struct set *set = *state;

	for (uintptr_t i = 0; i < 1000; i++)
		add(set, 1 + i * 7919 % 1000 * 10, 1 + i * 7919 % 1000 * 10 + 5);
	assert_int_equal(pgb_ranges_current(&set->ranges)->count, 1000);
	for (uintptr_t i = 0; i < 1000; i++) {
		assert_int_equal(pgb_ranges_current(&set->ranges)->range[i].start,
				 1 + i * 10);
		assert_int_equal(
			pgb_range_table_find(pgb_ranges_current(&set->ranges), 3 + i * 10),
			i);
	}
	add(set, 1, 10001);
	assert_ranges(set, RANGES(1, 10001));
}

static void pins_stay_apart(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *table;

	pin(set, 30, 40);
	pin(set, 10, 35);
	pin(set, 30, 50);
	assert_ranges(set, RANGES(10, 35, 30, 40, 30, 50));
	pin(set, 30, 40);
	table = pgb_ranges_current(&set->ranges);
	assert_int_equal(table->count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			table->range[i].pins,
			table->range[i].start == 30 && table->range[i].end == 40 ? 2 : 1);
}

/* Entries that are neither pinned nor due are left out of the next table. */
static void pins_that_are_over_go(void **state)
{
	struct set *set = *state;
	struct pgb_range_table *table;

	pin(set, 10, 20);
	pin(set, 30, 40);
	table = (struct pgb_range_table *)pgb_ranges_current(&set->ranges);
	table->range[0].pins = 0;
	table->range[1].pins = 0;
	table->range[1].due = PGB_PIN_DUE;
	pin(set, 50, 60);
	assert_ranges(set, RANGES(30, 40, 50, 60));
	assert_int_equal(pgb_ranges_current(&set->ranges)->range[0].due, PGB_PIN_DUE);
}

/* A table that somebody reads is left alone until he is done. */
static void readers_keep_tables(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *held;

	add(set, 10, 20);
	held = pgb_ranges_begin_read(&set->ranges);
	for (uintptr_t i = 2; i < 20; i++)
		add(set, i * 100, i * 100 + 10);
	assert_int_equal(held->count, 1);
	assert_int_equal(held->range[0].end, 20);
	assert_non_null(set->ranges.retired);
	pgb_ranges_end_read(&set->ranges);
	add(set, 5000, 5001);
	assert_null(set->ranges.retired);
}

static void replacing_keeps_the_old_one(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *old;

	add(set, 10, 20);
	old = pgb_ranges_current(&set->ranges);
	pgb_ranges_replace(&set->ranges, pgb_range_table_without(old, 10, 15));
	assert_int_equal(old->range[0].start, 10);
	assert_ranges(set, RANGES(15, 20));
	pgb_ranges_collect(&set->ranges);
	assert_null(set->ranges.retired);
}

static void unpublished_tables(void **state)
{
	struct set *set = *state;

	add(set, 10, 20);
	pgb_range_table_free(
		pgb_range_table_with(pgb_ranges_current(&set->ranges), 30, 40));
	pgb_range_table_free(NULL);
	assert_ranges(set, RANGES(10, 20));
}

static void containing(void **state)
{
	struct set *set = *state;
	const struct pgb_range_table *table;

	add(set, 10, 20);
	add(set, 20, 30);
	add(set, 40, 50);
	table = pgb_ranges_current(&set->ranges);
	assert_true(pgb_range_table_contains(table, 10, 11));
	assert_true(pgb_range_table_contains(table, 15, 30));
	assert_true(pgb_range_table_contains(table, 40, 50));
	assert_false(pgb_range_table_contains(table, 9, 11));
	assert_false(pgb_range_table_contains(table, 29, 31));
	assert_false(pgb_range_table_contains(table, 25, 45));
	assert_false(pgb_range_table_contains(table, 30, 31));
	assert_false(pgb_range_table_contains(table, 50, 51));
}

static void checking(void **state)
{
	size_t page = pgb_page_size();
	uintptr_t limit = (uintptr_t)1 << PGB_ADDRESS_BITS;

	(void)state;
	assert_int_equal(pgb_range_check(page, page), 0);
	assert_int_equal(pgb_range_check(0, limit), 0);
	assert_int_equal(pgb_range_check(limit - page, page), 0);
	assert_int_equal(pgb_range_check(limit - page, 2 * page), -EINVAL);
	assert_int_equal(pgb_range_check(limit, page), -EINVAL);
	assert_int_equal(pgb_range_check(page, 0), -EINVAL);
	assert_int_equal(pgb_range_check(page + 1, page), -EINVAL);
	assert_int_equal(pgb_range_check(page, page + 1), -EINVAL);
	assert_int_equal(pgb_range_check(page, -page), -EINVAL);
}

#define RANGE_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest range[] = {
		RANGE_TEST(empty),
		RANGE_TEST(sorted),
		RANGE_TEST(neighbours_join),
		RANGE_TEST(overlaps_join),
		RANGE_TEST(cutting),
		RANGE_TEST(finding),
		RANGE_TEST(many),
		RANGE_TEST(pins_stay_apart),
		RANGE_TEST(pins_that_are_over_go),
		RANGE_TEST(readers_keep_tables),
		RANGE_TEST(replacing_keeps_the_old_one),
		RANGE_TEST(unpublished_tables),
		RANGE_TEST(containing),
		RANGE_TEST(checking),
	};

	return cmocka_run_group_tests(range, NULL, NULL);
}

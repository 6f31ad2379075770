/* SPDX-License-Identifier: MIT */
/* walk_steps.c - tests of gc-integration/bdwgc/walk_steps.c, on addresses alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap.h"
#include "os/memory.h"
#include "walk_steps.h"

#define HEAP	 ((uintptr_t)1 << 40)
#define STEP	 8192	   /* pages */
#define TABLE	 (1 << 18) /* likewise */
#define REPORTED 64
#define SMALL	 64 /* bytes */

static struct pgb_ranges ranges;
static AO_t readers;
static uintptr_t reported[REPORTED];
static size_t reports;
/* Of the heap, in pages: what is free, and one large object. */
static struct pages {
	uintptr_t start, end;
} free_pages, large;

const struct pgb_range_table *heap_ranges(void)
{
	return pgb_ranges_current(&ranges);
}

static uintptr_t address(uintptr_t page)
{
	return HEAP + page * pgb_page_size();
}

static bool is_in(const struct pages *pages, const void *at)
{
	return (uintptr_t)at >= address(pages->start) &&
	       (uintptr_t)at < address(pages->end);
}

static void *base(void *at)
{
	if (is_in(&free_pages, at))
		return NULL;
	if (is_in(&large, at))
		return (void *)address(large.start);
	return (void *)((uintptr_t)at / SMALL * SMALL);
}

static int get_kind_and_size(const void *object, size_t *size)
{
	*size = is_in(&large, object) ? address(large.end) - address(large.start) : SMALL;
	return 1;
}

static const struct collector libgc = {
	.api = {.base = base, .get_kind_and_size = get_kind_and_size},
};

static void note(void *arg, uintptr_t start, uintptr_t end)
{
	assert_ptr_equal(arg, &libgc);
	assert_int_equal(end - start, pgb_page_size());
	assert_true(reports < REPORTED);
	reported[reports++] = (start - HEAP) / pgb_page_size();
}

static void follow(uintptr_t start, uintptr_t end)
{
	pgb_ranges_publish(
		&ranges, pgb_range_table_with(heap_ranges(), address(start), address(end)));
}

static void end_steps(void)
{
	reports = 0;
	walk_steps_end(note, (void *)&libgc);
}

static int begin(void **state)
{
	(void)state;
	free_pages = large = (struct pages){0};
	pgb_ranges_init(&ranges, &readers);
	return 0;
}

static void no_step_is_longer(void **state)
{
	(void)state;
	end_steps();
	assert_int_equal(reports, 0);
	follow(0, 2 * STEP);
	follow(3 * STEP, 4 * STEP + 1);
	end_steps();
	assert_int_equal(reports, 4);
	assert_int_equal(reported[0], 0);
	assert_int_equal(reported[1], STEP);
	assert_int_equal(reported[2], 3 * STEP);
	assert_int_equal(reported[3], 4 * STEP);
}

static void one_in_use_is_looked_for(void **state)
{
	(void)state;
	follow(0, STEP);
	free_pages.end = 15;
	end_steps();
	assert_int_equal(reports, 1);
	assert_int_equal(reported[0], 15);
	free_pages.end = STEP;
	end_steps();
	assert_int_equal(reports, 0);
}

static void large_objects_are_left_out(void **state)
{
	(void)state;
	follow(0, STEP);
	large = (struct pages){0, 1000};
	end_steps();
	assert_int_equal(reports, 1);
	assert_int_equal(reported[0], 1000);
	large.end = STEP;
	end_steps();
	assert_int_equal(reports, 0);
}

/* In libgc's table they would be dirty, too. */
static void and_what_shares_bits_with_them(void **state)
{
	(void)state;
	follow(0, 1);
	follow(STEP, STEP + 20);
	follow(TABLE, TABLE + STEP + 20);
	large = (struct pages){TABLE + STEP, TABLE + STEP + 3};
	end_steps();
	assert_int_equal(reports, 4);
	assert_int_equal(reported[0], 0);
	assert_int_equal(reported[1], STEP + 3);
	assert_int_equal(reported[2], TABLE);
	assert_int_equal(reported[3], TABLE + STEP + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(no_step_is_longer, begin),
		cmocka_unit_test_setup(one_in_use_is_looked_for, begin),
		cmocka_unit_test_setup(large_objects_are_left_out, begin),
		cmocka_unit_test_setup(and_what_shares_bits_with_them, begin),
	};

	walk_steps_init(&libgc);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* arming.c - tests of gc-integration/bdwgc/arming.c, on addresses alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arming.h"
#include "old_objects.h"
#include "os/memory.h"

#define HEAP	((uintptr_t)1 << 40)
#define PAGES	256
#define PER_RUN 16 /* that a run counts for */

/* What libgc has on each page: nothing, a block from its start on, or one in its middle. */
static enum { UNUSED, BLOCK, SMALL_BLOCK } contents[PAGES];
static struct collector collector;
static struct pgb_ranges ranges;
static AO_t readers;
static unsigned released_runs;
static bool released_ignoring_contents;

void old_objects_init(const struct collector *collector)
{
	(void)collector;
}

bool old_objects_are_many(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
	return false;
}

static int is_init_called(void)
{
	return 1;
}

static int is_heap_ptr(const void *address)
{
	uintptr_t offset = (uintptr_t)address - HEAP, in_page = offset % pgb_page_size();

	assert_true(offset < PAGES * pgb_page_size());
	switch (contents[offset / pgb_page_size()]) {
	case BLOCK:
		return 1;
	case SMALL_BLOCK:
		return in_page >= pgb_page_size() / 2;
	default:
		return 0;
	}
}

static const struct pgb_range_table *followed(void)
{
	return pgb_ranges_current(&ranges);
}

static uintptr_t page(size_t number)
{
	return HEAP + number * pgb_page_size();
}

static void set(size_t first, size_t end, int what)
{
	for (; first < end; first++)
		contents[first] = what;
}

static size_t harvested(void)
{
	uintptr_t at = HEAP, end = page(PAGES), run_end;
	size_t pages = 0;

	assert_true(arming_begin_harvest(followed()));
	for (; arming_next_harvested(&at, end, &run_end); at = run_end)
		pages += (run_end - at) / pgb_page_size();
	return pages;
}

static bool is_harvested(size_t number)
{
	uintptr_t at = page(number), run_end;

	assert_true(arming_begin_harvest(followed()));
	return arming_next_harvested(&at, page(number + 1), &run_end);
}

/* All that is given away was free. */
static void note_released(void *arg, uintptr_t start, uintptr_t end)
{
	uint64_t *pages = arg;

	released_runs++;
	*pages += (end - start) / pgb_page_size();
	for (; start < end && !released_ignoring_contents; start += pgb_page_size())
		assert_int_equal(contents[(start - HEAP) / pgb_page_size()], UNUSED);
}

static uint64_t released(uint64_t most)
{
	uint64_t pages = 0, before = most;

	released_runs = 0;
	arming_release(followed(), &most, note_released, &pages);
	assert_int_equal(before - most, pages + released_runs * PER_RUN);
	return pages;
}

static void free_runs_are_released(void **state)
{
	(void)state;
	assert_int_equal(harvested(), PAGES);
	assert_int_equal(released(UINT64_MAX), 0);
	set(10, 60, UNUSED);
	set(100, 200, UNUSED);
	assert_int_equal(released(UINT64_MAX), 150);
	assert_int_equal(released_runs, 2);
	assert_int_equal(harvested(), PAGES - 150);
	assert_int_equal(released(UINT64_MAX), 0);
}

static void at_both_ends_of_the_heap(void **state)
{
	(void)state;
	harvested();
	set(0, 40, UNUSED);
	set(PAGES - 40, PAGES, UNUSED);
	assert_int_equal(released(UINT64_MAX), 80);
}

static void short_runs_are_not(void **state)
{
	(void)state;
	harvested();
	for (size_t i = 0; i < PAGES; i += 16)
		set(i, i + 15, UNUSED);
	assert_int_equal(released(UINT64_MAX), 0);
	assert_int_equal(harvested(), PAGES);
}

/* Wherever it begins; if it is shorter, that depends. */
static void all_of_31_pages_are(void **state)
{
	(void)state;
	for (size_t first = 0; first + 31 <= PAGES; first++) {
		set(0, PAGES, BLOCK);
		harvested();
		set(first, first + 31, UNUSED);
		assert_int_equal(released(UINT64_MAX), 31);
	}
}

static void no_more_than_there_is_time_for(void **state)
{
	(void)state;
	harvested();
	set(10, 60, UNUSED);
	set(100, 200, UNUSED);
	assert_int_equal(released(15 + PER_RUN), 0);
	assert_int_equal(released(20 + PER_RUN), 20);
	assert_int_equal(released(30 + PER_RUN + 40 + PER_RUN), 70);
	assert_int_equal(released_runs, 2);
	assert_int_equal(released(UINT64_MAX), 60);
}

static void what_is_used_again_is_harvested(void **state)
{
	(void)state;
	harvested();
	set(10, 60, UNUSED);
	released(UINT64_MAX);
	assert_false(is_harvested(30));
	set(30, 31, BLOCK);
	assert_true(is_harvested(30));
	assert_false(is_harvested(29));
}

/* A survey that is older than what has been released tells nothing any more. */
static void also_after_an_early_survey(void **state)
{
	(void)state;
	harvested();
	arming_survey(followed());
	set(10, 60, UNUSED);
	released(UINT64_MAX);
	set(30, 31, BLOCK);
	assert_true(is_harvested(30));
}

static void a_small_block_is_enough(void **state)
{
	(void)state;
	harvested();
	set(10, 60, SMALL_BLOCK);
	assert_int_equal(released(UINT64_MAX), 0);
	/* Then none begins within a page. */
	arming_blocks_are_pages();
	assert_true(is_heap_ptr((const void *)(page(11) - 1)));
	released_ignoring_contents = true;
	assert_int_equal(released(UINT64_MAX), 50);
	released_ignoring_contents = false;
}

/* Every page is dirty in so many cycles. */
static void write_all(unsigned cycles, bool to_free_ones)
{
	for (; cycles > 0; cycles--) {
		if (to_free_ones) {
			set(0, PAGES, UNUSED);
			assert_int_equal(released(UINT64_MAX), PAGES);
			set(0, PAGES, BLOCK);
		}
		harvested();
		arming_note_dirty(HEAP, page(PAGES));
	}
}

static bool any_is_hot(void)
{
	uintptr_t at = HEAP, run_end;

	harvested();
	return arming_next_hot(&at, page(PAGES), &run_end);
}

static void pages_that_are_written_get_hot(void **state)
{
	(void)state;
	arming_limit((struct pgb_hot_limit){.nearly_all = 60, .chunk = 64});
	harvested();
	write_all(3, false);
	assert_true(any_is_hot());
}

static void not_those_that_were_free(void **state)
{
	(void)state;
	arming_limit((struct pgb_hot_limit){.nearly_all = 60, .chunk = 64});
	harvested();
	write_all(3, true);
	assert_false(any_is_hot());
}

/* Of a libgc that cannot be asked, all is used. */
static void pages_get_hot_without_asking(void **state)
{
	(void)state;
	collector.api.is_heap_ptr = NULL;
	arming_limit((struct pgb_hot_limit){.nearly_all = 60, .chunk = 64});
	set(0, PAGES, UNUSED);
	harvested();
	assert_int_equal(released(UINT64_MAX), 0);
	write_all(3, false);
	assert_true(any_is_hot());
}

static int begin(void **state)
{
	(void)state;
	collector.api.is_init_called = is_init_called;
	collector.api.is_heap_ptr = is_heap_ptr;
	set(0, PAGES, BLOCK);
	pgb_ranges_init(&ranges, &readers);
	pgb_ranges_publish(&ranges, pgb_range_table_with(followed(), HEAP, page(PAGES)));
	assert_int_equal(arming_init(&collector, false, false), 0);
	return arming_make_room(HEAP, page(PAGES));
}

int main(void)
{
	const struct CMUnitTest arming[] = {
		cmocka_unit_test_setup(free_runs_are_released, begin),
		cmocka_unit_test_setup(at_both_ends_of_the_heap, begin),
		cmocka_unit_test_setup(short_runs_are_not, begin),
		cmocka_unit_test_setup(all_of_31_pages_are, begin),
		cmocka_unit_test_setup(no_more_than_there_is_time_for, begin),
		cmocka_unit_test_setup(what_is_used_again_is_harvested, begin),
		cmocka_unit_test_setup(also_after_an_early_survey, begin),
		cmocka_unit_test_setup(a_small_block_is_enough, begin),
		cmocka_unit_test_setup(pages_that_are_written_get_hot, begin),
		cmocka_unit_test_setup(not_those_that_were_free, begin),
		cmocka_unit_test_setup(pages_get_hot_without_asking, begin),
	};

	return cmocka_run_group_tests(arming, NULL, NULL);
}

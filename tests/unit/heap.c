/* SPDX-License-Identifier: MIT */
/* heap.c - tests of gc-integration/bdwgc/heap.c, on pages of which some are hot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "arming.h"
#include "dirty_pages.h"
#include "heap.h"
#include "message.h"
#include "os/memory.h"
#include "record.h"

#define PAGES 64

/* Hot pages. */
static const struct run {
	size_t first, end;
} hot_runs[] = {{0, 10}, {20, 40}};
#define HOT_RUNS (sizeof(hot_runs) / sizeof(hot_runs[0]))
#define HOT	 30

/* Free pages. */
#define FREE_FIRST 10
#define FREE_END   19
#define FREE	   (FREE_END - FREE_FIRST)

static uintptr_t memory;
static uint64_t unarmed; /* as of the last harvest, in all */
static size_t reported;
static bool has_free_pages;

int arming_make_room(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
	return 0;
}

void arming_forget(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
}

void arming_limit(struct pgb_hot_limit limit)
{
	(void)limit;
}

void arming_survey(const struct pgb_range_table *followed)
{
	(void)followed;
}

bool arming_begin_harvest(const struct pgb_range_table *followed)
{
	(void)followed;
	return true;
}

bool arming_next_harvested(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	*run_end = end;
	return *start < end;
}

bool arming_next_hot(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	for (size_t i = 0; i < HOT_RUNS; i++) {
		uintptr_t first = memory + hot_runs[i].first * pgb_page_size();

		if (*start > first || first >= end)
			continue;
		*start = first;
		*run_end = memory + hot_runs[i].end * pgb_page_size();
		return true;
	}
	return false;
}

void arming_release(const struct pgb_range_table *followed, uint64_t *most,
		    pgb_visitor *visit, void *arg)
{
	(void)followed;
	if (!has_free_pages)
		return;
	*most -= FREE;
	visit(arg, memory + FREE_FIRST * pgb_page_size(),
	      memory + FREE_END * pgb_page_size());
}

void arming_note_dirty(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
}

void arming_precleaned(void)
{
}

bool arming_end_collection(void)
{
	return true;
}

int dirty_pages_make_room(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
	return 0;
}

void dirty_pages_begin_harvest(pgb_visitor *visit, void *arg)
{
	(void)visit;
	(void)arg;
}

void dirty_pages_report(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg)
{
	visit(arg, start, end);
}

void message_warn(const char *format, ...)
{
	fail_msg("%s", format);
}

struct pgb_stats_process *record(void)
{
	return NULL;
}

bool record_is_open(void)
{
	return true;
}

uint64_t record_now(void)
{
	return 0;
}

void record_text(char *field, size_t size, const char *text)
{
	(void)field;
	(void)size;
	(void)text;
}

void record_fallback(const char *reason)
{
	fail_msg("%s", reason);
}

void record_harvest(uint64_t nanoseconds, const struct pgb_stats *stats,
		    uint64_t pages_unarmed)
{
	(void)nanoseconds;
	(void)stats;
	unarmed = pages_unarmed;
}

static void count(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	reported += (end - start) / pgb_page_size();
}

/* Pages that a harvest reports, where nothing has been written. */
static size_t harvest(void)
{
	reported = 0;
	heap_harvest(count, NULL);
	return reported;
}

static void hot_pages_are_disarmed(void **state)
{
	(void)state;
	assert_int_equal(harvest(), PAGES);
	assert_int_equal(harvest(), 0);
	heap_after_collection(UINT64_MAX);
	assert_int_equal(harvest(), HOT);
	assert_int_equal(unarmed, HOT);
	assert_int_equal(harvest(), 0);
}

static void free_pages_are_disarmed_first(void **state)
{
	uint64_t most = FREE + 3, before;

	(void)state;
	harvest();
	before = unarmed;
	has_free_pages = true;
	heap_disarm_free(&most);
	heap_after_collection(most);
	has_free_pages = false;
	assert_int_equal(harvest(), FREE + 3);
	assert_int_equal(unarmed - before, 3);
	assert_int_equal(harvest(), 0);
}

static void no_more_of_them_than_there_is_time_for(void **state)
{
	uint64_t before;

	(void)state;
	harvest();
	before = unarmed;
	heap_after_collection(0);
	assert_int_equal(harvest(), 0);
	heap_after_collection(7);
	assert_int_equal(harvest(), 7);
	heap_after_collection(12);
	assert_int_equal(harvest(), 12);
	assert_int_equal(unarmed - before, 7 + 12);
}

/* A backend that is there everywhere. */
static int open_heap(void **state)
{
	size_t length = PAGES * pgb_page_size();
	void *mapping = mmap(NULL, length, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(mapping, MAP_FAILED);
	memory = (uintptr_t)mapping;
	assert_int_equal(heap_init("mprotect", PGB_POLICY_PLAIN, false, 0), 0);
	assert_int_equal(heap_follow(memory, memory + length), 0);
	assert_int_equal(heap_activate(), 0);
	return 0;
}

int main(void)
{
	const struct CMUnitTest heap[] = {
		cmocka_unit_test(hot_pages_are_disarmed),
		cmocka_unit_test(no_more_of_them_than_there_is_time_for),
		cmocka_unit_test(free_pages_are_disarmed_first),
	};

	return cmocka_run_group_tests(heap, open_heap, NULL);
}

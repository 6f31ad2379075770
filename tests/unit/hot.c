/* SPDX-License-Identifier: MIT */
/* hot.c - tests of src/hot.c, chunks that are written in every cycle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hot.h"
#include "os/memory.h"

#define CHUNK	   PGB_HOT_CHUNK
#define NEARLY_ALL (CHUNK / 4 * 3)
#define BASE	   ((uintptr_t)1 << 20) /* pages */
#define PAGES	   (4 * CHUNK)
#define PERIOD	   16
#define IN_A_ROW   3 /* cycles, where a look is dear */

static uintptr_t address(size_t page)
{
	return (BASE + page) * pgb_page_size();
}

static int set_up(void **state)
{
	static struct pgb_hot hot;

	*state = &hot;
	return pgb_hot_init(&hot, (struct pgb_hot_limit){NEARLY_ALL, CHUNK}) ||
	       pgb_hot_make_room(&hot, address(0), address(PAGES));
}

static int tear_down(void **state)
{
	pgb_hot_destroy(*state);
	return 0;
}

/* With all of the pages watched, in two ranges that share a chunk. */
static bool begin_cycle(struct pgb_hot *hot)
{
	static uintptr_t
		room[(sizeof(struct pgb_range_table) + 2 * sizeof(struct pgb_range)) /
		     sizeof(uintptr_t)];
	uintptr_t middle = address(CHUNK + CHUNK / 2);
	struct pgb_range_table *watched = (struct pgb_range_table *)room;

	watched->count = 2;
	watched->range[0] = (struct pgb_range){.start = address(0), .end = middle};
	watched->range[1] = (struct pgb_range){.start = middle, .end = address(PAGES)};
	return pgb_hot_begin_cycle(hot, watched);
}

static void note(struct pgb_hot *hot, size_t first, size_t pages)
{
	pgb_hot_note(hot, address(first), address(first + pages));
}

/* Pages [first, first + pages) are hot, and no other. */
static void assert_hot(const struct pgb_hot *hot, size_t first, size_t pages)
{
	uintptr_t start = address(0), run_end;

	assert_true(pgb_hot_next(hot, &start, address(PAGES), &run_end) == (pages > 0));
	if (!pages)
		return;
	assert_int_equal(start, address(first));
	assert_int_equal(run_end, address(first + pages));
	start = run_end;
	assert_false(pgb_hot_next(hot, &start, address(PAGES), &run_end));
}

static void twice_is_hot(void **state)
{
	struct pgb_hot *hot = *state;

	assert_false(begin_cycle(hot));
	note(hot, CHUNK, CHUNK);
	assert_hot(hot, 0, 0);
	assert_false(begin_cycle(hot));
	note(hot, CHUNK, CHUNK);
	assert_hot(hot, CHUNK, CHUNK);
}

static void in_pieces(void **state)
{
	struct pgb_hot *hot = *state;

	for (int cycle = 0; cycle < 2; cycle++) {
		begin_cycle(hot);
		for (size_t page = 0; page < CHUNK; page++)
			if (page % 4)
				note(hot, page, 1);
		note(hot, 2 * CHUNK, NEARLY_ALL - 1);
	}
	assert_hot(hot, 0, CHUNK);
}

/* One run over three chunks of which the first and last are touched only. */
static void across_chunks(void **state)
{
	struct pgb_hot *hot = *state;

	for (int cycle = 0; cycle < 2; cycle++) {
		begin_cycle(hot);
		note(hot, CHUNK - 2, CHUNK + 4);
	}
	assert_hot(hot, CHUNK, CHUNK);
}

static void the_first_cycle_of_a_period_tells_nothing(void **state)
{
	struct pgb_hot *hot = *state;
	int cycles = 0;

	for (; !begin_cycle(hot); cycles++)
		note(hot, 0, PAGES);
	assert_int_equal(cycles, PERIOD - 1);
	pgb_hot_forget(hot, address(0), address(PAGES));
	note(hot, 0, PAGES);
	begin_cycle(hot);
	note(hot, 0, PAGES);
	assert_hot(hot, 0, 0);
}

static void what_was_hot_is_so_sooner(void **state)
{
	struct pgb_hot *hot = *state;

	for (int cycle = 1; cycle < PERIOD; cycle++) {
		assert_false(begin_cycle(hot));
		note(hot, CHUNK, CHUNK);
	}
	assert_hot(hot, CHUNK, CHUNK);
	assert_true(begin_cycle(hot));
	assert_hot(hot, 0, 0);
	begin_cycle(hot);
	note(hot, 0, PAGES);
	assert_hot(hot, CHUNK, CHUNK);
}

/* A period in which it was not dirty, and it has to be dirty twice again. */
static void what_was_hot_long_ago_is_not(void **state)
{
	struct pgb_hot *hot = *state;

	while (!begin_cycle(hot))
		note(hot, CHUNK, CHUNK);
	while (!begin_cycle(hot))
		;
	begin_cycle(hot);
	note(hot, CHUNK, CHUNK);
	assert_hot(hot, 0, 0);
}

/* All chunks but the first. */
static bool is_dear(uintptr_t start, uintptr_t end)
{
	assert_int_equal(end - start, address(CHUNK) - address(0));
	return start >= address(CHUNK);
}

static void in_a_row_where_a_look_is_dear(void **state)
{
	struct pgb_hot *hot = *state;

	hot->is_dear = is_dear;
	for (int cycle = 1; cycle <= IN_A_ROW; cycle++) {
		assert_hot(hot, 0, cycle > 2 ? CHUNK : 0);
		begin_cycle(hot);
		note(hot, 0, 2 * CHUNK);
	}
	assert_hot(hot, 0, 2 * CHUNK);
}

static void now_and_then_is_not_enough_where_a_look_is_dear(void **state)
{
	struct pgb_hot *hot = *state;

	hot->is_dear = is_dear;
	for (int cycle = 1; cycle < PERIOD; cycle++) {
		begin_cycle(hot);
		if (cycle % IN_A_ROW)
			note(hot, 0, 2 * CHUNK);
		assert_hot(hot, 0, cycle > 1 ? CHUNK : 0);
	}
}

/* The cycle in which it was looked at again counts as one of those in a row. */
static void what_was_hot_is_so_sooner_where_a_look_is_dear(void **state)
{
	struct pgb_hot *hot = *state;

	while (!begin_cycle(hot))
		note(hot, CHUNK, CHUNK);
	hot->is_dear = is_dear;
	for (int cycle = 1; cycle < IN_A_ROW; cycle++) {
		assert_hot(hot, 0, 0);
		begin_cycle(hot);
		note(hot, CHUNK, CHUNK);
	}
	assert_hot(hot, CHUNK, CHUNK);
}

/* Whose heat is that of the whole chunk. */
static void forgotten_in_part(void **state)
{
	struct pgb_hot *hot = *state;
	uintptr_t start = address(0), run_end;

	for (int cycle = 0; cycle < 2; cycle++) {
		begin_cycle(hot);
		note(hot, 0, PAGES);
	}
	assert_true(pgb_hot_next(hot, &start, address(PAGES), &run_end));
	assert_int_equal(run_end, address(PAGES));
	pgb_hot_forget(hot, address(CHUNK / 2), address(2 * CHUNK + 1));
	assert_true(pgb_hot_next(hot, &start, address(PAGES), &run_end));
	assert_int_equal(start, address(3 * CHUNK));
}

/* Chunks of two of the smallest ones, of which nearly all is in both. */
static void large_chunks(void **state)
{
	struct pgb_hot *hot = *state;

	hot->limit = (struct pgb_hot_limit){2 * NEARLY_ALL, 2 * CHUNK};
	for (int cycle = 0; cycle < 2; cycle++) {
		begin_cycle(hot);
		note(hot, CHUNK / 4, 2 * NEARLY_ALL);
		note(hot, 2 * CHUNK, CHUNK);
	}
	assert_hot(hot, 0, 2 * CHUNK);
	pgb_hot_forget(hot, address(CHUNK), address(CHUNK + 1));
	assert_hot(hot, 0, 0);
}

static void runs_are_cut_to_the_range(void **state)
{
	struct pgb_hot *hot = *state;
	uintptr_t start = address(CHUNK + 1), run_end;

	for (int cycle = 0; cycle < 2; cycle++) {
		begin_cycle(hot);
		note(hot, CHUNK, 2 * CHUNK);
	}
	assert_true(pgb_hot_next(hot, &start, address(2 * CHUNK + 1), &run_end));
	assert_int_equal(start, address(CHUNK + 1));
	assert_int_equal(run_end, address(2 * CHUNK + 1));
}

static void without_a_limit_nothing_is_hot(void **state)
{
	struct pgb_hot *hot = *state;

	hot->limit = (struct pgb_hot_limit){0};
	for (int cycle = 0; cycle < 3; cycle++) {
		begin_cycle(hot);
		note(hot, 0, PAGES);
	}
	assert_hot(hot, 0, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(twice_is_hot),
		TEST(in_pieces),
		TEST(across_chunks),
		TEST(the_first_cycle_of_a_period_tells_nothing),
		TEST(what_was_hot_is_so_sooner),
		TEST(what_was_hot_long_ago_is_not),
		TEST(in_a_row_where_a_look_is_dear),
		TEST(now_and_then_is_not_enough_where_a_look_is_dear),
		TEST(what_was_hot_is_so_sooner_where_a_look_is_dear),
		TEST(forgotten_in_part),
		TEST(large_chunks),
		TEST(runs_are_cut_to_the_range),
		TEST(without_a_limit_nothing_is_hot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

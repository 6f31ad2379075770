/* SPDX-License-Identifier: MIT */
/* hot.c - tests of src/hot.c, chunks that are written in every cycle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hot.h"
#include "os/memory.h"

#define CHUNK	   16
#define NEARLY_ALL 12
#define BASE	   ((uintptr_t)1 << 20) /* pages */
#define PAGES	   (4 * CHUNK)
#define PERIOD	   16

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

/* With all of the pages watched. */
static bool begin_cycle(struct pgb_hot *hot)
{
	static uintptr_t room[(sizeof(struct pgb_range_table) + sizeof(struct pgb_range)) /
			      sizeof(uintptr_t)];
	struct pgb_range_table *watched = (struct pgb_range_table *)room;

	watched->count = 1;
	watched->range[0] = (struct pgb_range){.start = address(0), .end = address(PAGES)};
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
		TEST(without_a_limit_nothing_is_hot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

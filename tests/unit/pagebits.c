/* SPDX-License-Identifier: MIT */
/* pagebits.c - tests of src/pagebits.c, a bit for each page. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "os/memory.h"
#include "pagebits.h"

/* Where a chunk of bits ends, so that ranges lie across it. */
#define EDGE ((uintptr_t)5 << 15)

static uintptr_t address(uintptr_t page)
{
	return page * pgb_page_size();
}

static int set_up(void **state)
{
	static struct pgb_pagebits bits;

	*state = &bits;
	if (pgb_pagebits_init(&bits))
		return -1;
	return pgb_pagebits_reserve(&bits, address(EDGE - 300), address(EDGE + 300));
}

static int tear_down(void **state)
{
	pgb_pagebits_destroy(*state);
	return 0;
}

static void single_bits(void **state)
{
	const struct pgb_pagebits *bits = *state;

	for (uintptr_t page = EDGE - 70; page < EDGE + 70; page++) {
		assert_false(pgb_pagebits_test(bits, address(page)));
		assert_false(pgb_pagebits_set(bits, address(page)));
		assert_true(pgb_pagebits_set(bits, address(page)));
		assert_true(pgb_pagebits_test(bits, address(page)));
		assert_false(pgb_pagebits_test(bits, address(page + 1)));
	}
}

/* At every place in a word, across chunks, and where there is no room for a part. */
static void words(void **state)
{
	static const uint64_t patterns[] = {1, UINT64_C(1) << 63, UINT64_MAX,
					    UINT64_C(0x8001000000018001)};
	const struct pgb_pagebits *bits = *state;

	for (uintptr_t page = EDGE - 130; page < EDGE + 130; page++) {
		for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
			pgb_pagebits_set_word(bits, address(page), patterns[i]);
			for (uintptr_t bit = 0; bit < 64; bit++)
				assert_int_equal(
					pgb_pagebits_test(bits, address(page + bit)),
					patterns[i] >> bit & 1);
			assert_false(pgb_pagebits_test(bits, address(page - 1)));
			assert_false(pgb_pagebits_test(bits, address(page + 64)));
			pgb_pagebits_clear_range(bits, address(page), address(page + 64));
		}
	}
	pgb_pagebits_set_word(bits, address((uintptr_t)100 << 15), UINT64_MAX);
	assert_false(pgb_pagebits_test(bits, address((uintptr_t)100 << 15)));
}

static void no_room(void **state)
{
	struct pgb_pagebits *bits = *state;
	uintptr_t start = address((uintptr_t)100 << 15), run_end;

	assert_false(pgb_pagebits_test(bits, start));
	assert_false(pgb_pagebits_test(bits, UINTPTR_MAX - 1));
	pgb_pagebits_clear_range(bits, start, start + address(100));
	assert_false(pgb_pagebits_next_run(bits, &start, start + address(1000), &run_end));
	assert_int_equal(pgb_pagebits_reserve(bits, UINTPTR_MAX - address(2) + 1,
					      UINTPTR_MAX - address(1) + 1),
			 -EINVAL);
}

/* Every range of up to two words, at every offset, across the edge of a chunk. */
static void ranges(void **state)
{
	const struct pgb_pagebits *bits = *state;

	for (uintptr_t first = EDGE - 65; first < EDGE + 2; first++) {
		for (uintptr_t last = first + 1; last < first + 130; last += 7) {
			uintptr_t at = address(EDGE - 300), run_end;

			pgb_pagebits_set_range(bits, address(first), address(last));
			assert_true(pgb_pagebits_next_run(bits, &at, address(EDGE + 300),
							  &run_end));
			assert_int_equal(at, address(first));
			assert_int_equal(run_end, address(last));
			at = address(EDGE - 300);
			assert_true(pgb_pagebits_next(bits, &at, address(EDGE + 300)));
			assert_int_equal(at, address(first));
			at = run_end;
			assert_false(pgb_pagebits_next(bits, &at, address(EDGE + 300)));
			at = run_end;
			assert_false(pgb_pagebits_next_run(bits, &at, address(EDGE + 300),
							   &run_end));
			pgb_pagebits_clear_range(bits, address(first), address(last));
			assert_false(pgb_pagebits_test(bits, address(first)));
			assert_false(pgb_pagebits_test(bits, address(last - 1)));
		}
	}
}

static void runs_are_cut_to_the_range(void **state)
{
	const struct pgb_pagebits *bits = *state;
	uintptr_t at, run_end;

	pgb_pagebits_set_range(bits, address(EDGE - 10), address(EDGE + 10));
	at = address(EDGE - 5);
	assert_true(pgb_pagebits_next_run(bits, &at, address(EDGE + 5), &run_end));
	assert_int_equal(at, address(EDGE - 5));
	assert_int_equal(run_end, address(EDGE + 5));
	pgb_pagebits_clear_range(bits, address(EDGE - 2), address(EDGE + 2));
	at = address(EDGE - 20);
	assert_true(pgb_pagebits_next_run(bits, &at, address(EDGE + 20), &run_end));
	assert_int_equal(at, address(EDGE - 10));
	assert_int_equal(run_end, address(EDGE - 2));
	at = run_end;
	assert_true(pgb_pagebits_next_run(bits, &at, address(EDGE + 20), &run_end));
	assert_int_equal(at, address(EDGE + 2));
	assert_int_equal(run_end, address(EDGE + 10));
}

/* Moving takes what is in the range, and leaves what is there already. */
static void moving(void **state)
{
	const struct pgb_pagebits *from = *state;
	struct pgb_pagebits to;

	assert_int_equal(pgb_pagebits_init(&to), 0);
	assert_int_equal(
		pgb_pagebits_reserve(&to, address(EDGE - 300), address(EDGE + 300)), 0);
	pgb_pagebits_set_range(from, address(EDGE - 100), address(EDGE + 100));
	pgb_pagebits_set(&to, address(EDGE + 50));
	pgb_pagebits_set(&to, address(EDGE + 200));
	pgb_pagebits_move(from, &to, address(EDGE - 3), address(EDGE + 60));
	for (uintptr_t page = EDGE - 200; page < EDGE + 250; page++) {
		bool in_range = page >= EDGE - 3 && page < EDGE + 60;
		bool was_set = page >= EDGE - 100 && page < EDGE + 100;

		assert_int_equal(pgb_pagebits_test(from, address(page)),
				 was_set && !in_range);
		assert_int_equal(pgb_pagebits_test(&to, address(page)),
				 (was_set && in_range) || page == EDGE + 200);
	}
	pgb_pagebits_destroy(&to);
}

/* Random operations, and an array of bytes that does the same. */
static void random_operations(void **state)
{
	enum { PAGES = 400 };
	const struct pgb_pagebits *bits = *state;
	unsigned char model[PAGES] = {0};
	uintptr_t base = EDGE - 200;
	unsigned seed = 1;

	for (int step = 0; step < 20000; step++) {
		size_t first = (size_t)rand_r(&seed) % PAGES;
		size_t count = 1 + (size_t)rand_r(&seed) % (PAGES - first);
		uintptr_t at = address(base + first), run_end;

		switch (rand_r(&seed) % 3) {
		case 0:
			pgb_pagebits_set_range(bits, at, at + address(count));
			memset(model + first, 1, count);
			break;
		case 1:
			pgb_pagebits_clear_range(bits, at, at + address(count));
			memset(model + first, 0, count);
			break;
		default:
			while (first < PAGES && !model[first])
				first++;
			assert_int_equal(pgb_pagebits_next_run(bits, &at,
							       address(base + PAGES),
							       &run_end),
					 first < PAGES);
			if (first == PAGES)
				break;
			assert_int_equal(at, address(base + first));
			while (first < PAGES && model[first])
				first++;
			assert_int_equal(run_end, address(base + first));
		}
	}
}

/* Without room for what is between, and without looking at all of it. */
static void far_apart(void **state)
{
	struct pgb_pagebits *bits = *state;
	uintptr_t far = address((uintptr_t)1 << 35), start = 0, run_end;

	assert_int_equal(pgb_pagebits_reserve(bits, far, far + address(1)), 0);
	pgb_pagebits_set(bits, address(EDGE));
	pgb_pagebits_set(bits, far);
	assert_true(pgb_pagebits_next_run(bits, &start, far + address(1), &run_end));
	assert_int_equal(start, address(EDGE));
	start = run_end;
	assert_true(pgb_pagebits_next_run(bits, &start, far + address(1), &run_end));
	assert_int_equal(start, far);
	assert_int_equal(run_end, far + address(1));
	start = run_end;
	assert_false(pgb_pagebits_next_run(bits, &start, far + address(2), &run_end));
}

#define BITS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest pagebits[] = {
		BITS_TEST(single_bits),
		BITS_TEST(words),
		BITS_TEST(no_room),
		BITS_TEST(ranges),
		BITS_TEST(runs_are_cut_to_the_range),
		BITS_TEST(moving),
		BITS_TEST(random_operations),
		BITS_TEST(far_apart),
	};

	return cmocka_run_group_tests(pagebits, NULL, NULL);
}

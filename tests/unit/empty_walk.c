/* SPDX-License-Identifier: MIT */
/* empty_walk.c - tests of gc-integration/bdwgc/empty_walk.c, on lists as libgc has them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "empty_walk.h"

enum {
	TABLES = 3,
	WORDS = 64,
	FIRST = 13, /* where libgc 8.2.2 has it */
	SPAN = 1 << 22,
};

/* struct bi of libgc's private/gc_hdrs.h */
struct table {
	void *header[1024];
	struct table *next, *previous;
	uintptr_t key;
	struct table *collision;
};

static struct table tables[TABLES];
static uintptr_t words[WORDS];
static unsigned version;

static unsigned get_version(void)
{
	return version;
}

static struct collector libgc = {.api = {.get_version = get_version}, .arrays = words};

static const void *object_in(uintptr_t key)
{
	return (const void *)(key * SPAN + 4096);
}

static int begin(void **state)
{
	(void)state;
	version = 8 << 16 | 2 << 8 | 2;
	for (size_t i = 0; i < TABLES; i++)
		tables[i] = (struct table){
			.next = i + 1 < TABLES ? &tables[i + 1] : NULL,
			.previous = i ? &tables[i - 1] : NULL,
			.key = 1000 + i * i,
		};
	for (size_t i = 0; i < WORDS; i++)
		words[i] = i % 2 ? i : (uintptr_t)words + 4096 * i;
	words[FIRST] = (uintptr_t)&tables[0];
	words[FIRST + 1] = (uintptr_t)&tables[TABLES - 1];
	return empty_walk_init(&libgc);
}

static bool finds(uintptr_t key)
{
	errno = ENOTNAM;
	empty_walk_find(object_in(key));
	assert_int_equal(errno, ENOTNAM);
	return empty_walk_is_possible();
}

static void there_are_no_blocks_meanwhile(void **state)
{
	(void)state;
	assert_true(finds(1001));
	for (int round = 0; round < 2; round++) {
		assert_false(empty_walk_is_on());
		empty_walk_begin();
		assert_true(empty_walk_is_on());
		assert_int_equal(words[FIRST], 0);
		assert_int_equal(words[FIRST + 1], (uintptr_t)&tables[TABLES - 1]);
		empty_walk_end();
		assert_int_equal(words[FIRST], (uintptr_t)&tables[0]);
		/* It may be another one by then. */
		tables[0].previous = &tables[1];
		words[FIRST] = (uintptr_t)&tables[1];
		empty_walk_begin();
		empty_walk_end();
		assert_int_equal(words[FIRST], (uintptr_t)&tables[1]);
		words[FIRST] = (uintptr_t)&tables[0];
	}
	empty_walk_end();
	assert_int_equal(words[FIRST], (uintptr_t)&tables[0]);
}

static void begun_twice_it_ends_once(void **state)
{
	(void)state;
	assert_true(finds(1001));
	empty_walk_begin();
	empty_walk_begin();
	empty_walk_end();
	assert_int_equal(words[FIRST], (uintptr_t)&tables[0]);
	assert_false(empty_walk_is_on());
}

static void a_heap_that_has_just_begun_has_one_table(void **state)
{
	(void)state;
	tables[0].next = NULL;
	words[FIRST + 1] = words[FIRST];
	assert_true(finds(1000));
}

static void it_may_be_at_the_end_of_what_is_looked_at(void **state)
{
	(void)state;
	words[WORDS - 2] = words[FIRST];
	words[WORDS - 1] = words[FIRST + 1];
	words[FIRST] = 0;
	assert_true(finds(1004));
	empty_walk_begin();
	assert_int_equal(words[WORDS - 2], 0);
	empty_walk_end();
}

static void a_list_that_does_not_lead_to_the_heap(void **state)
{
	(void)state;
	assert_false(finds(1002));
	assert_false(finds(999));
	assert_false(finds(1005));
}

static void one_that_is_not_whole(void **state)
{
	(void)state;
	words[FIRST + 1] = (uintptr_t)&tables[1];
	assert_false(finds(1001));
	begin(state);
	words[FIRST] = (uintptr_t)&tables[1];
	assert_false(finds(1001));
	begin(state);
	words[FIRST + 1] = 0;
	assert_false(finds(1001));
	begin(state);
	tables[1].previous = &tables[2];
	assert_false(finds(1001));
	begin(state);
	tables[2].next = &tables[0];
	assert_false(finds(1001));
	begin(state);
	tables[1].next = (struct table *)((uintptr_t)&tables[2] + 4);
	assert_false(finds(1001));
	begin(state);
	tables[1].next = (struct table *)4096;
	assert_false(finds(1001));
}

static void one_that_is_out_of_order(void **state)
{
	(void)state;
	tables[2].key = tables[1].key;
	assert_false(finds(1001));
}

/* That would go on for ever. */
static void a_ring(void **state)
{
	(void)state;
	tables[0].previous = NULL;
	tables[1].next = &tables[0];
	words[FIRST + 1] = 0;
	assert_false(finds(1001));
}

static void other_versions_are_not_touched(void **state)
{
	(void)state;
	version = 8 << 16 | 4;
	assert_int_equal(empty_walk_init(&libgc), 0);
	assert_false(finds(1001));
	version = 8 << 16 | 3 << 8;
	assert_int_equal(empty_walk_init(&libgc), 0);
	assert_false(finds(1001));
	version = 9 << 16 | 2 << 8;
	assert_int_equal(empty_walk_init(&libgc), 0);
	assert_false(finds(1001));
}

/* Its marking may begin anew in the middle of a stop. */
static void nor_one_that_is_malloc(void **state)
{
	(void)state;
	libgc.defines_malloc = true;
	assert_int_equal(empty_walk_init(&libgc), 0);
	libgc.defines_malloc = false;
	assert_false(finds(1001));
}

static void nor_one_that_shows_nothing(void **state)
{
	static const struct collector none;

	(void)state;
	assert_int_equal(empty_walk_init(&none), 0);
	assert_false(finds(1001));
	assert_false(empty_walk_is_on());
	empty_walk_end();
}

/* As where the setting says so. */
static void nor_any_that_nobody_wants_touched(void **state)
{
	(void)state;
	assert_false(finds(1001));
	assert_false(empty_walk_is_on());
	empty_walk_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nor_any_that_nobody_wants_touched),
		cmocka_unit_test_setup(there_are_no_blocks_meanwhile, begin),
		cmocka_unit_test_setup(begun_twice_it_ends_once, begin),
		cmocka_unit_test_setup(a_heap_that_has_just_begun_has_one_table, begin),
		cmocka_unit_test_setup(it_may_be_at_the_end_of_what_is_looked_at, begin),
		cmocka_unit_test_setup(a_list_that_does_not_lead_to_the_heap, begin),
		cmocka_unit_test_setup(one_that_is_not_whole, begin),
		cmocka_unit_test_setup(one_that_is_out_of_order, begin),
		cmocka_unit_test_setup(a_ring, begin),
		cmocka_unit_test_setup(other_versions_are_not_touched, begin),
		cmocka_unit_test_setup(nor_one_that_is_malloc, begin),
		cmocka_unit_test_setup(nor_one_that_shows_nothing, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

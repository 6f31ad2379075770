/* SPDX-License-Identifier: MIT */
/* old_objects.c - tests of gc-integration/bdwgc/old_objects.c, on addresses alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dirty_pages.h"
#include "old_objects.h"
#include "os/memory.h"

#define HEAP	     ((uintptr_t)1 << 40)
#define PAGES	     512 /* of the largest chunk */
#define SMALL	     64	 /* bytes */
#define POINTER_FREE 0
#define NORMAL	     1

/* Pages up to `marked` hold marked objects, those from `free_from` on none at all. */
static size_t marked, free_from;
static int kind;
static int calls;
static size_t pages; /* of the chunk */
static bool marks_are_cleared;

bool dirty_pages_marks_are_cleared(void)
{
	return marks_are_cleared;
}

static size_t page_of(const void *address)
{
	return ((uintptr_t)address - HEAP) / pgb_page_size();
}

static void *base(void *address)
{
	calls++;
	assert_true(page_of(address) < pages);
	assert_int_equal((uintptr_t)address % pgb_page_size(), pgb_page_size() / 2);
	return page_of(address) < free_from ? (void *)((uintptr_t)address / SMALL * SMALL)
					    : NULL;
}

static int is_marked(const void *object)
{
	assert_int_equal((uintptr_t)object % SMALL, 0);
	return page_of(object) < marked;
}

static int get_kind_and_size(const void *object, size_t *size)
{
	(void)object;
	*size = SMALL;
	return kind;
}

static int begin(void **state)
{
	static const struct collector libgc = {
		.api = {.base = base,
			.is_marked = is_marked,
			.get_kind_and_size = get_kind_and_size},
	};

	(void)state;
	marked = free_from = pages = PAGES;
	marks_are_cleared = false;
	kind = NORMAL;
	calls = 0;
	old_objects_init(&libgc);
	return 0;
}

static bool are_many(void)
{
	return old_objects_are_many(HEAP, HEAP + pages * pgb_page_size());
}

static void a_quarter_is_many(void **state)
{
	(void)state;
	assert_true(are_many());
	marked = PAGES / 4;
	assert_true(are_many());
	marked = PAGES / 8;
	assert_false(are_many());
	marked = 0;
	assert_false(are_many());
	pages = PAGES / 8;
	assert_false(are_many());
	marked = pages / 4;
	assert_true(are_many());
}

static void without_marks_there_are_many(void **state)
{
	(void)state;
	marked = 0;
	marks_are_cleared = true;
	assert_true(are_many());
	assert_int_equal(calls, 0);
}

static void objects_without_pointers_do_not_count(void **state)
{
	(void)state;
	kind = POINTER_FREE;
	assert_false(are_many());
}

static void free_memory_does_not_count(void **state)
{
	(void)state;
	free_from = 0;
	assert_false(are_many());
}

/* So it takes no longer for a chunk of a huge page. */
static void few_are_asked_for(void **state)
{
	(void)state;
	marked = 0;
	are_many();
	assert_in_range(calls, 1, PAGES / 32);
}

static void who_cannot_be_asked_has_none(void **state)
{
	static const struct collector old = {
		.api = {.base = base, .is_marked = is_marked},
	};

	(void)state;
	old_objects_init(&old);
	assert_false(are_many());
	assert_int_equal(calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_quarter_is_many, begin),
		cmocka_unit_test_setup(objects_without_pointers_do_not_count, begin),
		cmocka_unit_test_setup(free_memory_does_not_count, begin),
		cmocka_unit_test_setup(few_are_asked_for, begin),
		cmocka_unit_test_setup(without_marks_there_are_many, begin),
		cmocka_unit_test_setup(who_cannot_be_asked_has_none, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

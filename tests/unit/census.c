/* SPDX-License-Identifier: MIT */
/* census.c - tests of gc-integration/bdwgc/census.c, on heaps of objects of 32 bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "census.h"

#define OBJECT 32
#define MIB    ((size_t)1 << 20)
#define FIRST  ((uintptr_t)1 << 32)
#define SECOND ((uintptr_t)7 << 32)

/* Of every eight objects so many are marked, and so many of these have no pointers. */
static size_t marked, pointer_free;

/* The second range of the heap is free from its middle on. */
static void *base(void *address)
{
	uintptr_t at = (uintptr_t)address;

	assert_true((at >= FIRST && at < FIRST + 3 * MIB) ||
		    (at >= SECOND && at < SECOND + 64 * MIB));
	return at >= SECOND + 32 * MIB ? NULL : (void *)(at / OBJECT * OBJECT);
}

static int is_marked(const void *object)
{
	return (uintptr_t)object / OBJECT % 8 < marked;
}

static int get_kind_and_size(const void *object, size_t *size)
{
	*size = OBJECT;
	return (uintptr_t)object / OBJECT % 8 >= pointer_free;
}

static const struct collector_api libgc = {
	.base = base, .is_marked = is_marked, .get_kind_and_size = get_kind_and_size};

static struct pgb_range_table *make_heap(void)
{
	struct pgb_range_table *heap =
		calloc(1, sizeof(*heap) + 2 * sizeof(heap->range[0]));

	assert_non_null(heap);
	heap->count = 2;
	heap->range[0] = (struct pgb_range){.start = FIRST, .end = FIRST + 3 * MIB};
	heap->range[1] = (struct pgb_range){.start = SECOND, .end = SECOND + 64 * MIB};
	return heap;
}

static void assert_near(size_t estimate, size_t bytes)
{
	size_t error = estimate > bytes ? estimate - bytes : bytes - estimate;

	assert_true(error <= 67 * MIB / 20);
}

static void expect(size_t of_eight, size_t without_pointers)
{
	struct pgb_range_table *heap = make_heap();
	struct census census;

	marked = of_eight;
	pointer_free = without_pointers;
	assert_true(census_take(&libgc, heap, &census));
	assert_near(census.in_use, 35 * MIB / 8 * of_eight);
	assert_near(census.pointer_free, 35 * MIB / 8 * without_pointers);
	free(heap);
}

static void estimates(void **state)
{
	(void)state;
	expect(0, 0);
	expect(1, 0);
	expect(4, 3);
	expect(8, 0);
	expect(8, 8);
}

static void empty_heap(void **state)
{
	struct pgb_range_table heap = {0};
	struct census census;

	(void)state;
	assert_true(census_take(&libgc, &heap, &census));
	assert_int_equal(census.in_use, 0);
}

static void libgc_that_cannot_be_asked(void **state)
{
	struct collector_api api = libgc;
	struct pgb_range_table heap = {0};
	struct census census;

	(void)state;
	api.is_marked = NULL;
	assert_false(census_take(&api, &heap, &census));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimates),
		cmocka_unit_test(empty_heap),
		cmocka_unit_test(libgc_that_cannot_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

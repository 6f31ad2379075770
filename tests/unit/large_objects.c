/* SPDX-License-Identifier: MIT */
/* large_objects.c - tests of gc-integration/bdwgc/large_objects.c, with a libgc of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "large_objects.h"

#define PAGE	  ((uintptr_t)4096)
#define ARRAY	  ((uintptr_t)1 << 32)
#define PAGES	  ((uintptr_t)4096)
#define SMALL	  (ARRAY - 4 * PAGE) /* small objects, right before it */
#define MOST	  2000
#define KEPT_MOST 512

struct span {
	uintptr_t start, end;
};

/* The array, and how libgc sees it. */
static struct {
	size_t size;
	int kind, is_marked;
	bool is_there;
	uintptr_t neighbour; /* an object behind it; 0: none */
} array;

static collector_push_roots *procedure;
static struct span pushed[MOST], reported[MOST];
static size_t pushes, reports, programs, lookups;

static void *base(void *address)
{
	uintptr_t at = (uintptr_t)address;

	lookups++;
	if (at >= SMALL && at < ARRAY)
		return (void *)(at & ~(uintptr_t)63);
	if (array.neighbour && at >= array.neighbour)
		return (void *)array.neighbour;
	if (array.is_there && at >= ARRAY && at < ARRAY + array.size)
		return (void *)ARRAY;
	return NULL;
}

static int is_marked(const void *object)
{
	return (uintptr_t)object != ARRAY || array.is_marked;
}

static int get_kind_and_size(const void *object, size_t *size)
{
	*size = (uintptr_t)object == ARRAY ? array.size : 64;
	return (uintptr_t)object == ARRAY ? array.kind : 1;
}

static void push_all(void *start, void *end)
{
	assert_true(pushes < MOST);
	assert_int_equal(programs, 0);
	pushed[pushes++] = (struct span){(uintptr_t)start, (uintptr_t)end};
}

static void of_program(void)
{
	programs++;
}

static void set_procedure(collector_push_roots *to)
{
	procedure = to;
}

static collector_push_roots *get_procedure(void)
{
	return procedure;
}

static struct collector libgc = {
	.api =
		{
			.base = base,
			.is_marked = is_marked,
			.get_kind_and_size = get_kind_and_size,
			.push_all = push_all,
			.set_push_other_roots = set_procedure,
			.get_push_other_roots = get_procedure,
		},
};

static void note(void *arg, uintptr_t start, uintptr_t end)
{
	assert_ptr_equal(arg, &libgc);
	assert_true(reports < MOST);
	reported[reports++] = (struct span){start, end};
}

static void report(uintptr_t start, uintptr_t end)
{
	large_objects_report(start, end, note, &libgc);
}

static void report_page(uintptr_t page)
{
	report(ARRAY + page * PAGE, ARRAY + (page + 1) * PAGE);
}

static void push(void)
{
	pushes = programs = 0;
	procedure();
	assert_int_equal(programs, 1);
}

static int find_libgc(void **state)
{
	(void)state;
	procedure = of_program;
	return large_objects_init(&libgc);
}

static int begin(void **state)
{
	(void)state;
	memset(&array, 0, sizeof(array));
	array.size = PAGES * PAGE;
	array.kind = array.is_marked = array.is_there = true;
	push();
	pushes = reports = lookups = 0;
	large_objects_begin_harvest();
	return 0;
}

static void pages_are_kept_and_pushed_once(void **state)
{
	(void)state;
	report_page(3);
	report(ARRAY + 7 * PAGE, ARRAY + 9 * PAGE);
	assert_int_equal(reports, 0);
	assert_int_equal(lookups, 1);
	push();
	assert_int_equal(pushes, 2);
	assert_int_equal(pushed[0].start, ARRAY + 3 * PAGE);
	assert_int_equal(pushed[0].end, ARRAY + 4 * PAGE);
	assert_int_equal(pushed[1].end, ARRAY + 9 * PAGE);
	push();
	assert_int_equal(pushes, 0);
}

static void expect_reported(void)
{
	large_objects_begin_harvest();
	reports = 0;
	report_page(3);
	assert_int_equal(reports, 1);
	assert_int_equal(reported[0].start, ARRAY + 3 * PAGE);
	push();
	assert_int_equal(pushes, 0);
}

static void others_are_reported(void **state)
{
	begin(state);
	array.is_marked = false;
	expect_reported();
	begin(state);
	array.kind = 0;
	expect_reported();
	begin(state);
	array.kind = 5;
	expect_reported();
	begin(state);
	array.size = 15 * PAGE;
	expect_reported();
	begin(state);
	array.is_there = false;
	expect_reported();
}

static void a_run_is_cut_where_the_object_ends(void **state)
{
	(void)state;
	report(ARRAY + (PAGES - 1) * PAGE, ARRAY + (PAGES + 2) * PAGE);
	assert_int_equal(reports, 1);
	assert_int_equal(reported[0].start, ARRAY + PAGES * PAGE);
	assert_int_equal(reported[0].end, ARRAY + (PAGES + 2) * PAGE);
	report(SMALL, ARRAY);
	assert_int_equal(reports, 2);
}

/* Behind the end there is what was there before, or, with small blocks, other objects. */
static void a_last_page_in_part(void **state)
{
	array.size -= 1000;
	report_page(PAGES - 1);
	assert_int_equal(reports, 0);
	push();
	assert_int_equal(pushed[0].end, ARRAY + array.size);
	begin(state);
	array.size -= 1000;
	array.neighbour = ARRAY + PAGES * PAGE - 512;
	report_page(PAGES - 1);
	assert_int_equal(reports, 1);
}

static void freed_ones_are_not_pushed(void **state)
{
	report_page(3);
	array.is_there = false;
	push();
	assert_int_equal(pushes, 0);
	begin(state);
	report_page(3);
	array.is_marked = false;
	push();
	assert_int_equal(pushes, 0);
}

static void without_room_what_lies_between_is_pushed_too(void **state)
{
	(void)state;
	for (uintptr_t page = 0; page < PAGES; page += 4)
		report_page(page);
	assert_int_equal(reports, 0);
	push();
	assert_int_equal(pushes, KEPT_MOST);
	for (uintptr_t page = 0; page < PAGES; page += 4) {
		const struct span *in =
			&pushed[page / 4 < KEPT_MOST ? page / 4 : KEPT_MOST - 1];

		assert_true(in->start <= ARRAY + page * PAGE);
		assert_true(in->end >= ARRAY + (page + 1) * PAGE);
	}
}

/* Of the harvest before, which did as much. */
static void without_room_and_out_of_order_all_is_reported(void **state)
{
	without_room_what_lies_between_is_pushed_too(state);
	for (uintptr_t page = 2048; page < 2048 + 2 * KEPT_MOST; page += 2)
		report_page(page);
	assert_int_equal(reports, 0);
	large_objects_begin_harvest();
	report_page(3);
	assert_int_equal(reports, 1);
}

static void look_ups_end(void **state)
{
	(void)state;
	for (int i = 0; i < 5000; i++) {
		report(SMALL, SMALL + PAGE);
		reports = 0;
	}
	assert_in_range(lookups, 1, 4096);
	report_page(3);
	assert_int_equal(reports, 1);
}

/* Nobody would push what is kept. */
static void set_past_us(void **state)
{
	collector_push_roots *ours = procedure;

	(void)state;
	procedure = of_program;
	large_objects_begin_harvest();
	report_page(3);
	assert_int_equal(reports, 1);
	procedure = ours;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pages_are_kept_and_pushed_once, begin),
		cmocka_unit_test_setup(others_are_reported, begin),
		cmocka_unit_test_setup(a_run_is_cut_where_the_object_ends, begin),
		cmocka_unit_test_setup(a_last_page_in_part, begin),
		cmocka_unit_test_setup(freed_ones_are_not_pushed, begin),
		cmocka_unit_test_setup(without_room_what_lies_between_is_pushed_too, begin),
		cmocka_unit_test_setup(without_room_and_out_of_order_all_is_reported,
				       begin),
		cmocka_unit_test_setup(look_ups_end, begin),
		cmocka_unit_test_setup(set_past_us, begin),
	};

	return cmocka_run_group_tests(tests, find_libgc, NULL);
}

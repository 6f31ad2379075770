/* SPDX-License-Identifier: MIT */
/*
 * primitives.c - the arithmetic of the suite primitives, and the orders that it writes in.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "primitives/cell.h"

#define CLUSTER 64

static void every_order_has_each_page_once(void **state)
{
	static const size_t sizes[] = {1, 63, 64, 65, 100, 4096, 5000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		const struct region region = {.pages = sizes[i]};

		for (enum pattern pattern = SEQUENTIAL; pattern <= CLUSTERED; pattern++) {
			uint32_t *order = region_order(&region, pattern);
			unsigned char *seen = calloc(region.pages, 1);

			assert_non_null(seen);
			for (size_t j = 0; j < region.pages; j++) {
				assert_true(order[j] < region.pages);
				assert_int_equal(seen[order[j]]++, 0);
			}
			free(seen);
			free(order);
		}
	}
}

/* Places where the next page is not the one behind. */
static size_t jumps(enum pattern pattern)
{
	const struct region region = {.pages = 4096};
	uint32_t *order = region_order(&region, pattern);
	size_t count = 0;

	for (size_t i = 1; i < region.pages; i++)
		count += order[i] != order[i - 1] + 1;
	free(order);
	return count;
}

static void patterns_are_what_they_are_called(void **state)
{
	(void)state;
	assert_int_equal(jumps(SEQUENTIAL), 0);
	assert_in_range(jumps(CLUSTERED), 4096 / CLUSTER / 2, 4096 / CLUSTER - 1);
	assert_in_range(jumps(RANDOM), 4000, 4095);
}

/* Slower in each round, and always half of what is beside it. */
static void a_ratio_is_of_the_same_round(void **state)
{
	struct cell cells[] = {
		{.bench = "first-write", .values = {3, 1, 40}, .rounds = 3},
		{.bench = "first-write", .values = {6, 2, 80}, .rounds = 3},
	};
	double ratios[MAXIMUM_ROUNDS];

	(void)state;
	cells[0].reference = &cells[1];
	assert_true(cell_median(&cells[0]) == 3);
	assert_true(cell_ratio(&cells[0]) == 0.5);
	assert_int_equal(cell_ratios(&cells[0], ratios), 3);
	assert_true(ratios[0] == 0.5 && ratios[1] == 0.5 && ratios[2] == 0.5);
	assert_int_equal(cell_ratios(&cells[1], ratios), 0);
	assert_true(isnan(cell_ratio(&cells[1])));
	/* The values are where they were: they belong to rounds. */
	assert_true(cells[0].values[0] == 3 && cells[1].values[2] == 80);
}

static void what_failed_has_no_figures(void **state)
{
	struct cell failed = {.values = {1, 2}, .rounds = 2, .err = -ENOMEM};
	struct cell sound = {.values = {1, 2}, .rounds = 2, .reference = &failed};

	(void)state;
	assert_true(isnan(cell_median(&failed)));
	assert_true(isnan(cell_ratio(&sound)));
}

static void ratios_are_to_the_same_figure_of_another_backend(void **state)
{
	const struct cell keys[] = {
		{.bench = "first-write",
		 .backend = "mprotect",
		 .threads = 1,
		 .density = -1},
		{.bench = "first-write",
		 .backend = "mprotect",
		 .threads = 2,
		 .density = -1},
		{.bench = "first-write", .backend = "none", .threads = 2, .density = -1},
		{.bench = "first-write", .backend = "none", .threads = 4, .density = -1},
	};
	struct cells cells = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		cells_add(&cells, &keys[i]);
	cells_compare(&cells, "mprotect");
	assert_ptr_equal(cells.cell[2].reference, &cells.cell[1]);
	assert_null(cells.cell[3].reference);
	cells_free(&cells);
}

static int fail_third_turn(struct cell *cell, struct stopwatch *watch, double *units,
			   void *arg)
{
	unsigned *turns = arg;

	*units = 2;
	if (!strcmp(cell->backend, "weak") && ++*turns == 3)
		return -EPERM;
	if (watch->counting)
		watch->shootdowns = 8;
	else
		watch->ns = 10;
	return 0;
}

static void a_cell_that_fails_is_not_tried_again(void **state)
{
	const struct pace pace = {.least = 5, .most = 5, .seconds = 0};
	struct cells cells = {0};
	unsigned turns = 0;

	(void)state;
	cells_add(&cells, &(struct cell){.bench = "b", .backend = "weak", .density = -1});
	cells_add(&cells, &(struct cell){.bench = "b", .backend = "strong", .density = -1});
	cells_run(&cells, &pace, fail_third_turn, &turns);
	assert_int_equal(turns, 3);
	assert_int_equal(cells.cell[0].err, -EPERM);
	assert_int_equal(cells.cell[1].err, 0);
	/* A round before the five counts, and is not timed. */
	assert_int_equal(cells.cell[1].rounds, 5);
	assert_true(cell_median(&cells.cell[1]) == 5);
	assert_true(cells.cell[1].shootdowns == 4);
	cells_free(&cells);
}

static void rows_are_what_was_measured_and_skips_what_was_not(void **state)
{
	struct results *results = results_new("primitives", true);
	struct cells cells = {0};
	const json_t *skip;

	(void)state;
	cells_add(&cells, &(struct cell){.bench = "harvest",
					 .backend = "mprotect",
					 .mutators = "parked",
					 .pattern = RANDOM,
					 .region_bytes = 16 << 20,
					 .density = 1,
					 .unit = "ns/page",
					 .err = -EPERM});
	assert_int_equal(cells_record(&cells, results), 0);
	skip = json_array_get(results_skipped(results), 0);
	assert_string_equal(
		json_string_value(json_object_get(skip, "what")),
		"harvest of 16 MiB, 1 % dirty, random, mutators parked, mprotect");
	cells_free(&cells);
	results_free(results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_has_each_page_once),
		cmocka_unit_test(patterns_are_what_they_are_called),
		cmocka_unit_test(a_ratio_is_of_the_same_round),
		cmocka_unit_test(what_failed_has_no_figures),
		cmocka_unit_test(ratios_are_to_the_same_figure_of_another_backend),
		cmocka_unit_test(a_cell_that_fails_is_not_tried_again),
		cmocka_unit_test(rows_are_what_was_measured_and_skips_what_was_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

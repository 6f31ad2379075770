/* SPDX-License-Identifier: MIT */
/*
 * card_marking.c - what a barrier costs that a compiler puts beside each store.
 *
 * A card table has a byte for each 512 bytes of the heap.  A store of a pointer is followed
 * by one to the byte of its card; there is no fault, no system call and no harvest (Wilson
 * and Moher 1989; Hölzle 1993 for the two instructions).  Who has a compiler for it has
 * this for a barrier, so it stands beside the first write to an armed page.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"
#include "cell.h"
#include "suite.h"

#define BYTES	    ((size_t)32 << 20)
#define QUICK_BYTES ((size_t)8 << 20)
#define LINE	    64 /* one store to each cache line */
#define CARD_SHIFT  9
#define DIRTY	    0 /* as there: a register that is zero anyhow */
#define CLEAN	    1
#define SEED	    1

static const char marking[] = "card marking", alone[] = "none";

struct stage {
	struct suite *suite;
	struct region region;
	unsigned char *cards;
	size_t lines;
	uint32_t *order[CLUSTERED]; /* [pattern]: of the lines */
};

/* What is added to the number of a card to have its address. */
static uintptr_t bias(const struct stage *stage)
{
	return (uintptr_t)stage->cards - ((uintptr_t)stage->region.start >> CARD_SHIFT);
}

/* `marks` is known when it is compiled: there are two loops. */
__attribute__((always_inline)) static inline void
store_pointers(const struct stage *stage, const uint32_t *order, bool marks)
{
	uintptr_t start = (uintptr_t)stage->region.start, cards = bias(stage);

	for (size_t i = 0; i < stage->lines; i++) {
		uintptr_t field = start + (uintptr_t)order[i] * LINE;

		*(void *volatile *)field = stage->region.start;
		if (marks)
			*(volatile unsigned char *)(cards + (field >> CARD_SHIFT)) = DIRTY;
	}
}

static size_t count_cards(const struct stage *stage)
{
	return stage->region.bytes >> CARD_SHIFT;
}

static int turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg)
{
	const struct stage *stage = arg;
	const uint32_t *order = stage->order[cell->pattern];
	bool marks = cell->backend == marking;

	memset(stage->cards, CLEAN, count_cards(stage));
	stopwatch_start(watch);
	if (marks)
		store_pointers(stage, order, true);
	else
		store_pointers(stage, order, false);
	stopwatch_stop(watch);
	*units = (double)stage->lines;
	return marks && memchr(stage->cards, CLEAN, count_cards(stage)) ? -EIO : 0;
}

static void add_cell(struct cells *cells, const struct stage *stage, const char *barrier,
		     enum pattern pattern)
{
	cells_add(cells, &(struct cell){.bench = "store",
					.backend = barrier,
					.pattern = pattern,
					.threads = 1,
					.region_bytes = stage->region.bytes,
					.density = -1,
					.unit = "ns/store"});
}

static int plan(struct cells *cells, void *arg)
{
	for (enum pattern pattern = SEQUENTIAL; pattern <= RANDOM; pattern++) {
		add_cell(cells, arg, alone, pattern);
		add_cell(cells, arg, marking, pattern);
	}
	return 0;
}

static void print_costs(const struct cells *cells, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];

		if (cell->backend == marking && cell->reference)
			printf("a card mark adds %.2f ns to a store, %s\n",
			       cell_median(cell) - cell_median(cell->reference),
			       cell->pattern == RANDOM ? "at random" : "in order");
	}
}

static int prepare(struct stage *stage)
{
	int err = region_map(&stage->region, stage->suite->quick ? QUICK_BYTES : BYTES,
			     false);

	if (err)
		return err;
	stage->lines = stage->region.bytes / LINE;
	stage->cards = malloc(count_cards(stage));
	stage->order[SEQUENTIAL] = malloc(stage->lines * sizeof(uint32_t));
	stage->order[RANDOM] = shuffled_indices(stage->lines, SEED);
	if (!stage->cards || !stage->order[SEQUENTIAL])
		return -ENOMEM;
	for (size_t i = 0; i < stage->lines; i++)
		stage->order[SEQUENTIAL][i] = (uint32_t)i;
	return 0;
}

int card_marking(struct suite *suite)
{
	const struct part part = {
		.title = "Storing a pointer, with a card mark and without: ratio to "
			 "without, ns a store",
		.reference = alone,
		.pace = suite->quick ? (struct pace){5, 15, 1} : (struct pace){15, 63, 5},
		.plan = plan,
		.turn = turn,
		.look = print_costs,
	};
	struct stage stage = {.suite = suite};
	int err = prepare(&stage);

	if (!err)
		err = suite_run(suite, &part, &stage);
	free(stage.order[SEQUENTIAL]);
	free(stage.order[RANDOM]);
	free(stage.cards);
	region_unmap(&stage.region);
	return err;
}

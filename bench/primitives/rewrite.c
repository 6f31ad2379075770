/* SPDX-License-Identifier: MIT */
/*
 * rewrite.c - what a barrier costs where nearly all is written in every cycle.
 *
 * A cycle writes to 98 % of the pages of a region, in random order, and harvests.  Timed is
 * a whole period of the policy that leaves hot chunks unarmed, so with the cycle in which
 * everything is armed again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../measure.h"
#include "cell.h"
#include "os/memory.h"
#include "suite.h"

#define BYTES	    ((size_t)32 << 20)
#define QUICK_BYTES ((size_t)4 << 20)
#define DENSITY	    98
#define WARM_UP	    4  /* cycles until chunks are hot */
#define PERIOD	    16 /* cycles */

static const char all_armed[] = "all armed", hot_chunks[] = "hot chunks unarmed";

struct stage {
	struct suite *suite;
	struct region region;
	uint32_t *order;
};

/* Every cycle leaves other pages out. */
static void write_most(const struct stage *stage, const struct region *watched,
		       unsigned cycle)
{
	size_t page_size = pgb_page_size(), count = watched->pages;
	size_t written = count * DENSITY / 100, first = cycle * (count - written);

	for (size_t i = 0; i < written; i++)
		region_write(watched, stage->order[(first + i) % count], page_size);
}

static int run_cycles(const struct subject *subject, const struct stage *stage,
		      const struct region *watched, unsigned first, unsigned end)
{
	size_t found;
	int err = 0;

	for (unsigned cycle = first; !err && cycle < end; cycle++) {
		write_most(stage, watched, cycle);
		if (subject->kind != BARRIER)
			continue;
		err = subject_harvest(subject, watched, &found);
		if (!err && found < watched->pages * DENSITY / 100)
			fail("a harvest did not report what was written", -EIO);
	}
	return err;
}

static int time_cycles(const struct subject *subject, const struct stage *stage,
		       const struct region *watched, struct stopwatch *watch)
{
	int err = run_cycles(subject, stage, watched, 0, WARM_UP);

	if (err)
		return err;
	stopwatch_start(watch);
	err = run_cycles(subject, stage, watched, WARM_UP, WARM_UP + PERIOD);
	stopwatch_stop(watch);
	return err;
}

static int turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg)
{
	struct stage *stage = arg;
	const struct subject *subject =
		subjects_find(&stage->suite->subjects, cell->backend);
	struct region watched;
	int err = subject_attach(subject, &stage->region, &watched);

	if (err)
		return err;
	if (cell->operation == hot_chunks && subject->kind == BARRIER)
		err = pgb_set_policy(subject->barrier, PGB_POLICY_HOT);
	if (!err)
		err = time_cycles(subject, stage, &watched, watch);
	if (subject->kind == BARRIER)
		pgb_set_policy(subject->barrier, PGB_POLICY_PLAIN);
	subject_detach(subject, &watched);
	*units = (double)stage->region.pages * PERIOD;
	return err;
}

static void add_cells(struct cells *cells, const struct stage *stage, const char *operation)
{
	const struct subjects *subjects = &stage->suite->subjects;

	for (size_t i = 0; i < subjects->count; i++) {
		const struct subject *subject = &subjects->subject[i];

		if (subject->kind == BARRIER ? !(subject->capabilities & PGB_CAP_LOCAL)
					     : subject->kind != WRITABLE)
			continue;
		cells_add(cells, &(struct cell){.bench = "rewrite",
						.operation = operation,
						.backend = subject->name,
						.pattern = RANDOM,
						.threads = 1,
						.region_bytes = stage->region.bytes,
						.density = DENSITY,
						.unit = "ns/page"});
	}
}

static int plan(struct cells *cells, void *arg)
{
	add_cells(cells, arg, all_armed);
	add_cells(cells, arg, hot_chunks);
	return 0;
}

/* The part of the overhead of arming all that is left, in the medians. */
static void print_overheads(const struct cells *cells, void *arg)
{
	(void)arg;
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];
		const struct cell *none = cells_like(cells, cell, "none");
		size_t armed = i % (cells->count / 2);
		double nothing = none ? cell_median(none) : 0;
		double plain = cell_median(&cells->cell[armed]) - nothing;

		if (cell->operation != hot_chunks || cell == none || cell->err ||
		    !(plain > 0))
			continue;
		printf("%s: with hot chunks unarmed %.2f of the overhead of arming all\n",
		       cell->backend, (cell_median(cell) - nothing) / plain);
	}
	putchar('\n');
}

int rewrite(struct suite *suite)
{
	const struct part part = {
		.title = "98 % of the pages written in each cycle: ratio to no barrier, ns "
			 "a page",
		.reference = "none",
		.pace = suite->quick ? (struct pace){2, 5, 4} : (struct pace){5, 15, 60},
		.plan = plan,
		.turn = turn,
		.look = print_overheads,
	};
	struct stage stage = {.suite = suite};
	int err = region_map(&stage.region, suite->quick ? QUICK_BYTES : BYTES, false);

	stage.order = err ? NULL : region_order(&stage.region, RANDOM);
	if (!err)
		err = suite_run(suite, &part, &stage);
	free(stage.order);
	region_unmap(&stage.region);
	return err;
}

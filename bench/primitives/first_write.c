/* SPDX-License-Identifier: MIT */
/*
 * first_write.c - what the first write to an armed page costs.
 *
 * Every page of a region is written once, in order or at random, by one thread or by
 * several that share the pages, right after a harvest has armed them.  For scale, the same
 * with pages that can be written and with pages that are not there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../measure.h"
#include "cell.h"
#include "suite.h"
#include "writers.h"

#define BYTES	    ((size_t)32 << 20)
#define QUICK_BYTES ((size_t)8 << 20)

/* What a turn needs; there is a region for either kind of pages. */
struct stage {
	struct suite *suite;
	struct region region[2];    /* [huge] */
	uint32_t *order[CLUSTERED]; /* [pattern] */
};

static const unsigned thread_counts[] = {1, 2, 3, 4};
#define THREAD_COUNTS (sizeof(thread_counts) / sizeof(*thread_counts))

static int write_armed(const struct subject *subject, const struct cell *cell,
		       const struct stage *stage, const struct region *watched,
		       struct stopwatch *watch)
{
	size_t found;
	int err = subject_harvest(subject, watched, &found);

	if (err)
		return err;
	writers_write(&stage->suite->cpus, cell->threads, watched,
		      stage->order[cell->pattern], watch);
	if (subject->kind != BARRIER)
		return 0;
	err = subject_harvest(subject, watched, &found);
	/* The figure of a barrier that does not do its work would be worth nothing. */
	if (!err && found < watched->pages)
		fail("a harvest did not report what was written", -EIO);
	return err;
}

static int turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg)
{
	struct stage *stage = arg;
	const struct subject *subject =
		subjects_find(&stage->suite->subjects, cell->backend);
	const struct region *region = &stage->region[cell->huge_pages];
	struct region watched;
	int err;

	/* A first write splits a huge page. */
	if (cell->huge_pages)
		region_renew(region);
	err = subject_attach(subject, region, &watched);
	if (err)
		return err;
	err = write_armed(subject, cell, stage, &watched, watch);
	subject_detach(subject, &watched);
	*units = (double)region->pages;
	return err;
}

static void add_cells(struct cells *cells, const struct stage *stage, unsigned threads,
		      bool huge)
{
	const struct subjects *subjects = &stage->suite->subjects;

	for (enum pattern pattern = SEQUENTIAL; pattern <= RANDOM; pattern++) {
		for (size_t i = 0; i < subjects->count; i++)
			cells_add(cells,
				  &(struct cell){.bench = "first-write",
						 .backend = subjects->subject[i].name,
						 .pattern = pattern,
						 .threads = threads,
						 .huge_pages = huge,
						 .region_bytes = stage->region[0].bytes,
						 .density = -1,
						 .unit = "ns/page"});
	}
}

/* Those that this machine allows; the others are noted. */
static int plan(struct cells *cells, void *arg)
{
	const struct stage *stage = arg;
	struct suite *suite = stage->suite;
	char what[64], why[64];
	int err = 0;

	for (size_t i = 0; !err && i < THREAD_COUNTS; i++) {
		unsigned threads = thread_counts[i];

		if (threads <= suite->cpus.count) {
			add_cells(cells, stage, threads, false);
			continue;
		}
		snprintf(what, sizeof(what), "first-write with %u threads", threads);
		snprintf(why, sizeof(why), "CPUs that may be used: %u", suite->cpus.count);
		err = results_skip(suite->results, what, why);
	}
	if (err)
		return err;
	if (!region_has_huge_pages(&stage->region[1]))
		return results_skip(suite->results, "first-write on huge pages",
				    "the kernel gave none");
	add_cells(cells, stage, 1, true);
	return 0;
}

/* harvest() goes by it. */
static void remember_costs(const struct cells *cells, void *arg)
{
	const struct stage *stage = arg;
	const struct subjects *subjects = &stage->suite->subjects;

	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];

		if (cell->pattern != RANDOM || cell->threads != 1 || cell->huge_pages ||
		    cell->err)
			continue;
		for (size_t j = 0; j < subjects->count; j++)
			if (subjects->subject[j].name == cell->backend)
				subjects->subject[j].first_write_ns = cell_median(cell);
	}
}

static int prepare(struct stage *stage)
{
	size_t bytes = stage->suite->quick ? QUICK_BYTES : BYTES;
	int err = region_map(&stage->region[0], bytes, false);

	if (!err)
		err = region_map(&stage->region[1], bytes, true);
	for (enum pattern pattern = SEQUENTIAL; !err && pattern <= RANDOM; pattern++)
		stage->order[pattern] = region_order(&stage->region[0], pattern);
	return err;
}

static void leave(struct stage *stage)
{
	for (enum pattern pattern = SEQUENTIAL; pattern <= RANDOM; pattern++)
		free(stage->order[pattern]);
	region_unmap(&stage->region[0]);
	region_unmap(&stage->region[1]);
}

int first_write(struct suite *suite)
{
	const struct part part = {
		.title = "First write to an armed page: ratio to mprotect, ns a page",
		.counts = "First write: shootdowns of TLBs a page",
		.reference = "mprotect",
		.pace = suite->quick ? (struct pace){2, 11, 5} : (struct pace){5, 31, 60},
		.plan = plan,
		.turn = turn,
		.look = remember_costs,
	};
	struct stage stage = {.suite = suite};
	int err = prepare(&stage);

	if (!err)
		err = suite_run(suite, &part, &stage);
	leave(&stage);
	return err;
}

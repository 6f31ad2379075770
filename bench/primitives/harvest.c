/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - what a harvest costs: find the dirty pages and arm them again.
 *
 * A region is armed, a given share of its pages is written, and the harvest that follows is
 * timed.  The figure is that time divided by all pages, dirty or not: what a collector pays
 * for the size of its heap.  Mutators are parked meanwhile, or one goes on writing.
 *
 * Beside it stands how long it takes to read as much memory as the page table of the region
 * has: no harvest that looks at each page can be faster.  With uffd-async nearly all of a
 * clean harvest is one system call; that alone takes turns with it, too, so that what the
 * machine does to the kernel's walk is not taken for the library's doing.  The two differ
 * by less than other turns do to the caches, so they have a part of their own besides.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../measure.h"
#include "cell.h"
#include "os/vmas.h"
#include "scan.h"
#include "suite.h"
#include "writers.h"

#define MIB	     ((size_t)1 << 20)
#define TABLE_ENTRY  8 /* bytes of a page table for each page */
#define HUGE	     (256 * MIB)
#define QUICK_HUGE   (32 * MIB)
#define LARGEST_PAIR (1024 * MIB)

static const size_t sizes[] = {16 * MIB, 64 * MIB, 256 * MIB, 1024 * MIB, 4096 * MIB};
static const size_t quick_sizes[] = {16 * MIB, 128 * MIB};
static const double densities[] = {0, 0.01, 1, 10, 50, 100};
static const double quick_densities[] = {0, 1, 10, 100};
static const char *const mutators[] = {"parked", "running"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char bound_name[] = "bandwidth";
static const char scan_name[] = "bare scan"; /* a backend's name, but none */
static const char scan_backend[] = "uffd-async";
static const char clean_name[] = "clean-harvest";

struct stage {
	struct suite *suite;
	struct mutator *mutator; /* NULL: none can run beside us */
	struct region region;
	uint32_t *order[CLUSTERED + 1]; /* [pattern] */
	char *table;			/* as large as the page table */
	int pagemap;			/* negative: there are no bare scans */
};

static size_t dirty_pages(const struct stage *stage, double density)
{
	return (size_t)ceil((double)stage->region.pages * density / 100);
}

/* The C library has the quickest way to read memory that this processor allows. */
static int read_table(const struct stage *stage, struct stopwatch *watch)
{
	size_t bytes = stage->region.pages * TABLE_ENTRY;

	for (int timed = 0; timed < 2; timed++) {
		if (timed)
			stopwatch_start(watch);
		if (memchr(stage->table, 1, bytes))
			return -EIO;
	}
	stopwatch_stop(watch);
	return 0;
}

static void write_dirty(const struct stage *stage, const struct region *watched,
			const struct cell *cell)
{
	const uint32_t *order = stage->order[cell->pattern ? cell->pattern : SEQUENTIAL];
	size_t count = dirty_pages(stage, cell->density);

	for (size_t i = 0; i < count; i++)
		region_write(watched, order[i], watched->bytes / watched->pages);
}

/* Twice: what the turn before did to the caches is not to be seen in this one. */
static int arm(const struct subject *subject, const struct region *watched)
{
	size_t found;
	int err = subject_harvest(subject, watched, &found);

	return err ? err : subject_harvest(subject, watched, &found);
}

static int harvest_dirty(const struct subject *subject, struct cell *cell,
			 const struct stage *stage, const struct region *watched,
			 struct stopwatch *watch)
{
	bool running = !strcmp(cell->mutators, "running");
	size_t found;
	int err = arm(subject, watched);

	if (err)
		return err;
	write_dirty(stage, watched, cell);
	if (watch->counting)
		cell->mappings = (double)pgb_vmas_count();
	if (running)
		mutator_run(stage->mutator, watched);
	stopwatch_start(watch);
	err = subject_harvest(subject, watched, &found);
	stopwatch_stop(watch);
	if (running)
		mutator_park(stage->mutator);
	if (!err && found < dirty_pages(stage, cell->density))
		fail("a harvest did not report what was written", -EIO);
	return err;
}

static int scan(const struct subject *subject, const struct stage *stage,
		const struct region *watched, struct stopwatch *watch)
{
	int err = arm(subject, watched);

	if (err)
		return err;
	stopwatch_start(watch);
	err = scan_clean(stage->pagemap, watched);
	stopwatch_stop(watch);
	return err;
}

static int turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg)
{
	const struct stage *stage = arg;
	bool scans = cell->backend == scan_name;
	const struct subject *subject = subjects_find(&stage->suite->subjects,
						      scans ? scan_backend : cell->backend);
	struct region watched;
	int err;

	/* Time is for each page; interrupts are for all of a harvest. */
	if (!watch->counting)
		*units = (double)stage->region.pages;
	if (cell->bench == bound_name)
		return read_table(stage, watch);
	/* A first write splits a huge page. */
	if (cell->huge_pages)
		region_renew(&stage->region);
	err = subject_attach(subject, &stage->region, &watched);
	if (err)
		return err;
	err = scans ? scan(subject, stage, &watched, watch)
		    : harvest_dirty(subject, cell, stage, &watched, watch);
	subject_detach(subject, &watched);
	return err;
}

/* Why no mutator can run beside its harvests; NULL: one can. */
static const char *mutator_obstacle(const struct stage *stage,
				    const struct subject *subject)
{
	if (!stage->mutator)
		return "there is no second CPU for a mutator";
	if (subject->kind == BARE || !(subject->capabilities & PGB_CAP_CONCURRENT))
		return "it loses writes unless the world is stopped";
	return NULL;
}

static bool has_harvests(const struct subject *subject)
{
	return subject->kind == BARRIER || subject->kind == BARE;
}

static int note_mutator_obstacles(const struct stage *stage)
{
	const struct suite *suite = stage->suite;
	int err = 0;

	for (size_t i = 0; !err && i < suite->subjects.count; i++) {
		const struct subject *subject = &suite->subjects.subject[i];
		const char *why = mutator_obstacle(stage, subject);
		char what[64];

		if (!has_harvests(subject) || !why)
			continue;
		snprintf(what, sizeof(what), "harvest with mutators running, %s",
			 subject->name);
		err = results_skip(suite->results, what, why);
	}
	return err;
}

static int add_cell(struct cells *cells, const struct stage *stage,
		    const struct subject *subject, const struct cell *cell)
{
	double limit_s = stage->suite->quick ? 0.1 : 1.5;
	double faults_s =
		(double)dirty_pages(stage, cell->density) * subject->first_write_ns / 1e9;
	char what[256], why[64];

	if (faults_s <= limit_s) {
		cells_add(cells, cell);
		return 0;
	}
	cell_name(cell, what, sizeof(what));
	snprintf(why, sizeof(why), "each turn would first take %.1f s of faults", faults_s);
	return results_skip(stage->suite->results, what, why);
}

/* The same pages for all backends, then the next density. */
static int add_cells(struct cells *cells, const struct stage *stage, double density,
		     enum pattern pattern, const char *mutators_are)
{
	const struct subjects *subjects = &stage->suite->subjects;
	int err = 0;

	for (size_t i = 0; !err && i < subjects->count; i++) {
		const struct subject *subject = &subjects->subject[i];

		if (!has_harvests(subject) ||
		    (!strcmp(mutators_are, "running") && mutator_obstacle(stage, subject)))
			continue;
		err = add_cell(cells, stage, subject,
			       &(struct cell){.bench = "harvest",
					      .backend = subject->name,
					      .mutators = mutators_are,
					      .pattern = pattern,
					      .threads = 1,
					      .huge_pages = stage->region.huge,
					      .region_bytes = stage->region.bytes,
					      .density = density,
					      .unit = "ns/page"});
	}
	return err;
}

static int plan(struct cells *cells, void *arg)
{
	const struct stage *stage = arg;
	const double *density = stage->suite->quick ? quick_densities : densities;
	size_t count = stage->suite->quick ? COUNT(quick_densities) : COUNT(densities);
	int err = 0;

	cells_add(cells, &(struct cell){.bench = bound_name,
					.backend = "none",
					.threads = 1,
					.huge_pages = stage->region.huge,
					.region_bytes = stage->region.bytes,
					.density = -1,
					.unit = "ns/page"});
	if (stage->pagemap >= 0)
		cells_add(cells, &(struct cell){.bench = "harvest",
						.backend = scan_name,
						.mutators = "parked",
						.threads = 1,
						.huge_pages = stage->region.huge,
						.region_bytes = stage->region.bytes,
						.density = 0,
						.unit = "ns/page"});
	/* To have huge pages again takes longer than all else: no more than shows the
	 * point. */
	for (size_t m = 0; m < (stage->region.huge ? 1 : COUNT(mutators)); m++) {
		for (size_t i = 0; !err && i < count; i++) {
			/* Of none, or of all, there is no choice. */
			if (density[i] <= 0 || density[i] >= 100) {
				err = add_cells(cells, stage, density[i], NO_PATTERN,
						mutators[m]);
				continue;
			}
			err = add_cells(cells, stage, density[i], RANDOM, mutators[m]);
			if (!err)
				err = add_cells(cells, stage, density[i], CLUSTERED,
						mutators[m]);
		}
	}
	/* From here on cells stay where they are. */
	for (size_t i = 1; i < cells->count; i++)
		cells->cell[i].reference = &cells->cell[0];
	return err;
}

static int plan_pair(struct cells *cells, void *arg)
{
	const struct stage *stage = arg;
	struct cell cell = {.bench = clean_name,
			    .backend = scan_name,
			    .mutators = "parked",
			    .threads = 1,
			    .region_bytes = stage->region.bytes,
			    .unit = "ns/page"};

	cells_add(cells, &cell);
	cell.backend = scan_backend;
	cells_add(cells, &cell);
	cells_compare(cells, scan_name);
	return 0;
}

static void show_pair(const struct cells *cells, void *arg)
{
	double ratios[MAXIMUM_ROUNDS];
	size_t count = cell_ratios(&cells->cell[1], ratios);
	double middle;

	(void)arg;
	if (!count)
		return;
	middle = median(ratios, count); /* which sorts them */
	printf("%s is %.3f times the bare system call, %.3f to %.3f in %zu rounds\n",
	       scan_backend, middle, ratios[0], ratios[count - 1], count);
}

/* What the library adds to the system call of a clean harvest. */
static int harvest_pair(struct stage *stage)
{
	char title[128];
	const struct part part = {
		.title = title,
		.pace = stage->suite->quick ? (struct pace){5, 15, 1}
					    : (struct pace){15, 15, 0},
		.plan = plan_pair,
		.turn = turn,
		.look = show_pair,
	};

	if (stage->pagemap < 0 || stage->region.huge || stage->region.bytes > LARGEST_PAIR)
		return 0;
	snprintf(title, sizeof(title),
		 "Clean harvest of %zu MiB: ratio to its system call alone, ns a page",
		 stage->region.bytes >> 20);
	return suite_run(stage->suite, &part, stage);
}

static int prepare(struct stage *stage, size_t bytes, bool huge)
{
	int err = region_map(&stage->region, bytes, huge);

	if (err)
		return err;
	for (enum pattern pattern = SEQUENTIAL; pattern <= CLUSTERED; pattern++)
		stage->order[pattern] = region_order(&stage->region, pattern);
	stage->table = malloc(stage->region.pages * TABLE_ENTRY);
	if (!stage->table)
		return -ENOMEM;
	memset(stage->table, 2, stage->region.pages * TABLE_ENTRY);
	return 0;
}

static void leave(struct stage *stage)
{
	for (enum pattern pattern = SEQUENTIAL; pattern <= CLUSTERED; pattern++) {
		free(stage->order[pattern]);
		stage->order[pattern] = NULL;
	}
	free(stage->table);
	stage->table = NULL;
	region_unmap(&stage->region);
}

static int harvest_region(struct stage *stage)
{
	bool quick = stage->suite->quick;
	char title[128], counts[128];
	const struct part part = {
		.title = title,
		.counts = counts,
		.pace = quick ? (struct pace){2, 11, 3} : (struct pace){3, 15, 60},
		.plan = plan,
		.turn = turn,
	};
	int err;

	snprintf(title, sizeof(title),
		 "Harvest of %zu MiB%s: ratio to reading its page table, ns a page",
		 stage->region.bytes >> 20, stage->region.huge ? " of huge pages" : "");
	snprintf(counts, sizeof(counts),
		 "Harvest of %zu MiB%s: shootdowns of TLBs a harvest, mappings of the "
		 "process",
		 stage->region.bytes >> 20, stage->region.huge ? " of huge pages" : "");
	err = suite_run(stage->suite, &part, stage);
	return err ? err : harvest_pair(stage);
}

static int harvest_size(struct stage *stage, size_t bytes, bool huge)
{
	int err = prepare(stage, bytes, huge);
	char what[64];

	snprintf(what, sizeof(what), "harvest of %zu MiB%s", bytes >> 20,
		 huge ? " of huge pages" : "");
	if (err)
		err = results_skip(stage->suite->results, what,
				   "half of the memory that is free is less");
	else if (huge && !region_has_huge_pages(&stage->region))
		err = results_skip(stage->suite->results, what, "the kernel gave none");
	else
		err = harvest_region(stage);
	leave(stage);
	return err;
}

int harvest(struct suite *suite)
{
	const size_t *size = suite->quick ? quick_sizes : sizes;
	size_t count = suite->quick ? COUNT(quick_sizes) : COUNT(sizes);
	struct stage stage = {.suite = suite, .mutator = mutator_start(&suite->cpus)};
	int err = note_mutator_obstacles(&stage);

	stage.pagemap =
		subjects_find(&suite->subjects, scan_backend) ? scan_open() : -ENOENT;

	for (size_t i = 0; !err && i < count; i++)
		err = harvest_size(&stage, size[i], false);
	if (!err)
		err = harvest_size(&stage, suite->quick ? QUICK_HUGE : HUGE, true);
	if (stage.pagemap >= 0)
		close(stage.pagemap);
	mutator_stop(stage.mutator);
	return err;
}

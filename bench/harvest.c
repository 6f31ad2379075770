/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - what a harvest costs: find the dirty pages and arm them again.
 *
 * The memory is populated and a given share of its pages, at random places, is written
 * before each harvest.  The figure is the time of the whole harvest divided by all pages
 * watched, dirty or not: what a collector pays for the size of its heap.
 *
 * With uffd-async nearly all of a clean harvest is the kernel's walk over the page table.
 * A bare system call that makes the same walk takes turns with it, so that what the
 * machine does to that walk is not taken for the library's doing.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"
#include "measure_options.h"
#include "os/uapi.h"
#include "pgbarrier.h"

#define CLEAN_TARGET 1.0 /* ns per page, at the size below */
#define TARGET_MIB   1024
#define PAIRS	     8 /* of a clean harvest and a bare call, in each round */

static const size_t sizes_mib[] = {256, 1024};
static const unsigned dirty_percent[] = {0, 1, 10, 100};

#define SIZES  (sizeof(sizes_mib) / sizeof(*sizes_mib))
#define SHARES (sizeof(dirty_percent) / sizeof(*dirty_percent))

struct options {
	struct measure_options measure;
	const char *backend;
};

struct target {
	struct pgb_barrier *barrier;
	char *memory;
	uint32_t *order;
	size_t pages;
	int pagemap; /* -1: no bare calls */
};

/* Nanoseconds per page, and a ratio. */
struct results {
	double share[SHARES][SIZES];
	double fastest_clean[SIZES];
	double bare[SIZES];
	double clean_to_bare[SIZES];
};

static size_t page_size;

static void count_pages(void *argument, uintptr_t start, uintptr_t end)
{
	size_t *pages = argument;

	*pages += (end - start) / page_size;
}

static size_t harvest(const struct target *target)
{
	size_t found = 0;
	int err = pgb_harvest(target->barrier, count_pages, &found);

	if (err)
		fail("harvest", err);
	return found;
}

/* Nanoseconds per page. */
static double measure_once(const struct target *target, size_t dirty)
{
	uint64_t begin;
	double ns;

	/* What the round before did to the caches is not to be seen in this one. */
	harvest(target);
	for (size_t i = 0; i < dirty; i++)
		*(volatile char *)(target->memory + target->order[i] * page_size) = 1;
	begin = now_ns();
	if (harvest(target) < dirty)
		fail("a harvest did not report what was written", -EIO);
	ns = (double)(now_ns() - begin);
	return ns / (double)target->pages;
}

/* For clean memory alone: no harvest would tell of a page that this takes. */
static void scan_clean(const struct target *target)
{
	struct page_region region;
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)target->memory,
		.end = (uintptr_t)target->memory + target->pages * page_size,
		.vec = (uintptr_t)&region, /* without it the kernel takes another path */
		.vec_len = 1,
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int filled = ioctl(target->pagemap, PAGEMAP_SCAN, &scan);

	if (filled < 0)
		fail("PAGEMAP_SCAN", -errno);
	if (filled > 0)
		fail("a page is dirty that nobody wrote to", -EIO);
}

/* Nanoseconds per page. */
static double measure_bare(const struct target *target)
{
	uint64_t begin;

	harvest(target);
	begin = now_ns();
	scan_clean(target);
	return (double)(now_ns() - begin) / (double)target->pages;
}

/*
 * Back to back, since a shared machine changes its speed within milliseconds.  They take
 * turns at being first: the second one finds more in the caches.
 */
static void measure_pairs(const struct target *target, double bare[PAIRS],
			  double ratio[PAIRS])
{
	for (unsigned i = 0; i < PAIRS; i++) {
		bool bare_first = i % 2;
		double clean;

		if (bare_first)
			bare[i] = measure_bare(target);
		clean = measure_once(target, 0);
		if (!bare_first)
			bare[i] = measure_bare(target);
		ratio[i] = clean / bare[i];
	}
}

static void measure_rounds(const struct target *target, size_t rounds, size_t size,
			   struct results *results)
{
	static double samples[SHARES][MAXIMUM_ROUNDS];
	static double bare[MAXIMUM_ROUNDS * PAIRS], ratios[MAXIMUM_ROUNDS * PAIRS];

	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < SHARES; i++) {
			samples[i][round] = measure_once(
				target, target->pages * dirty_percent[i] / 100);
			/* Not last: the next clean harvest would find the caches warm. */
			if (!dirty_percent[i] && target->pagemap >= 0)
				measure_pairs(target, bare + round * PAIRS,
					      ratios + round * PAIRS);
		}
	}
	for (size_t i = 0; i < SHARES; i++)
		results->share[i][size] = median(samples[i], rounds);
	results->fastest_clean[size] = samples[0][0]; /* median() has sorted them */
	results->bare[size] = median(bare, rounds * PAIRS);
	results->clean_to_bare[size] = median(ratios, rounds * PAIRS);
}

/* Only this backend's harvest is that system call. */
static bool has_bare_call(const struct pgb_barrier *barrier)
{
	return !strcmp(pgb_backend_name(barrier), "uffd-async");
}

static int open_pagemap(void)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (pagemap < 0)
		fail("/proc/self/pagemap", -errno);
	return pagemap;
}

static void measure_size(struct pgb_barrier *barrier, size_t size,
			 const struct measure_options *options, struct results *results)
{
	size_t bytes = sizes_mib[size] << 20;
	struct target target = {.barrier = barrier, .pages = bytes / page_size};
	int err;

	target.memory = populated_memory(bytes);
	target.order = shuffled_indices(target.pages, options->seed);
	target.pagemap = has_bare_call(barrier) ? open_pagemap() : -1;
	err = pgb_add(barrier, target.memory, bytes);
	if (err)
		fail("cannot watch memory", err);
	harvest(&target);
	measure_rounds(&target, options->rounds, size, results);
	pgb_remove(barrier, target.memory, bytes);
	if (target.pagemap >= 0)
		close(target.pagemap);
	munmap(target.memory, bytes);
	free(target.order);
}

static void print_row(unsigned percent, const char *what, const double figures[SIZES])
{
	printf("%3u %%%-20s", percent, what);
	for (size_t i = 0; i < SIZES; i++)
		printf("%12.2f", figures[i]);
	printf("\n");
}

static void print_table(const struct results *results, bool bare)
{
	printf("%-25s", "dirty");
	for (size_t i = 0; i < SIZES; i++)
		printf("%8zu MiB", sizes_mib[i]);
	printf("\n");
	for (size_t share = 0; share < SHARES; share++) {
		print_row(dirty_percent[share], "", results->share[share]);
		if (dirty_percent[share])
			continue;
		print_row(0, ", fastest round", results->fastest_clean);
		if (bare)
			print_row(0, ", bare system call", results->bare);
	}
}

static void report(const struct pgb_barrier *barrier, size_t rounds,
		   const struct results *results)
{
	bool bare = has_bare_call(barrier);
	size_t size = 0;
	double clean;

	while (sizes_mib[size] != TARGET_MIB)
		size++;
	clean = results->share[0][size];
	printf("harvest by %s, ns per page watched (median of %zu rounds)\n\n",
	       pgb_backend_name(barrier), rounds);
	print_table(results, bare);
	printf("\nclean harvest of %d MiB: %.2f ns per page; target: at most %.2f: %s\n",
	       TARGET_MIB, clean, CLEAN_TARGET, verdict(clean, CLEAN_TARGET));
	if (bare)
		printf("harvest / bare system call: %.3f\n", results->clean_to_bare[size]);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'b':
		options->backend = argument;
		return 0;
	default:
		return parse_measure_option(key, argument, state, &options->measure);
	}
}

static const struct argp_option option_table[] = {
	{"backend", 'b', "B", 0, "Backend, as `pgbarrier doctor` lists them (auto)", 0},
	{ROUNDS_OPTION("15")},
	{SEED_OPTION("choice of dirty pages", "1")},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Measure a harvest of 256 MiB and of 1 GiB with no page dirty, and with 1, "
	       "10 "
	       "and 100 % of them.",
};

int main(int argc, char **argv)
{
	struct options options = {.backend = "auto", .measure = {.rounds = 15, .seed = 1}};
	struct results results;
	struct pgb_barrier *barrier;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	if (pgb_open(&barrier, options.backend)) {
		fprintf(stderr,
			"harvest: %s cannot run here; `pgbarrier doctor` says why\n",
			options.backend);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < SIZES; i++)
		measure_size(barrier, i, &options.measure, &results);
	report(barrier, options.measure.rounds, &results);
	pgb_close(barrier);
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - what a harvest costs: find the dirty pages and arm them again.
 *
 * The memory is populated and a given share of its pages, at random places, is written
 * before each harvest.  The figure is the time of the whole harvest divided by all pages
 * watched, dirty or not: what a collector pays for the size of its heap.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"
#include "measure_options.h"
#include "pgbarrier.h"

#define CLEAN_TARGET 1.0 /* ns per page, at the size below */
#define TARGET_MIB   1024

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

static void measure_size(struct pgb_barrier *barrier, size_t mib,
			 const struct options *options, double result[SHARES])
{
	static double samples[SHARES][MAXIMUM_ROUNDS];
	size_t size = mib << 20;
	struct target target = {.barrier = barrier, .pages = size / page_size};
	int err;

	target.memory = populated_memory(size);
	target.order = shuffled_indices(target.pages, options->measure.seed);
	err = pgb_add(barrier, target.memory, size);
	if (err)
		fail("cannot watch memory", err);
	harvest(&target);
	for (size_t round = 0; round < options->measure.rounds; round++) {
		for (size_t i = 0; i < SHARES; i++)
			samples[i][round] = measure_once(
				&target, target.pages * dirty_percent[i] / 100);
	}
	for (size_t i = 0; i < SHARES; i++)
		result[i] = median(samples[i], options->measure.rounds);
	pgb_remove(barrier, target.memory, size);
	munmap(target.memory, size);
	free(target.order);
}

static void report(const char *backend, size_t rounds, double result[SIZES][SHARES])
{
	double clean = 0;

	printf("harvest by %s, ns per page watched (median of %zu rounds)\n\n%-12s",
	       backend, rounds, "dirty");
	for (size_t i = 0; i < SIZES; i++)
		printf("%8zu MiB", sizes_mib[i]);
	for (size_t share = 0; share < SHARES; share++) {
		printf("\n%3u %%       ", dirty_percent[share]);
		for (size_t i = 0; i < SIZES; i++)
			printf("%12.2f", result[i][share]);
	}
	for (size_t i = 0; i < SIZES; i++) {
		if (sizes_mib[i] == TARGET_MIB)
			clean = result[i][0];
	}
	printf("\n\nclean harvest of %d MiB: %.2f ns per page; target: at most %.2f: %s\n",
	       TARGET_MIB, clean, CLEAN_TARGET, verdict(clean, CLEAN_TARGET));
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
	double result[SIZES][SHARES];
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
		measure_size(barrier, sizes_mib[i], &options, result[i]);
	report(pgb_backend_name(barrier), options.measure.rounds, result);
	pgb_close(barrier);
	return EXIT_SUCCESS;
}

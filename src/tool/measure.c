/* SPDX-License-Identifier: MIT */
/* measure.c - how long each backend takes here. */
#include "tool/measure.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "pgbarrier.h"

/* One backend's times, a row for each member of struct pgb_timing. */
enum { ARM, FIRST_WRITE, DIRTY_HARVEST, CLEAN_HARVEST, KINDS };

struct series {
	double ns[KINDS][PGB_MEASURE_ROUNDS];
};

struct memory {
	char *start;
	size_t page_size, pages;
	uint32_t *order; /* every page once, shuffled */
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void shuffle(uint32_t *order, size_t count)
{
	uint64_t random = 88172645463325252;

	for (size_t i = 0; i < count; i++) {
		size_t other;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = random % (i + 1);
		order[i] = order[other];
		order[other] = (uint32_t)i;
	}
}

static void write_pages(const struct memory *memory)
{
	for (size_t i = 0; i < memory->pages; i++)
		*(volatile char *)(memory->start + memory->order[i] * memory->page_size) +=
			1;
}

static int timed_harvest(struct pgb_barrier *barrier, double *ns)
{
	double start = now();
	int err = pgb_harvest(barrier, NULL, NULL);

	*ns = now() - start;
	return err;
}

static int measure_round(const struct memory *memory, const char *backend, size_t round,
			 struct series *series)
{
	size_t size = memory->pages * memory->page_size;
	struct pgb_barrier *barrier;
	double start;
	int err = pgb_open(&barrier, backend);

	if (err)
		return err;
	write_pages(memory);
	err = pgb_add(barrier, memory->start, size);
	if (!err)
		err = timed_harvest(barrier, &series->ns[ARM][round]);
	if (!err)
		err = timed_harvest(barrier, &series->ns[CLEAN_HARVEST][round]);
	start = now();
	write_pages(memory);
	series->ns[FIRST_WRITE][round] = now() - start;
	if (!err)
		err = timed_harvest(barrier, &series->ns[DIRTY_HARVEST][round]);
	pgb_close(barrier);
	return err;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values)
{
	qsort(values, PGB_MEASURE_ROUNDS, sizeof(*values), compare);
	return values[PGB_MEASURE_ROUNDS / 2];
}

static int prepare(struct memory *memory)
{
	void *start = mmap(NULL, PGB_MEASURE_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*memory = (struct memory){0};
	if (start == MAP_FAILED)
		return -errno;
	/* A huge page is written once, and its other pages for nothing. */
	madvise(start, PGB_MEASURE_BYTES, MADV_NOHUGEPAGE);
	memory->start = start;
	memory->page_size = (size_t)sysconf(_SC_PAGESIZE);
	memory->pages = PGB_MEASURE_BYTES / memory->page_size;
	memory->order = calloc(memory->pages, sizeof(*memory->order));
	if (!memory->order) {
		munmap(start, PGB_MEASURE_BYTES);
		return -ENOMEM;
	}
	shuffle(memory->order, memory->pages);
	return 0;
}

int pgb_measure(const char *const *backends, size_t count, struct pgb_timing *timings)
{
	struct series *series;
	struct memory memory;
	int err = prepare(&memory);

	if (err)
		return err;
	series = calloc(count, sizeof(*series));
	if (!series)
		err = -ENOMEM;
	for (size_t round = 0; !err && round < PGB_MEASURE_ROUNDS; round++)
		for (size_t i = 0; !err && i < count; i++)
			err = measure_round(&memory, backends[i], round, &series[i]);
	for (size_t i = 0; !err && i < count; i++) {
		double pages = (double)memory.pages;

		timings[i] = (struct pgb_timing){
			.arm = median(series[i].ns[ARM]),
			.first_write = median(series[i].ns[FIRST_WRITE]) / pages,
			.dirty_harvest = median(series[i].ns[DIRTY_HARVEST]) / pages,
			.clean_harvest = median(series[i].ns[CLEAN_HARVEST]) / pages,
		};
	}
	free(series);
	free(memory.order);
	munmap(memory.start, PGB_MEASURE_BYTES);
	return err;
}

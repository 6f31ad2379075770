/* SPDX-License-Identifier: MIT */
/*
 * costs.c - what a page costs: a table in Markdown, of ways to notice its first write.
 *
 * Meant for a guest that counts its instructions (tests/kmod/costs.sh), where a nanosecond
 * of its clock is one of them.  What else a kernel does now and then only adds, so that the
 * lowest of some rounds is what a page costs, and every run has the same figures.  Anywhere
 * else the unit is nanoseconds, and the machine's noise is in them.
 */
#include <math.h>
#include <pgbarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ring.h"

#define PAGES  2048
#define CHUNK  256 /* pages that are written between two ticks of the kernel's */
#define ROUNDS 9

/* A way to notice writes, while its subject lives. */
struct subject {
	unsigned char *base;
	struct pgb_barrier *barrier;
	struct region region;
	struct ring ring;
	size_t found;
};

struct way {
	const char *name;
	void (*open)(struct subject *subject, const struct way *way);
	void (*harvest)(struct subject *subject);
	void (*close)(struct subject *subject);
	unsigned kind;	     /* of region */
	const char *backend; /* of the library */
};

static const size_t page_size = 4096;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void open_memory(struct subject *subject, const struct way *way)
{
	(void)way;
	subject->base = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(subject->base != MAP_FAILED);
	/* A huge page would be written, and harvested, as one. */
	madvise(subject->base, PAGES * page_size, MADV_NOHUGEPAGE);
	memset(subject->base, 1, PAGES * page_size);
}

static void harvest_nothing(struct subject *subject)
{
	(void)subject;
}

static void close_memory(struct subject *subject)
{
	check_int(munmap(subject->base, PAGES * page_size), 0);
}

static void open_backend(struct subject *subject, const struct way *way)
{
	open_memory(subject, way);
	check_int(pgb_open(&subject->barrier, way->backend), 0);
	check_int(pgb_add(subject->barrier, subject->base, PAGES * page_size), 0);
}

static void count_run(void *arg, uintptr_t start, uintptr_t end)
{
	struct subject *subject = arg;

	subject->found += (end - start) / page_size;
}

static void harvest_backend(struct subject *subject)
{
	subject->found = 0;
	check_int(pgb_harvest(subject->barrier, count_run, subject), 0);
}

static void close_backend(struct subject *subject)
{
	pgb_close(subject->barrier);
	close_memory(subject);
}

static void open_region(struct subject *subject, const struct way *way)
{
	region_open(&subject->region, way->kind, PAGES);
	subject->base = subject->region.base;
	memset(subject->base, 1, PAGES * page_size);
}

static void harvest_region(struct subject *subject)
{
	struct pgbarrier_harvest harvest = {.len = PAGES * page_size};

	check_int(region_call(subject->region.fd, PGBARRIER_IOC_HARVEST, &harvest), 0);
	subject->found = harvest.nr_dirty;
}

static void close_region(struct subject *subject)
{
	region_close(&subject->region);
}

static void open_ring(struct subject *subject, const struct way *way)
{
	(void)way;
	ring_open(&subject->ring, PGBARRIER_MODE_WP, PAGES, REGION_LOG_ENTRIES, 0, -1);
	subject->base = subject->ring.region.base;
	memset(subject->base, 1, PAGES * page_size);
}

static void harvest_ring(struct subject *subject)
{
	subject->found = ring_reset(&subject->ring, 0);
}

static void close_ring(struct subject *subject)
{
	ring_close(&subject->ring);
}

#define MEMORY	open_memory, harvest_nothing, close_memory
#define REGION	open_region, harvest_region, close_region
#define RING	open_ring, harvest_ring, close_ring
#define BACKEND open_backend, harvest_backend, close_backend

static const struct way ways[] = {
	{"no barrier", MEMORY, 0, NULL},
	{"module, dirty bits", REGION, REGION_DIRTY, NULL},
	{"module, write faults", REGION, REGION_WP, NULL},
	{"module, write faults and log", RING, 0, NULL},
	{"module, acknowledged by a thread", REGION, REGION_ACKED, NULL},
	{"userfaultfd, asynchronous", BACKEND, 0, "uffd-async"},
	{"soft-dirty bits", BACKEND, 0, "soft-dirty"},
	{"mprotect, SIGSEGV", BACKEND, 0, "mprotect"},
	{"userfaultfd, SIGBUS", BACKEND, 0, "uffd-sigbus"},
	{"userfaultfd, a thread", BACKEND, 0, "uffd-sync"},
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

enum figure { FIRST_WRITE, HARVEST_ALL, HARVEST_SOME, HARVEST_NONE, FIGURES };

static void write_pages(const struct subject *subject, size_t first, size_t end,
			size_t step)
{
	for (size_t i = first; i < end; i += step)
		*(volatile unsigned char *)(subject->base + i * page_size) = 2;
}

static double lower(double one, double other)
{
	return one < other ? one : other;
}

static double timed_writes(const struct subject *subject)
{
	double lowest = INFINITY;

	for (size_t i = 0; i < PAGES; i += CHUNK) {
		uint64_t start = now();

		write_pages(subject, i, i + CHUNK, 1);
		lowest = lower(lowest, (double)(now() - start) / CHUNK);
	}
	return lowest;
}

static double timed_harvest(const struct way *way, struct subject *subject)
{
	uint64_t start = now();

	way->harvest(subject);
	return (double)(now() - start) / PAGES;
}

static void measure_round(const struct way *way, struct subject *subject, double *figures)
{
	figures[FIRST_WRITE] = timed_writes(subject);
	figures[HARVEST_ALL] = timed_harvest(way, subject);
	/* None is missed, or the cost is that of something else. */
	check(way->harvest == harvest_nothing || subject->found == PAGES);
	write_pages(subject, 0, PAGES, 100);
	figures[HARVEST_SOME] = timed_harvest(way, subject);
	figures[HARVEST_NONE] = timed_harvest(way, subject);
	check_int(subject->found, 0);
}

/* The first round, in which memory is armed, does not count. */
static void measure(const struct way *way, double *lowest)
{
	struct subject subject;
	double round[FIGURES];

	memset(&subject, 0, sizeof(subject));
	way->open(&subject, way);
	way->harvest(&subject);
	measure_round(way, &subject, round);
	measure_round(way, &subject, lowest);
	for (size_t i = 1; i < ROUNDS; i++) {
		measure_round(way, &subject, round);
		for (size_t j = 0; j < FIGURES; j++)
			lowest[j] = lower(lowest[j], round[j]);
	}
	way->close(&subject);
}

/* Why it does not run here; "" if it does. */
static const char *missing(const struct way *way)
{
	static struct pgb_backend_info info;

	if (!way->backend)
		return "";
	for (size_t i = 0; !pgb_backend_probe(i, &info, sizeof(info)); i++)
		if (!strcmp(info.name, way->backend))
			return info.status ? info.reason : "";
	return "not built in";
}

int main(void)
{
	double lowest[FIGURES];

	printf("| | first write | harvest, all dirty | 1 %% dirty | none dirty |\n");
	printf("|---|---|---|---|---|\n");
	for (size_t i = 0; i < WAYS; i++) {
		const char *reason = missing(&ways[i]);

		if (*reason) {
			printf("| %s | %s | | | |\n", ways[i].name, reason);
			continue;
		}
		measure(&ways[i], lowest);
		printf("| %s | %.1f | %.1f | %.1f | %.1f |\n", ways[i].name,
		       lowest[FIRST_WRITE], lowest[HARVEST_ALL], lowest[HARVEST_SOME],
		       lowest[HARVEST_NONE]);
		fflush(stdout);
	}
	return EXIT_SUCCESS;
}

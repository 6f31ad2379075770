/* SPDX-License-Identifier: MIT */
/*
 * stress.c - writers on random pages, and a harvester that copies what is dirty.
 *
 * The copy is right whenever the writers rest: then each write is in some harvest that was
 * before the page was copied.  PGB_TEST_SECONDS is how long each case goes on, and
 * PGB_TEST_SEED the number that a run printed.
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic_ops.h>

#include "ring.h"

#define WRITERS 3
/* Writes between two looks at whether to rest. */
#define BURST 16
/* Harvests between two rests. */
#define HARVESTS 10

struct stress;

struct writer {
	struct stress *stress;
	pthread_t thread;
	uint64_t state;
	size_t number;
};

struct stress {
	struct region *region;
	const struct ring *ring; /* NULL: harvests report */
	unsigned char *shadow;
	struct writer writers[WRITERS];
	AO_t rest, resting, end;
	bool zaps;
	pthread_t zapper;
	uint64_t dropped; /* by the ring, as far as that was made good */
	size_t rests, copied;
};

/* Each writer has a word of its own in every page, and reads one now and then. */
static void write_somewhere(struct writer *writer)
{
	const struct region *region = writer->stress->region;
	uint64_t value = random_next(&writer->state);
	unsigned char *page = region_page(region, value % region->pages);
	volatile uint64_t *words = (volatile uint64_t *)page;

	if (value >> 61)
		words[writer->number * 64 + (value >> 50) % 64] = value;
	else
		(void)words[writer->number];
}

static void *write_until_end(void *arg)
{
	struct writer *writer = arg;
	struct stress *stress = writer->stress;

	while (!AO_load_acquire(&stress->end)) {
		if (AO_load_acquire(&stress->rest)) {
			AO_fetch_and_add1_full(&stress->resting);
			while (AO_load_acquire(&stress->rest))
				sched_yield();
			AO_fetch_and_sub1_full(&stress->resting);
		}
		for (int i = 0; i < BURST; i++)
			write_somewhere(writer);
	}
	return NULL;
}

/* Takes page table entries away, and what they know of writes. */
static void *zap_until_end(void *arg)
{
	const struct stress *stress = arg;
	const struct region *region = stress->region;

	while (!AO_load_acquire(&stress->end)) {
		check_int(
			madvise(region->base, region->pages * region->page, MADV_DONTNEED),
			0);
		usleep(200);
	}
	return NULL;
}

static void copy_page(struct stress *stress, size_t page)
{
	memcpy(stress->shadow + page * stress->region->page,
	       region_page(stress->region, page), stress->region->page);
	stress->copied++;
}

static void copy_harvest(struct stress *stress)
{
	region_harvest(stress->region);
	for (size_t i = 0; i < stress->region->pages; i++)
		if (region_found(stress->region, i))
			copy_page(stress, i);
}

/*
 * The entries are read, then reset, and then the pages are copied.  Pages that found the
 * ring full are in the account.
 */
static void copy_log(struct stress *stress)
{
	static size_t pages[REGION_LOG_ENTRIES];
	const struct pgbarrier_log_header *header = stress->ring->header;
	uint64_t count = ring_count(stress->ring);

	for (uint64_t i = 0; i < count; i++)
		pages[i] = ring_page(stress->ring, header->tail + i);
	if (count)
		check_int(ring_reset(stress->ring, count), count);
	for (uint64_t i = 0; i < count; i++)
		copy_page(stress, pages[i]);
	if (header->dropped == stress->dropped)
		return;
	stress->dropped = header->dropped;
	copy_harvest(stress);
}

static void copy(struct stress *stress)
{
	if (stress->ring)
		copy_log(stress);
	else
		copy_harvest(stress);
}

static void compare(struct stress *stress)
{
	size_t page = stress->region->page, lost = 0;

	for (size_t i = 0; i < stress->region->pages; i++)
		lost += !!memcmp(stress->shadow + i * page, region_page(stress->region, i),
				 page);
	if (lost)
		note("%zu pages were lost in rest %zu", lost, stress->rests);
	check(!lost);
}

static void rest(struct stress *stress)
{
	AO_store_release(&stress->rest, 1);
	while (AO_load_acquire(&stress->resting) != WRITERS)
		sched_yield();
	copy(stress);
	compare(stress);
	stress->rests++;
	AO_store_release(&stress->rest, 0);
	while (AO_load_acquire(&stress->resting))
		sched_yield();
}

static uint64_t seed(void)
{
	const char *given = getenv("PGB_TEST_SEED");
	uint64_t number = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	note("PGB_TEST_SEED=%llu", (unsigned long long)number);
	return number;
}

static time_t seconds(void)
{
	const char *given = getenv("PGB_TEST_SECONDS");

	return given ? strtol(given, NULL, 10) : 1;
}

static void start(struct stress *stress)
{
	uint64_t state = seed();

	for (size_t i = 0; i < WRITERS; i++) {
		struct writer *writer = &stress->writers[i];

		*writer = (struct writer){
			.stress = stress, .state = random_next(&state), .number = i};
		check_int(pthread_create(&writer->thread, NULL, write_until_end, writer),
			  0);
	}
	if (stress->zaps)
		check_int(pthread_create(&stress->zapper, NULL, zap_until_end, stress), 0);
}

static void end(struct stress *stress)
{
	AO_store_release(&stress->end, 1);
	for (size_t i = 0; i < WRITERS; i++)
		check_int(pthread_join(stress->writers[i].thread, NULL), 0);
	if (stress->zaps)
		check_int(pthread_join(stress->zapper, NULL), 0);
}

static void run(struct region *region, const struct ring *ring, bool zaps)
{
	struct stress stress = {.region = region, .ring = ring, .zaps = zaps};
	time_t last = time(NULL) + seconds();

	stress.shadow = calloc(region->pages, region->page);
	check(stress.shadow != NULL);
	start(&stress);
	while (time(NULL) <= last) {
		for (int i = 0; i < HARVESTS; i++)
			copy(&stress);
		rest(&stress);
	}
	end(&stress);
	note("%zu rests, %zu pages copied", stress.rests, stress.copied);
	free(stress.shadow);
}

static void with_pages(unsigned kind, size_t pages, bool zaps)
{
	struct region region;

	region_open(&region, kind, pages);
	run(&region, NULL, zaps);
	region_close(&region);
}

/* All of them contended, or enough to be spread over page tables. */
static void few(unsigned kind)
{
	with_pages(kind, 16, false);
}

static void many(unsigned kind)
{
	with_pages(kind, 1500, false);
}

static void few_in_child(void *arg)
{
	few(*(const unsigned *)arg);
}

/* The module waits in the windows of its races, for so many microseconds. */
static void delayed(unsigned kind)
{
	close(region_device());
	if (module_parameter("test_delay_us") < 0)
		skip_because("the module was not built with PGBARRIER_TEST_FAULTS");
	with_module_parameter("test_delay_us", 300, few_in_child, &kind);
}

static void zap_in_child(void *arg)
{
	with_pages(*(const unsigned *)arg, 64, true);
}

/* With delays, TLBs are flushed long after entries are gone: threads still write by them.
 */
static void zapped(unsigned kind)
{
	close(region_device());
	with_delays(zap_in_child, &kind);
}

static void by_log(unsigned mode)
{
	/* Room for all pages, and so little that there are always some in the account. */
	static const unsigned entries[] = {REGION_LOG_ENTRIES, 8};

	for (size_t i = 0; i < 2; i++) {
		struct ring ring;

		ring_open(&ring, mode, 64, entries[i], 0, -1);
		run(&ring.region, &ring, false);
		ring_close(&ring);
	}
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("few pages", few),
	IN_EACH_KIND("many pages", many),
	IN_EACH_KIND("with delays", delayed),
	IN_EACH_KIND("zapped meanwhile", zapped),
	{"wp: by the log", by_log, PGBARRIER_MODE_WP},
	{"sync: by the log", by_log, PGBARRIER_MODE_SYNC},
};

REGION_MAIN("stress", cases)

/* SPDX-License-Identifier: MIT */
/*
 * soak.c - everything at once, for a long time, on one backend after the other.
 *
 * Each worker owns a slice of the watched memory, where it adds, removes, pins, discards
 * and maps anew, and all of them write to every slice.  The main thread harvests, forks,
 * and looks after each epoch, when all stand still, whether its mirror is right.
 *
 * PGB_SOAK_SECONDS is for all backends together.  PGB_SOAK_SEED repeats what each thread
 * does, though not when it does it.
 */
#include <atomic_ops.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mirror.h"

#define SECONDS "20"
#define WORKERS 3
#define SLICE	64 /* pages */
#define PAGES	(WORKERS * SLICE)
#define STEPS	400 /* of each worker in an epoch */
#define EPOCHS	40  /* of one barrier */
#define EACH	8   /* has a child, beginning with the first */

struct soak;

struct worker {
	struct soak *soak;
	pthread_t thread;
	size_t index;
	uint64_t random;
	size_t pin_first, pin_pages; /* 0: there is no pin */
	int pipe[2];
};

struct soak {
	struct watch watch;
	struct mirror mirror;
	struct worker worker[WORKERS];
	unsigned char watched[PAGES]; /* each by the owner of its slice */
	pthread_barrier_t line;
	AO_t busy; /* workers in this epoch */
	bool over;
	uint64_t random; /* of the main thread */
};

struct pages {
	size_t first, count;
};

static size_t pick(uint64_t *random, size_t limit)
{
	return random_next(random) % limit;
}

static struct pages pick_pages(struct worker *worker)
{
	size_t first = pick(&worker->random, SLICE);
	size_t count = 1 + pick(&worker->random, pick(&worker->random, 4) ? 6 : SLICE);

	if (count > SLICE - first)
		count = SLICE - first;
	return (struct pages){worker->index * SLICE + first, count};
}

static bool any_watched(const struct soak *soak, struct pages pages)
{
	return memchr(soak->watched + pages.first, 1, pages.count) != NULL;
}

/* Each worker has a word of its own in every page. */
static void write_one(struct worker *worker)
{
	unsigned char *page =
		watch_page(&worker->soak->watch, pick(&worker->random, PAGES));

	AO_fetch_and_add1((AO_t *)page + worker->index);
}

static void write_by_kernel(struct worker *worker)
{
	const struct watch *watch = &worker->soak->watch;
	AO_t *place = (AO_t *)watch_page(watch, pick(&worker->random, PAGES)) + WORKERS +
		      worker->index;
	AO_t value = random_next(&worker->random);

	if (!(watch->capabilities & PGB_CAP_KERNEL_WRITES))
		return;
	check_int(write(worker->pipe[1], &value, sizeof(value)), sizeof(value));
	check_int(read(worker->pipe[0], place, sizeof(value)), sizeof(value));
}

static void add(struct worker *worker)
{
	struct pages pages = pick_pages(worker);

	watch_add(&worker->soak->watch, pages.first, pages.count);
	memset(worker->soak->watched + pages.first, 1, pages.count);
}

static void remove_pages(struct soak *soak, struct pages pages)
{
	if (!any_watched(soak, pages))
		return;
	watch_remove(&soak->watch, pages.first, pages.count);
	memset(soak->watched + pages.first, 0, pages.count);
}

static void remove_some(struct worker *worker)
{
	remove_pages(worker->soak, pick_pages(worker));
}

static void pin_or_unpin(struct worker *worker)
{
	struct pages pages = pick_pages(worker);

	if (worker->pin_pages) {
		watch_unpin(&worker->soak->watch, worker->pin_first, worker->pin_pages);
		worker->pin_pages = 0;
		return;
	}
	worker->pin_first = pages.first;
	worker->pin_pages = pages.count;
	watch_pin(&worker->soak->watch, pages.first, pages.count);
}

static void discard(struct worker *worker)
{
	const struct watch *watch = &worker->soak->watch;
	struct pages pages = pick_pages(worker);

	check_int(madvise(watch_page(watch, pages.first), pages.count * watch->page,
			  MADV_DONTNEED),
		  0);
	/* Not every backend notices; a write is for all. */
	for (size_t i = 0; i < pages.count; i++)
		AO_fetch_and_add1((AO_t *)watch_page(watch, pages.first + i) +
				  worker->index);
}

static void map_anew(struct worker *worker)
{
	const struct watch *watch = &worker->soak->watch;
	struct pages pages = pick_pages(worker);

	if (!(watch->capabilities & PGB_CAP_REMAP_SAFE))
		remove_pages(worker->soak, pages);
	watch_map_anew(watch, pages.first, pages.count);
}

static void work(struct worker *worker)
{
	static const struct {
		void (*run)(struct worker *worker);
		size_t weight;
	} steps[] = {
		{write_one, 300},  {write_by_kernel, 20}, {add, 12},	 {remove_some, 6},
		{pin_or_unpin, 8}, {discard, 4},	  {map_anew, 2},
	};
	size_t at, i, total = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		total += steps[i].weight;
	for (size_t step = 0; step < STEPS; step++) {
		at = pick(&worker->random, total);
		for (i = 0; at >= steps[i].weight; i++)
			at -= steps[i].weight;
		steps[i].run(worker);
	}
}

static void *be_worker(void *arg)
{
	struct worker *worker = arg;
	struct soak *soak = worker->soak;

	for (;;) {
		pthread_barrier_wait(&soak->line);
		if (soak->over)
			return NULL;
		work(worker);
		AO_fetch_and_sub1_full(&soak->busy);
		pthread_barrier_wait(&soak->line);
	}
}

/* Nothing but memory that was mapped anew makes a harvest fail. */
static void harvest(struct soak *soak)
{
	struct watch *watch = &soak->watch;
	size_t first = pick(&soak->random, PAGES), pages = 1 + pick(&soak->random, PAGES);
	int err;

	if (pick(&soak->random, 3))
		err = watch_try_harvest(watch);
	else
		err = watch_try_harvest_range(
			watch, first, pages > PAGES - first ? PAGES - first : pages);
	check(!err || watch->capabilities & PGB_CAP_REMAP_SAFE);
	mirror_take(&soak->mirror);
}

/* Whatever its parent's threads were at, a child has all of it, and it works. */
static void live_as_child(void *arg)
{
	struct soak *soak = arg;
	struct watch *watch = &soak->watch;
	unsigned char *found = calloc(PAGES, 1);

	check(found != NULL);
	watch_harvest(watch);
	memcpy(found, watch->reported, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		if (found[i])
			watch_write(watch, i);
	watch_harvest(watch);
	for (size_t i = 0; i < PAGES; i++)
		check(watch->reported[i] || !found[i]);
	free(found);
	watch_close_barrier(watch);
}

static bool pinned(const struct soak *soak, size_t page)
{
	const struct worker *worker = &soak->worker[page / SLICE];

	return page >= worker->pin_first && page - worker->pin_first < worker->pin_pages;
}

/* All stand still. */
static void look(struct soak *soak)
{
	struct watch *watch = &soak->watch;

	/* What failed is set up again by one harvest, and armed by the next. */
	for (int round = 0; round < 2; round++) {
		watch_try_harvest(watch);
		mirror_take(&soak->mirror);
	}
	for (size_t i = 0; i < PAGES; i++)
		if (soak->watched[i])
			mirror_check(&soak->mirror, i, 1);
	watch_harvest(watch);
	for (size_t i = 0; i < PAGES; i++) {
		if (!soak->watched[i])
			check(!watch->reported[i]);
		else if (pinned(soak, i))
			watch_must_report(watch, i, 1);
		else
			watch_must_not_report(watch, i, 1);
	}
}

static void epoch(struct soak *soak, bool with_child)
{
	pid_t child = 0;

	soak->busy = WORKERS;
	pthread_barrier_wait(&soak->line);
	if (with_child)
		child = child_start(live_as_child, soak);
	do
		harvest(soak);
	while (AO_load_full(&soak->busy));
	pthread_barrier_wait(&soak->line);
	if (child)
		check_int(child_wait(child), 0);
	look(soak);
}

static void start_workers(struct soak *soak)
{
	check_int(pthread_barrier_init(&soak->line, NULL, WORKERS + 1), 0);
	for (size_t i = 0; i < WORKERS; i++) {
		struct worker *worker = &soak->worker[i];

		worker->soak = soak;
		worker->index = i;
		worker->random = random_next(&soak->random);
		check_int(pipe(worker->pipe), 0);
		check_int(pthread_create(&worker->thread, NULL, be_worker, worker), 0);
	}
}

static void stop_workers(struct soak *soak)
{
	soak->over = true;
	pthread_barrier_wait(&soak->line);
	for (size_t i = 0; i < WORKERS; i++) {
		pthread_join(soak->worker[i].thread, NULL);
		close(soak->worker[i].pipe[0]);
		close(soak->worker[i].pipe[1]);
	}
	pthread_barrier_destroy(&soak->line);
}

/* From opening a barrier to closing it. */
static size_t live(const struct pgb_backend_info *backend, uint64_t seed, time_t deadline)
{
	struct soak soak = {.random = seed};
	size_t epochs = 0;

	watch_open(&soak.watch, backend, PAGES);
	mirror_make(&soak.mirror, &soak.watch);
	start_workers(&soak);
	do
		epoch(&soak, epochs % EACH == 0);
	while (++epochs < EPOCHS && time(NULL) < deadline);
	stop_workers(&soak);
	mirror_destroy(&soak.mirror);
	watch_close(&soak.watch);
	return epochs;
}

static uint64_t first_seed(void)
{
	const char *text = getenv("PGB_SOAK_SEED");

	return text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
}

static size_t seconds_for_each(void)
{
	const char *text = getenv("PGB_SOAK_SECONDS");
	char *end;
	size_t seconds = scaled(strtoul(text ? text : SECONDS, &end, 10));

	check(!*end);
	return (seconds + backends_to_run() - 1) / backends_to_run();
}

static void soak(const struct pgb_backend_info *backend)
{
	time_t deadline = time(NULL) + (time_t)seconds_for_each();
	uint64_t seed = first_seed();
	size_t epochs = 0;

	do {
		note("%s: seed %llu", backend->name, (unsigned long long)seed);
		epochs += live(backend, seed++, deadline);
	} while (time(NULL) < deadline);
	note("%s: %zu epochs", backend->name, epochs);
}

static const struct conformance_case cases[] = {
	{"everything at once", soak, PGB_CAP_CONCURRENT},
};

CONFORMANCE_MAIN("soak", cases)

/* SPDX-License-Identifier: MIT */
/*
 * writers.c - nothing is lost while four threads write and one harvests.
 *
 * The harvester keeps a shadow of the memory, into which it copies only what harvests
 * report.  Whatever a harvest loses stays wrong in the shadow.
 */
#include <atomic_ops.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "watch.h"

#define WRITERS	 4
#define WRITES	 10000000
#define PAGES	 1024
#define HARVESTS 100
/* Where harvests follow each other at once, nearly every write is a first one. */
#define HASTY_PAGES    8
#define HASTY_HARVESTS 30000
#define AHEAD	       400 /* writes, at least, while one harvest is made and checked */
#define SLOT_WORDS     8   /* slots of different writers share no cache line */

struct crowd;

struct writer {
	struct crowd *crowd;
	pthread_t thread;
	size_t index;
	uint64_t seed;
	AO_t done; /* writes that have been made */
};

struct crowd {
	struct watch watch;
	struct writer writer[WRITERS];
	size_t pages; /* that are written to */
	AO_t allowed; /* how many writes each writer may have made by now */
	AO_t over;    /* set when the writers are to stop */
	/* What the harvester knows; a slot for each page and writer. */
	AO_t *shadow;
};

static AO_t *slot_of(const struct crowd *crowd, size_t page, size_t writer)
{
	return (AO_t *)watch_page(&crowd->watch, page) + writer * SLOT_WORDS;
}

static AO_t *shadow_of(const struct crowd *crowd, size_t page, size_t writer)
{
	return &crowd->shadow[page * WRITERS + writer];
}

/*
 * A writer's n-th write stores n in its own slot of a page that follows from n, so that
 * the harvester can work out what must be where.
 */
static void *write_slots(void *arg)
{
	struct writer *writer = arg;
	uint64_t random = writer->seed;

	for (AO_t n = 1; !AO_load_acquire(&writer->crowd->over); n++) {
		size_t page = random_next(&random) % writer->crowd->pages;

		while (n > AO_load_acquire(&writer->crowd->allowed))
			sched_yield();
		AO_store(slot_of(writer->crowd, page, writer->index), n);
		AO_store_release(&writer->done, n);
	}
	return NULL;
}

static void crowd_open(struct crowd *crowd, const struct pgb_backend_info *backend,
		       size_t pages)
{
	memset(crowd, 0, sizeof(*crowd));
	crowd->pages = pages;
	watch_open(&crowd->watch, backend, PAGES);
	watch_add(&crowd->watch, 0, PAGES);
	crowd->shadow = calloc((size_t)PAGES * WRITERS, sizeof(AO_t));
	check(crowd->shadow != NULL);
	for (size_t i = 0; i < WRITERS; i++) {
		crowd->writer[i].crowd = crowd;
		crowd->writer[i].index = i;
		crowd->writer[i].seed = i;
	}
}

static void crowd_start(struct crowd *crowd)
{
	for (size_t i = 0; i < WRITERS; i++)
		check_int(pthread_create(&crowd->writer[i].thread, NULL, write_slots,
					 &crowd->writer[i]),
			  0);
}

static void crowd_join(struct crowd *crowd)
{
	AO_store_full(&crowd->over, 1);
	AO_store_full(&crowd->allowed, SIZE_MAX);
	for (size_t i = 0; i < WRITERS; i++)
		check_int(pthread_join(crowd->writer[i].thread, NULL), 0);
}

static void crowd_close(struct crowd *crowd)
{
	free(crowd->shadow);
	watch_close(&crowd->watch);
}

static size_t crowd_done(struct crowd *crowd)
{
	size_t done = 0;

	for (size_t i = 0; i < WRITERS; i++)
		done += AO_load_acquire(&crowd->writer[i].done);
	return done;
}

/* Let the crowd make `more` writes; it must not run away from whoever checks them. */
static void allow(struct crowd *crowd, size_t more)
{
	size_t most = 0;

	for (size_t i = 0; i < WRITERS; i++)
		if (AO_load_acquire(&crowd->writer[i].done) > most)
			most = AO_load_acquire(&crowd->writer[i].done);
	AO_store_release(&crowd->allowed, most + more / WRITERS + 1);
}

static void harvest_into_shadow(struct crowd *crowd)
{
	watch_harvest(&crowd->watch);
	for (size_t page = 0; page < PAGES; page++)
		for (size_t i = 0; crowd->watch.reported[page] && i < WRITERS; i++)
			*shadow_of(crowd, page, i) = AO_load(slot_of(crowd, page, i));
}

/* What the harvester expects of one writer: its writes up to `done` are in the shadow. */
struct replay {
	uint64_t random;
	size_t done;
};

static void replay(struct crowd *crowd, size_t writer, struct replay *replay, size_t done)
{
	while (replay->done < done) {
		size_t page = random_next(&replay->random) % crowd->pages;

		replay->done++;
		if (*shadow_of(crowd, page, writer) >= replay->done)
			continue;
		note("write %zu of writer %zu to page %zu: %zu is in the shadow, %zu in "
		     "memory",
		     replay->done, writer, page, *shadow_of(crowd, page, writer),
		     AO_load(slot_of(crowd, page, writer)));
		check(*shadow_of(crowd, page, writer) >= replay->done);
	}
}

/* What was written before a harvest began is in the shadow when it ends. */
static void run_crowd(const struct pgb_backend_info *backend, size_t pages, size_t writes,
		      size_t harvests)
{
	struct replay replays[WRITERS];
	size_t before[WRITERS];
	uint64_t random = 1;
	struct crowd crowd;

	crowd_open(&crowd, backend, pages);
	for (size_t i = 0; i < WRITERS; i++)
		replays[i] = (struct replay){.random = crowd.writer[i].seed};
	crowd_start(&crowd);
	for (size_t n = 0; n < harvests || crowd_done(&crowd) < writes; n++) {
		/* Sometimes there are many writes between two harvests, sometimes few. */
		size_t more = 2 * writes / harvests, next;

		allow(&crowd, more + AHEAD);
		next = crowd_done(&crowd) + more / 3 * (random_next(&random) % 4);
		while (crowd_done(&crowd) < next)
			sched_yield();
		for (size_t i = 0; i < WRITERS; i++)
			before[i] = AO_load_acquire(&crowd.writer[i].done);
		harvest_into_shadow(&crowd);
		for (size_t i = 0; i < WRITERS; i++)
			replay(&crowd, i, &replays[i], before[i]);
	}
	crowd_join(&crowd);
	harvest_into_shadow(&crowd);
	for (size_t page = 0; page < PAGES; page++)
		for (size_t i = 0; i < WRITERS; i++)
			check_int(*shadow_of(&crowd, page, i), *slot_of(&crowd, page, i));
	crowd_close(&crowd);
}

static void nothing_lost_while_running(const struct pgb_backend_info *backend)
{
	run_crowd(backend, PAGES, scaled(WRITES), scaled(HARVESTS) + 5);
}

static void nothing_lost_in_haste(const struct pgb_backend_info *backend)
{
	run_crowd(backend, HASTY_PAGES, 0, scaled(HASTY_HARVESTS) + 50);
}

/*
 * Stopping the world as collectors do it: a signal makes each thread wait, wherever it
 * is, inside the library or in a handler of the library's too.
 */
#define STOP_SIGNAL SIGPWR

static AO_t world_stopped;
static AO_t threads_parked;

static void park(int signal)
{
	const struct timespec moment = {.tv_nsec = 50000};
	int saved_errno = errno;

	(void)signal;
	AO_fetch_and_add1_full(&threads_parked);
	while (AO_load_acquire(&world_stopped))
		nanosleep(&moment, NULL);
	AO_fetch_and_sub1_full(&threads_parked);
	errno = saved_errno;
}

static void await_parked(size_t count)
{
	while (AO_load_acquire(&threads_parked) != count)
		sched_yield();
}

static void stop_world(const pthread_t *threads, size_t count)
{
	AO_store_full(&world_stopped, 1);
	for (size_t i = 0; i < count; i++)
		check_int(pthread_kill(threads[i], STOP_SIGNAL), 0);
	await_parked(count);
}

static void start_world(void)
{
	AO_store_full(&world_stopped, 0);
	await_parked(0);
}

/* The first half of the area is written to, the second half comes and goes. */
#define WRITTEN_PAGES (PAGES / 2)

/* Keeps the library's own locks busy, so that the world stops with some of them held. */
static void *change_ranges(void *arg)
{
	struct crowd *crowd = arg;
	const struct watch *watch = &crowd->watch;
	uint64_t random = 7;

	while (!AO_load_acquire(&crowd->over)) {
		size_t first = WRITTEN_PAGES + random_next(&random) % WRITTEN_PAGES;
		size_t pages = 1 + random_next(&random) % (PAGES - first);
		void *start = watch_page(watch, first);

		switch (random_next(&random) % 4) {
		case 0:
			pgb_add(watch->barrier, start, pages * watch->page);
			break;
		case 1:
			pgb_remove(watch->barrier, start, pages * watch->page);
			break;
		case 2:
			pgb_pin(watch->barrier, start, pages * watch->page);
			pgb_unpin(watch->barrier, start, pages * watch->page);
			break;
		default:
			watch_write(watch, first);
		}
	}
	return NULL;
}

static void copy_reported(const struct watch *watch, unsigned char *copy)
{
	for (size_t page = 0; page < WRITTEN_PAGES; page++)
		if (watch->reported[page])
			memcpy(copy + page * watch->page, watch_page(watch, page),
			       watch->page);
}

static void nothing_lost_with_the_world_stopped(const struct pgb_backend_info *backend)
{
	struct sigaction action = {.sa_handler = park, .sa_flags = SA_RESTART}, previous;
	size_t size, next, stops = 0, writes = scaled(WRITES);
	uint64_t random = 3;
	pthread_t threads[WRITERS + 1];
	unsigned char *copy;
	struct crowd crowd;

	crowd_open(&crowd, backend, WRITTEN_PAGES);
	size = WRITTEN_PAGES * crowd.watch.page;
	crowd.allowed = SIZE_MAX;
	copy = calloc(1, size);
	check(copy != NULL);
	check_int(sigaction(STOP_SIGNAL, &action, &previous), 0);
	crowd_start(&crowd);
	for (size_t i = 0; i < WRITERS; i++)
		threads[i] = crowd.writer[i].thread;
	check_int(pthread_create(&threads[WRITERS], NULL, change_ranges, &crowd), 0);
	while (crowd_done(&crowd) < writes || stops < scaled(HARVESTS)) {
		stop_world(threads, WRITERS + 1);
		/* Fails if a range was about to change; the report is complete all the
		 * same. */
		watch_try_harvest(&crowd.watch);
		copy_reported(&crowd.watch, copy);
		check_int(memcmp(copy, crowd.watch.base, size), 0);
		start_world();
		stops++;
		/* Left to chance, a slow machine hardly writes between two stops. */
		next = crowd_done(&crowd) +
		       writes / scaled(HARVESTS) / 2 * (random_next(&random) % 3);
		while (crowd_done(&crowd) < next)
			sched_yield();
	}
	crowd_join(&crowd);
	check_int(pthread_join(threads[WRITERS], NULL), 0);
	check_int(sigaction(STOP_SIGNAL, &previous, NULL), 0);
	free(copy);
	crowd_close(&crowd);
}

/*
 * Ranges change beside a harvest that runs.  The thread that changes them uses the memory
 * like a program: it may write to whatever is its own, watched or not any more.
 */
struct churn {
	struct watch *watch;
	size_t rounds;
	size_t failures;
	AO_t over;
};

static void *come_and_go(void *arg)
{
	struct churn *churn = arg;
	struct watch *watch = churn->watch;
	uint64_t random = 11;

	for (size_t i = 0; i < churn->rounds; i++) {
		size_t first = WRITTEN_PAGES + random_next(&random) % (WRITTEN_PAGES / 2);
		size_t pages = 1 + random_next(&random) % (WRITTEN_PAGES / 2);
		void *start = watch_page(watch, first);

		churn->failures += pgb_add(watch->barrier, start, pages * watch->page) != 0;
		watch_write_range(watch, first, pages);
		churn->failures += pgb_pin(watch->barrier, start, pages * watch->page) != 0;
		churn->failures +=
			pgb_unpin(watch->barrier, start, pages * watch->page) != 0;
		churn->failures +=
			pgb_remove(watch->barrier, start, pages * watch->page) != 0;
		watch_write_range(watch, first, pages);
	}
	AO_store_full(&churn->over, 1);
	return NULL;
}

static void ranges_change_beside_a_harvest(const struct pgb_backend_info *backend)
{
	struct churn churn = {.rounds = scaled(5000)};
	uint64_t random = 5;
	struct watch watch;
	pthread_t thread;

	watch_open(&watch, backend, PAGES);
	watch_add(&watch, 0, WRITTEN_PAGES / 2);
	churn.watch = &watch;
	check_int(pthread_create(&thread, NULL, come_and_go, &churn), 0);
	while (!AO_load_acquire(&churn.over)) {
		size_t page = random_next(&random) % (WRITTEN_PAGES / 2);

		watch_write(&watch, page);
		watch_try_harvest(&watch);
		watch_must_report(&watch, page, 1);
	}
	check_int(pthread_join(thread, NULL), 0);
	check_int(churn.failures, 0);
	watch_settle(&watch);
	watch_must_work(&watch, 0, 16);
	/* What was removed last stays out, and can be added again. */
	check_int(watch_stats(&watch).pages_watched, WRITTEN_PAGES / 2);
	watch_write_range(&watch, WRITTEN_PAGES, WRITTEN_PAGES);
	watch_add(&watch, WRITTEN_PAGES, WRITTEN_PAGES);
	watch_harvest(&watch);
	watch_must_report(&watch, WRITTEN_PAGES, WRITTEN_PAGES);
	watch_close(&watch);
}

/* A write that found its page protected must go on although the range is gone by then. */
static void *write_pages(void *arg)
{
	struct churn *churn = arg;

	while (!AO_load_acquire(&churn->over))
		for (size_t page = 0; page < HASTY_PAGES; page++)
			*(volatile unsigned char *)(churn->watch->base +
						    page * churn->watch->page) = 1;
	return NULL;
}

static void ranges_go_beside_writers(const struct pgb_backend_info *backend)
{
	struct churn churn = {.rounds = scaled(20000)};
	struct watch watch;
	pthread_t thread;

	watch_open(&watch, backend, HASTY_PAGES);
	churn.watch = &watch;
	check_int(pthread_create(&thread, NULL, write_pages, &churn), 0);
	for (size_t i = 0; i < churn.rounds; i++) {
		watch_add(&watch, 0, HASTY_PAGES);
		watch_harvest(&watch);
		watch_remove(&watch, 0, HASTY_PAGES);
	}
	AO_store_release(&churn.over, 1);
	check_int(pthread_join(thread, NULL), 0);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"nothing is lost while writers run", nothing_lost_while_running,
	 PGB_CAP_CONCURRENT},
	{"nothing is lost while harvests follow each other", nothing_lost_in_haste,
	 PGB_CAP_CONCURRENT},
	{"nothing is lost with the world stopped", nothing_lost_with_the_world_stopped, 0},
	{"ranges change beside a harvest", ranges_change_beside_a_harvest, 0},
	{"ranges go beside writers", ranges_go_beside_writers, 0},
};

CONFORMANCE_MAIN("writers", cases)

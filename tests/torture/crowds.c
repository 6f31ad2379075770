/* SPDX-License-Identifier: MIT */
/* crowds.c - many ranges, many threads, many children. */
#include <atomic_ops.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mirror.h"

#define RANGES	 10000
#define THREADS	 256
#define ROUNDS	 12
#define PAGES	 256 /* that a crowd of threads writes to */
#define WRITERS	 3
#define AT_ONCE	 8   /* children */
#define CHILDREN 192 /* more */

/* Every second page is a range of its own. */
struct islands {
	struct watch watch;
	size_t count;
	uint64_t random;
	unsigned char *written; /* by island */
};

static void write_islands(struct islands *islands)
{
	for (size_t i = 0; i < islands->count; i++) {
		islands->written[i] = random_next(&islands->random) % 2;
		if (islands->written[i])
			watch_write(&islands->watch, 2 * i);
		/* The sea is nobody's business. */
		watch_write(&islands->watch, 2 * i + 1);
	}
}

static void check_islands(struct islands *islands)
{
	watch_harvest(&islands->watch);
	for (size_t i = 0; i < islands->count; i++) {
		if (islands->written[i])
			watch_must_report(&islands->watch, 2 * i, 1);
		else
			watch_must_not_report(&islands->watch, 2 * i, 1);
		check(!islands->watch.reported[2 * i + 1]);
	}
}

static void change_every_second_island(struct islands *islands,
				       void (*change)(struct watch *watch, size_t first,
						      size_t pages))
{
	for (size_t i = 0; i < islands->count; i += 2)
		change(&islands->watch, 2 * i, 1);
}

static void ten_thousand_ranges(const struct pgb_backend_info *backend)
{
	struct islands islands = {.count = scaled(RANGES), .random = 7};
	struct watch *watch = &islands.watch;

	watch_open(watch, backend, 2 * islands.count);
	watch_write_range(watch, 0, watch->pages);
	islands.written = calloc(islands.count, 1);
	check(islands.written != NULL);
	for (size_t i = 0; i < islands.count; i++)
		watch_add(watch, 2 * i, 1);
	check_int(watch_stats(watch).ranges, islands.count);
	memset(islands.written, 1, islands.count);
	check_islands(&islands);
	for (int round = 0; round < 3; round++) {
		write_islands(&islands);
		check_islands(&islands);
	}
	change_every_second_island(&islands, watch_remove);
	watch_write_range(watch, 0, watch->pages);
	watch_harvest(watch);
	for (size_t i = 0; i < watch->pages; i++)
		check_int(watch->reported[i], i % 4 == 2);
	change_every_second_island(&islands, watch_add);
	watch_settle(watch);
	write_islands(&islands);
	check_islands(&islands);
	/* One range after all. */
	watch_add(watch, 0, watch->pages);
	check_int(watch_stats(watch).ranges, 1);
	watch_settle(watch);
	watch_must_work(watch, 0, watch->pages < 300 ? watch->pages : 300);
	free(islands.written);
	watch_close(watch);
}

struct crowd {
	struct watch watch;
	struct mirror mirror;
	pthread_barrier_t line;
	size_t rounds;
	AO_t over;
};

struct member {
	struct crowd *crowd;
	pthread_t thread;
	size_t index;
};

static void start_thread(pthread_t *thread, void *(*body)(void *), void *arg)
{
	pthread_attr_t attributes;

	check_int(pthread_attr_init(&attributes), 0);
	check_int(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
	check_int(pthread_create(thread, &attributes, body, arg), 0);
	pthread_attr_destroy(&attributes);
}

/* All start at the same page, with bytes of their own. */
static void *write_all_pages(void *arg)
{
	const struct member *member = arg;
	struct crowd *crowd = member->crowd;

	for (size_t round = 0; round < crowd->rounds; round++) {
		pthread_barrier_wait(&crowd->line);
		for (size_t page = 0; page < PAGES; page++)
			watch_page(&crowd->watch, page)[member->index]++;
		pthread_barrier_wait(&crowd->line);
	}
	return NULL;
}

static void check_bytes(const struct crowd *crowd, size_t round)
{
	for (size_t page = 0; page < PAGES; page++)
		for (size_t i = 0; i < THREADS; i++)
			check_int(crowd->mirror.copy[page * crowd->watch.page + i],
				  (unsigned char)round);
}

/* One harvest in the midst of the writes, and one after them. */
static void harvest_round(struct crowd *crowd)
{
	pthread_barrier_wait(&crowd->line);
	watch_harvest(&crowd->watch);
	mirror_take(&crowd->mirror);
	pthread_barrier_wait(&crowd->line);
	watch_harvest(&crowd->watch);
	mirror_take(&crowd->mirror);
	mirror_check(&crowd->mirror, 0, PAGES);
}

static void all_at_once(const struct pgb_backend_info *backend)
{
	struct crowd crowd = {.rounds = scaled(ROUNDS)};
	static struct member members[THREADS];

	watch_open(&crowd.watch, backend, PAGES);
	watch_map_anew(&crowd.watch, 0, PAGES);
	watch_add(&crowd.watch, 0, PAGES);
	watch_settle(&crowd.watch);
	mirror_make(&crowd.mirror, &crowd.watch);
	check_int(pthread_barrier_init(&crowd.line, NULL, THREADS + 1), 0);
	for (size_t i = 0; i < THREADS; i++) {
		members[i] = (struct member){.crowd = &crowd, .index = i};
		start_thread(&members[i].thread, write_all_pages, &members[i]);
	}
	for (size_t round = 1; round <= crowd.rounds; round++) {
		harvest_round(&crowd);
		check_bytes(&crowd, round);
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(members[i].thread, NULL);
	pthread_barrier_destroy(&crowd.line);
	mirror_destroy(&crowd.mirror);
	watch_close(&crowd.watch);
}

static void *write_at_random(void *arg)
{
	const struct member *member = arg;
	struct crowd *crowd = member->crowd;
	uint64_t random = member->index;

	while (!AO_load_acquire(&crowd->over))
		watch_page(&crowd->watch, random_next(&random) % PAGES)[member->index]++;
	return NULL;
}

static void *harvest_again_and_again(void *arg)
{
	const struct member *member = arg;
	struct crowd *crowd = member->crowd;

	while (!AO_load_acquire(&crowd->over)) {
		watch_harvest(&crowd->watch);
		mirror_take(&crowd->mirror);
	}
	return NULL;
}

/* Forked at any point of a write or a harvest in other threads, which are not here. */
static void live_as_child(void *arg)
{
	struct watch *watch = &((struct crowd *)arg)->watch;

	watch_write(watch, 3);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_must_work(watch, 0, 9);
	watch_close_barrier(watch);
}

static void fork_storm(struct crowd *crowd)
{
	size_t count = AT_ONCE + scaled(CHILDREN);
	pid_t children[AT_ONCE] = {0};

	for (size_t i = 0; i < count; i++) {
		pid_t *child = &children[i % AT_ONCE];

		if (*child)
			check_int(child_wait(*child), 0);
		*child = child_start(live_as_child, crowd);
	}
	for (size_t i = 0; i < AT_ONCE; i++)
		if (children[i])
			check_int(child_wait(children[i]), 0);
}

static void forks_under_load(const struct pgb_backend_info *backend)
{
	struct crowd crowd = {.over = 0};
	struct member members[WRITERS + 1];

	watch_open(&crowd.watch, backend, PAGES);
	watch_arm(&crowd.watch);
	mirror_make(&crowd.mirror, &crowd.watch);
	for (size_t i = 0; i < WRITERS + 1; i++) {
		members[i] = (struct member){.crowd = &crowd, .index = i};
		start_thread(&members[i].thread,
			     i < WRITERS ? write_at_random : harvest_again_and_again,
			     &members[i]);
	}
	fork_storm(&crowd);
	AO_store_full(&crowd.over, 1);
	for (size_t i = 0; i < WRITERS + 1; i++)
		pthread_join(members[i].thread, NULL);
	watch_harvest(&crowd.watch);
	mirror_take(&crowd.mirror);
	mirror_check(&crowd.mirror, 0, PAGES);
	watch_must_work(&crowd.watch, 0, PAGES);
	mirror_destroy(&crowd.mirror);
	watch_close(&crowd.watch);
}

static const struct conformance_case cases[] = {
	{"ten thousand ranges", ten_thousand_ranges, 0},
	{"256 threads write first at once", all_at_once, PGB_CAP_CONCURRENT},
	{"forks under load", forks_under_load, PGB_CAP_CONCURRENT},
};

CONFORMANCE_MAIN("crowds", cases)

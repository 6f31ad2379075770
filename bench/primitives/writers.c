/* SPDX-License-Identifier: MIT */
/*
 * writers.c - threads that write to pages, each on a CPU of its own.
 */
#include "writers.h"

#include <atomic_ops.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

#include "../measure.h"
#include "../prng.h"
#include "os/memory.h"

struct writer {
	pthread_t thread;
	pthread_barrier_t *start;
	const struct region *region;
	const uint32_t *order;
	size_t first, step;
	uint64_t begin, end;
};

static void *write_share(void *argument)
{
	struct writer *writer = argument;
	size_t page_size = pgb_page_size();

	pthread_barrier_wait(writer->start);
	writer->begin = now_ns();
	for (size_t i = writer->first; i < writer->region->pages; i += writer->step)
		region_write(writer->region, writer->order[i], page_size);
	writer->end = now_ns();
	return NULL;
}

static void start_writers(const struct cpus *cpus, struct writer *writers, unsigned threads)
{
	for (unsigned i = 0; i < threads; i++) {
		int err =
			pthread_create(&writers[i].thread, NULL, write_share, &writers[i]);

		if (err)
			fail("cannot start a thread", -err);
		cpus_pin(cpus, writers[i].thread, i);
	}
}

void writers_write(const struct cpus *cpus, unsigned threads, const struct region *region,
		   const uint32_t *order, struct stopwatch *watch)
{
	struct writer writers[MAXIMUM_WRITERS];
	uint64_t begin = UINT64_MAX, end = 0;
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, threads + 1);
	for (unsigned i = 0; i < threads; i++)
		writers[i] = (struct writer){.start = &start,
					     .region = region,
					     .order = order,
					     .first = i,
					     .step = threads};
	start_writers(cpus, writers, threads);
	stopwatch_start(watch);
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(writers[i].thread, NULL);
		begin = writers[i].begin < begin ? writers[i].begin : begin;
		end = writers[i].end > end ? writers[i].end : end;
	}
	stopwatch_stop(watch);
	/* Threads say better than who waits for them. */
	watch->ns = end - begin;
	pthread_barrier_destroy(&start);
}

struct mutator {
	pthread_t thread;
	const struct region *region;
	sem_t wanted; /* it sleeps until then: a CPU that is busy costs harvests interrupts
		       */
	AO_t running; /* what it is to do; neither running nor at the end: it may sleep */
	AO_t ending;
	AO_t writing; /* what it does */
};

static void *mutate(void *argument)
{
	struct mutator *mutator = argument;
	size_t page_size = pgb_page_size();
	struct prng prng = {1};

	while (!AO_load_full(&mutator->ending)) {
		while (AO_load_full(&mutator->running)) {
			uint32_t pages = (uint32_t)mutator->region->pages;

			region_write(mutator->region, prng_below(&prng, pages), page_size);
			AO_store_full(&mutator->writing, 1);
		}
		AO_store_full(&mutator->writing, 0);
		while (sem_wait(&mutator->wanted))
			;
	}
	return NULL;
}

struct mutator *mutator_start(const struct cpus *cpus)
{
	struct mutator *mutator = cpus->count > 1 ? calloc(1, sizeof(*mutator)) : NULL;

	if (!mutator)
		return NULL;
	sem_init(&mutator->wanted, 0, 0);
	if (pthread_create(&mutator->thread, NULL, mutate, mutator)) {
		free(mutator);
		return NULL;
	}
	cpus_pin(cpus, mutator->thread, 1);
	return mutator;
}

void mutator_stop(struct mutator *mutator)
{
	if (!mutator)
		return;
	AO_store_full(&mutator->ending, 1);
	sem_post(&mutator->wanted);
	pthread_join(mutator->thread, NULL);
	free(mutator);
}

void mutator_run(struct mutator *mutator, const struct region *region)
{
	mutator->region = region;
	AO_store_full(&mutator->running, 1);
	sem_post(&mutator->wanted);
	while (!AO_load_full(&mutator->writing))
		;
}

void mutator_park(struct mutator *mutator)
{
	AO_store_full(&mutator->running, 0);
	while (AO_load_full(&mutator->writing))
		;
}

/* SPDX-License-Identifier: MIT */
/*
 * weigh.c - whether faults of a backend are worth what they tell, as measured here.
 *
 * A page that is not armed is dirty.  If it was written, that saves the fault of its first
 * write; if not, a collector looks at it for nothing.  So of a chunk of n pages with d
 * written, leaving it unarmed pays when d * fault > (n - d) * look.  By that rule half of
 * them would do with most backends; three quarters are asked for, lest much be reported
 * that was never written.
 */
#include "weigh.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "os/huge_pages.h"
#include "os/memory.h"

enum {
	TRIAL_PAGES = 64,
	ROUNDS = 2, /* of which the quicker counts: another task may have come between */
	/* With 40 to 62 of 64, on the collector that the preload is for: the same. */
	LEAST_4THS = 3,
	MOST_16THS = 15, /* where more would be needed, faults are as good as free */
};

struct costs {
	uint64_t fault, look; /* nanoseconds of all trial pages */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t time_writes(uintptr_t start, uintptr_t end)
{
	uint64_t begin = now();

	for (uintptr_t page = start; page < end; page += pgb_page_size())
		*(volatile uintptr_t *)page = 0;
	return now() - begin;
}

/* As a conservative marker does: is any word an address in the heap? */
static uint64_t time_look(uintptr_t start, uintptr_t end)
{
	uint64_t begin = now();
	volatile size_t found;
	size_t count = 0;

	for (uintptr_t at = start; at < end; at += sizeof(uintptr_t)) {
		uintptr_t word = *(volatile uintptr_t *)at;

		if (word >= start && word < end)
			count++;
	}
	found = count;
	(void)found;
	return now() - begin;
}

static int time_round(const struct pgb_backend *backend, void *state, uintptr_t start,
		      uintptr_t end, struct costs *costs)
{
	static const struct pgb_range_table no_pins;
	struct pgb_sink nowhere;
	uint64_t armed, unarmed;
	int err;

	pgb_sink_begin(&nowhere, NULL, NULL, &no_pins);
	pgb_sink_open_window(&nowhere, start, end);
	err = backend->harvest(state, start, end, &nowhere);
	if (err)
		return err;
	armed = time_writes(start, end);
	unarmed = time_writes(start, end);
	costs->fault = lesser(costs->fault, armed > unarmed ? armed - unarmed : 0);
	costs->look = lesser(costs->look, time_look(start, end));
	return 0;
}

static int time_on(const struct pgb_backend *backend, void *state, uintptr_t start,
		   uintptr_t end, struct costs *costs)
{
	int err;

	time_writes(start, end); /* the pages are there then */
	err = backend->add(state, start, end);
	if (err)
		return err;
	for (int round = 0; !err && round < ROUNDS; round++)
		err = time_round(backend, state, start, end, costs);
	backend->remove(state, start, end);
	return err;
}

static int time_trial(const struct pgb_backend *backend, void *state, struct costs *costs)
{
	size_t size = TRIAL_PAGES * pgb_page_size();
	uintptr_t start;
	void *memory;
	int err;

	if (!backend->alloc) {
		memory = pgb_memory_map(size);
		start = (uintptr_t)memory;
		err = memory ? time_on(backend, state, start, start + size, costs)
			     : -ENOMEM;
		pgb_memory_unmap(memory, size);
		return err;
	}
	err = backend->alloc(state, size, &start);
	if (err)
		return err;
	err = time_on(backend, state, start, start + size, costs);
	backend->free(state, start, start + size);
	return err;
}

/* A fault whose signal is blocked ends the process. */
static bool may_fault(const struct pgb_backend *backend)
{
	sigset_t blocked;

	if (backend->capabilities & PGB_CAP_NO_SIGNALS)
		return true;
	return !pthread_sigmask(SIG_BLOCK, NULL, &blocked) &&
	       !sigismember(&blocked, SIGSEGV) && !sigismember(&blocked, SIGBUS);
}

static int weigh(const struct pgb_backend *backend, struct costs *costs)
{
	void *state;
	int err = may_fault(backend) ? backend->open(&state) : -EPERM;

	if (err)
		return err;
	err = time_trial(backend, state, costs);
	backend->close(state);
	return err;
}

/* A huge page is split by the first fault in it, so it is armed whole or not at all. */
static size_t chunk_pages(void)
{
	size_t huge = pgb_huge_page_size() / pgb_page_size();

	return huge > PGB_HOT_CHUNK ? huge : PGB_HOT_CHUNK;
}

struct pgb_hot_limit pgb_weigh_nothing(void)
{
	size_t chunk = chunk_pages();

	return (struct pgb_hot_limit){.nearly_all = chunk / 4 * LEAST_4THS, .chunk = chunk};
}

/* What cannot be tried is not left unarmed. */
struct pgb_hot_limit pgb_weigh(const struct pgb_backend *backend)
{
	struct costs costs = {.fault = UINT64_MAX, .look = UINT64_MAX};
	struct pgb_hot_limit limit = pgb_weigh_nothing();
	size_t needed;

	if (weigh(backend, &costs) || !costs.fault)
		return (struct pgb_hot_limit){0};
	needed = limit.chunk * costs.look / (costs.fault + costs.look);
	if (needed > limit.chunk / 16 * MOST_16THS)
		return (struct pgb_hot_limit){0};
	if (needed > limit.nearly_all)
		limit.nearly_all = needed;
	return limit;
}

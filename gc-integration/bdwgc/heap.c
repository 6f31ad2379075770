/* SPDX-License-Identifier: MIT */
/* heap.c - the memory that libgc maps, and the barrier over it. */
#include "heap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arming.h"
#include "barrier.h"
#include "dirty_pages.h"
#include "message.h"
#include "os/memory.h"
#include "record.h"

/* In memory of our own: page addresses in .bss would be roots to libgc. */
static struct heap {
	struct pgb_ranges followed;
	struct pgb_ranges given; /* of the barrier's own memory */
	AO_t readers;		 /* always 0: libgc's lock keeps callers apart */
	struct pgb_barrier *barrier;
	const char *backend;
	enum pgb_policy policy;
	unsigned lose_every;
	bool verify;
	bool complained;
	bool is_short;		/* of memory to give */
	uint64_t pages_unarmed; /* dirty because they were hot */
} * heap;

int heap_init(const char *backend, enum pgb_policy policy, bool verify, unsigned lose_every)
{
	heap = pgb_memory_map(sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	pgb_ranges_init(&heap->followed, &heap->readers);
	pgb_ranges_init(&heap->given, &heap->readers);
	heap->backend = backend;
	heap->policy = policy;
	heap->verify = verify;
	heap->lose_every = lose_every;
	return 0;
}

const struct pgb_range_table *heap_ranges(void)
{
	return pgb_ranges_current(&heap->followed);
}

uint64_t heap_bytes(void)
{
	return heap ? pgb_range_table_bytes(heap_ranges()) : 0;
}

static int watch(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	return arming_make_room(start, end) ?: dirty_pages_make_room(start, end)
		       ?: pgb_add(barrier, (void *)start, end - start);
}

int heap_follow(uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table = pgb_range_table_with(heap_ranges(), start, end);
	int err = 0;

	if (!table)
		return -ENOMEM;
	if (heap->barrier)
		err = watch(heap->barrier, start, end);
	if (err)
		pgb_range_table_free(table);
	else
		pgb_ranges_publish(&heap->followed, table);
	return err;
}

void heap_forget(uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table = pgb_range_table_without(heap_ranges(), start, end);

	/* Without memory for the table it goes on being followed, as memory never used. */
	if (table)
		pgb_ranges_publish(&heap->followed, table);
	arming_forget(start, end);
	if (heap->barrier)
		pgb_remove(heap->barrier, (void *)start, end - start);
}

static void complain_of_shortage(int err)
{
	char reason[PGB_STATS_TEXT];

	if (heap->is_short)
		return;
	heap->is_short = true;
	snprintf(reason, sizeof(reason), "%s has no more memory for the heap: %s",
		 pgb_backend_name(heap->barrier), strerror(-err));
	record_fallback(reason);
	message_warn("%s; what it grows by is always dirty", reason);
}

static int give(size_t length, void **memory)
{
	struct pgb_range_table *table;
	int err = pgb_alloc_range(heap->barrier, length, memory);

	if (err)
		return err;
	table = pgb_range_table_with(pgb_ranges_current(&heap->given), (uintptr_t)*memory,
				     (uintptr_t)*memory + length);
	if (!table) {
		pgb_free_range(heap->barrier, *memory, length);
		return -ENOMEM;
	}
	pgb_ranges_publish(&heap->given, table);
	return 0;
}

void *heap_give(size_t length)
{
	void *memory;
	int err;

	if (!heap->barrier || pgb_capabilities(heap->barrier) & PGB_CAP_ANY_MEMORY)
		return NULL;
	err = give(length, &memory);
	if (err)
		complain_of_shortage(err);
	return err ? NULL : memory;
}

bool heap_has_given(uintptr_t start, uintptr_t end)
{
	return pgb_range_table_contains(pgb_ranges_current(&heap->given), start, end);
}

int heap_take_back(uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table =
		pgb_range_table_without(pgb_ranges_current(&heap->given), start, end);
	int err =
		table ? pgb_free_range(heap->barrier, (void *)start, end - start) : -ENOMEM;

	if (err)
		pgb_range_table_free(table);
	else
		pgb_ranges_publish(&heap->given, table);
	return err;
}

void heap_discard(uintptr_t start, uintptr_t end)
{
	pgb_discard_range(heap->barrier, (void *)start, end - start);
}

static int watch_followed(struct pgb_barrier *barrier)
{
	const struct pgb_range_table *followed = heap_ranges();
	int err = 0;

	for (size_t i = 0; !err && i < followed->count; i++)
		err = watch(barrier, followed->range[i].start, followed->range[i].end);
	return err;
}

static void complain_once(int err)
{
	char reason[PGB_STATS_TEXT];

	snprintf(reason, sizeof(reason), "no barrier could be opened: %s", strerror(-err));
	record_fallback(reason);
	if (!heap->complained)
		message_warn("%s", reason);
	heap->complained = true;
}

int heap_activate(void)
{
	struct pgb_barrier *barrier;
	int err;

	if (heap->barrier)
		return 0;
	err = pgb_barrier_open(&barrier, heap->backend, heap->verify);
	if (err)
		goto out;
	err = watch_followed(barrier);
	if (err) {
		pgb_close(barrier);
		goto out;
	}
	pgb_barrier_inject_loss(barrier, heap->lose_every);
	arming_limit(pgb_barrier_limit(barrier, heap->policy));
	heap->barrier = barrier;
	if (record())
		record_text(record()->backend, sizeof(record()->backend),
			    pgb_backend_name(barrier));
out:
	if (err)
		complain_once(err);
	return err;
}

uint64_t heap_pages_reported(void)
{
	struct pgb_stats stats;

	if (!heap->barrier || pgb_get_stats(heap->barrier, &stats, sizeof(stats)))
		return 0;
	return stats.pages_reported;
}

static void report_everything(pgb_visitor *visit, void *arg)
{
	const struct pgb_range_table *followed = heap_ranges();

	for (size_t i = 0; visit && i < followed->count; i++)
		visit(arg, followed->range[i].start, followed->range[i].end);
}

void heap_before_stop(void)
{
	if (heap->barrier)
		arming_survey(heap_ranges());
}

struct visit {
	pgb_visitor *visit;
	void *arg;
	bool later; /* there is another harvest in this cycle, which tells what is hot */
};

static void report(void *arg, uintptr_t start, uintptr_t end)
{
	const struct visit *to = arg;

	if (to->visit)
		dirty_pages_report(start, end, to->visit, to->arg);
}

/* It has been written, for all that anybody knows. */
static void report_hot(void *arg, uintptr_t start, uintptr_t end)
{
	report(arg, start, end);
	heap->pages_unarmed += (end - start) / pgb_page_size();
}

static void note_and_report(void *arg, uintptr_t start, uintptr_t end)
{
	arming_note_dirty(start, end);
	report(arg, start, end);
}

static void each_hot(uintptr_t at, uintptr_t end, pgb_visitor *visit, void *arg)
{
	uintptr_t run_end;

	for (; arming_next_hot(&at, end, &run_end); at = run_end)
		visit(arg, at, run_end);
}

static int harvest_range(uintptr_t at, uintptr_t end, struct visit *to)
{
	uintptr_t run, run_end;
	int err = 0, failed;

	for (; at < end; at = run_end) {
		run = at;
		if (!arming_next_harvested(&run, end, &run_end))
			run = run_end = end;
		if (to->visit && !to->later)
			each_hot(at, run, report_hot, to);
		if (run == run_end)
			break;
		failed = pgb_harvest_range(heap->barrier, (void *)run, run_end - run,
					   note_and_report, to);
		if (failed)
			err = failed;
	}
	return err;
}

static int harvest_followed(struct visit *to)
{
	const struct pgb_range_table *followed = heap_ranges();
	int err = 0, failed;

	/* There is nothing to spare by leaving pages out. */
	if (!(pgb_capabilities(heap->barrier) & PGB_CAP_LOCAL))
		return pgb_harvest(heap->barrier, to->visit ? report : NULL, to);
	for (size_t i = 0; i < followed->count; i++) {
		failed =
			harvest_range(followed->range[i].start, followed->range[i].end, to);
		if (failed)
			err = failed;
	}
	return err;
}

/* To watch what is watched already disarms it. */
static void disarm(void *arg, uintptr_t start, uintptr_t end)
{
	uint64_t *left = arg;
	uint64_t pages = (end - start) / pgb_page_size();

	if (pages > *left)
		pages = *left;
	if (!pages)
		return;
	pgb_add(heap->barrier, (void *)start, pages * pgb_page_size());
	heap->pages_unarmed += pages;
	*left -= pages;
}

/* Should it fail, they are armed, which is what they were before. */
static void disarm_free(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	pgb_add(heap->barrier, (void *)start, end - start);
}

void heap_disarm_free(uint64_t *most)
{
	if (heap->barrier && pgb_capabilities(heap->barrier) & PGB_CAP_LOCAL)
		arming_release(heap_ranges(), most, disarm_free, NULL);
}

void heap_after_collection(uint64_t most)
{
	const struct pgb_range_table *followed = heap_ranges();

	if (!heap->barrier || !arming_end_collection())
		return;
	for (size_t i = 0; i < followed->count; i++)
		each_hot(followed->range[i].start, followed->range[i].end, disarm, &most);
}

/* False: everything was reported, since nothing is known. */
static bool harvest(struct visit *to)
{
	uint64_t begin = record_is_open() ? record_now() : 0;
	struct pgb_stats stats;
	char reason[PGB_STATS_TEXT];
	int err;

	if (!heap->barrier || !arming_begin_harvest(heap_ranges())) {
		report_everything(to->visit, to->arg);
		return false;
	}
	dirty_pages_begin_harvest(to->visit, to->arg);
	err = harvest_followed(to);
	if (!record_is_open())
		return true;
	pgb_get_stats(heap->barrier, &stats, sizeof(stats));
	record_harvest(record_now() - begin, &stats, heap->pages_unarmed);
	if (err) {
		snprintf(reason, sizeof(reason), "ranges were reported whole: %s",
			 strerror(-err));
		record_fallback(reason);
	}
	return true;
}

void heap_harvest(pgb_visitor *visit, void *arg)
{
	harvest(&(struct visit){.visit = visit, .arg = arg});
}

bool heap_can_preclean(void)
{
	return heap->barrier && pgb_capabilities(heap->barrier) & PGB_CAP_CONCURRENT;
}

void heap_preclean(pgb_visitor *visit, void *arg)
{
	if (!heap_can_preclean())
		return;
	if (harvest(&(struct visit){.visit = visit, .arg = arg, .later = true}))
		arming_precleaned();
}

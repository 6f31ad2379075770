/* SPDX-License-Identifier: MIT */
/*
 * events.c - the program's own function for collection events.
 *
 *	events before|after
 *
 * Installed before or after the collector starts, it gets every event, and
 * GC_get_on_collection_event() gives it back.  Prints the events of one full collection,
 * for comparison with what stock libgc does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 200000
#define KINDS	   16
#define RECORD	   64

static unsigned long counts[KINDS];
static GC_EventType record[RECORD];
static unsigned recorded;

static void GC_CALLBACK take(GC_EventType event)
{
	if ((unsigned)event < KINDS)
		counts[event]++;
	if (recorded < RECORD)
		record[recorded++] = event;
}

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "events: %s\n", what);
	exit(EXIT_FAILURE);
}

static void expect_pairs(unsigned long collections)
{
	expect(counts[GC_EVENT_MARK_START] >= collections,
	       "a collection had no MARK_START");
	expect(counts[GC_EVENT_RECLAIM_START] >= collections, "one had no RECLAIM_START");
	expect(counts[GC_EVENT_MARK_START] >= counts[GC_EVENT_MARK_END],
	       "MARK_END without MARK_START");
	expect(counts[GC_EVENT_RECLAIM_START] == counts[GC_EVENT_RECLAIM_END],
	       "RECLAIM_START and RECLAIM_END differ");
	expect(counts[GC_EVENT_START] >= counts[GC_EVENT_END], "END without START");
	expect(counts[GC_EVENT_PRE_STOP_WORLD] == counts[GC_EVENT_POST_START_WORLD],
	       "the world was stopped and not started");
	expect(counts[GC_EVENT_POST_STOP_WORLD] == counts[GC_EVENT_PRE_START_WORLD],
	       "the world was stopped and not started");
	expect(counts[GC_EVENT_POST_STOP_WORLD] >= collections,
	       "the world was not stopped");
}

static void print_full_collection(void)
{
	unsigned i;

	/* The first one may have to finish what was begun. */
	GC_gcollect();
	recorded = 0;
	GC_gcollect();
	for (i = 0; i < recorded; i++)
		printf("%d%c", record[i], i + 1 < recorded ? ' ' : '\n');
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	struct shadow_heap *heap;
	unsigned long collections;

	if (!strcmp(how, "before"))
		GC_set_on_collection_event(take);
	GC_INIT();
	if (!strcmp(how, "after"))
		GC_set_on_collection_event(take);
	expect(GC_get_on_collection_event() == take, "the function is not the program's");

	heap = shadow_heap_create(MIB, 1, 1);
	memset(counts, 0, sizeof(counts));
	collections = GC_get_gc_no();
	shadow_heap_mutate(heap, 0, OPERATIONS);
	expect(GC_get_gc_no() > collections, "there was no collection");
	expect_pairs(GC_get_gc_no() - collections);
	expect(GC_get_on_collection_event() == take, "the function is not the program's");
	print_full_collection();

	GC_set_on_collection_event(NULL);
	expect(!GC_get_on_collection_event(), "the function was not taken away");
	recorded = 0;
	shadow_heap_mutate(heap, 0, OPERATIONS);
	expect(!recorded, "events without a function for them");
	shadow_heap_check(heap, 0);
	return EXIT_SUCCESS;
}

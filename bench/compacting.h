/* SPDX-License-Identifier: MIT */
/*
 * compacting.h - a collector that moves pages, its heap and its mutator.
 */
#ifndef BENCH_COMPACTING_H
#define BENCH_COMPACTING_H

#include <atomic_ops.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "durations.h"
#include "pgbarrier_fault.h"
#include "shadow_tree.h"

/* Errors that can be made on purpose, to see that they are found. */
enum plant {
	PLANT_NOTHING,
	PLANT_STALE, /* references are not updated */
	PLANT_LOST,  /* evacuated pages are not filled */
};

struct options {
	unsigned pages, nodes, collections;
	bool copy; /* whole pages too, for comparison */
	uint64_t seed;
	enum plant plant;
};

enum page_kind {
	PAGE_SMALL,	/* small objects, one behind the other; none crosses its end */
	PAGE_LARGE,	/* a large object begins, and has the page for itself */
	PAGE_CONTINUED, /* of a large object */
};

enum page_fate { FATE_FREED, FATE_MOVED, FATE_EVACUATED };

struct page {
	enum page_kind kind;
	enum page_fate fate;
	uint32_t live; /* bytes */
	size_t to;     /* the page that it becomes, if it is moved */
};

/* Pages that go the same distance. */
struct run {
	size_t from, to, pages;
};

struct totals {
	uint64_t moved, moves;		      /* bytes by the kernel, in so many calls */
	uint64_t copied;		      /* bytes of whole pages that were not moved */
	int32_t reason;			      /* why */
	uint64_t evacuated, stayed, freed;    /* bytes */
	struct durations pauses, relocations; /* of whole pages, in each collection */
};

struct heap {
	const struct options *options;
	struct pgb_fault_channel *channel;
	char *start;
	size_t page_size, pages;
	size_t used;	    /* pages; all behind them are absent */
	char *free, *limit; /* where the next small objects go */
	struct page *page;
	struct object **mark_stack;
	char *evacuated; /* the content of an evacuated page, while it is gathered */
	size_t evacuated_to;
	struct run run;		/* gathered, not yet moved */
	uint64_t relocation_ns; /* of whole pages, in this collection */
	struct shadow_tree tree;
	unsigned collections;
	struct totals totals;
	pthread_t guard;
	int quit;	   /* eventfd: the guard may go */
	AO_t stale_faults; /* that it saw */
};

/* These end the program with status 1 if something fails. */
void compacting_set_up(struct heap *heap, const struct options *options);
/* Until there were the collections that the options ask for, or damage. */
void compacting_run(struct heap *heap);
void compacting_tear_down(struct heap *heap);

#endif

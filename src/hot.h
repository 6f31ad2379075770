/* SPDX-License-Identifier: MIT */
/*
 * hot.h - pages that are written in every cycle, and are not worth a fault.
 *
 * To arm a page gives precision, and costs a fault at its first write.  A chunk of which
 * nearly all pages are found dirty in two cycles of a period is hot: it is left out of
 * harvests, so that none of its pages is armed, and all of them are dirty meanwhile.  With
 * the next period everything is armed again, to see what is still written.
 *
 * Where a look at a page costs more than its fault, three cycles in a row are asked for:
 * what is written now and then would be looked at in vain for the rest of the period.
 *
 * By chunks, not by pages: a harvest is a system call for each run of pages that are not
 * hot, and one more of those costs as much as a fault.
 *
 * The caller keeps calls apart, but that _make_room and _forget may be called beside the
 * others; what is forgotten beside a cycle may stay hot for the rest of the period.
 * World-stopped safe but for _init, _destroy, _make_room.
 */
#ifndef PGB_HOT_H
#define PGB_HOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "range.h"
#include "sparse.h"

#define PGB_HOT_CHUNK 64 /* pages of the smallest chunk */

/* When is a chunk hot?  0 pages of 0: never. */
struct pgb_hot_limit {
	size_t nearly_all; /* pages that were dirty, at least */
	size_t chunk;	   /* of so many, a power of two, PGB_HOT_CHUNK or more */
};

/* Does a look at pages [start, end) cost much more than their faults? */
typedef bool pgb_hot_dear(uintptr_t start, uintptr_t end);

struct pgb_hot {
	struct pgb_hot_limit limit;
	pgb_hot_dear *is_dear; /* NULL: nowhere */
	struct pgb_sparse heat;
	size_t page_size;
	unsigned turn;	   /* cycles of this period */
	uintptr_t current; /* the chunk that dirty pages are being counted of */
	size_t dirty;
};

/* -ENOMEM; there is nothing to destroy then. */
int pgb_hot_init(struct pgb_hot *hot, struct pgb_hot_limit limit);
void pgb_hot_destroy(struct pgb_hot *hot);

int pgb_hot_make_room(struct pgb_hot *hot, uintptr_t start, uintptr_t end); /* -ENOMEM */
void pgb_hot_forget(struct pgb_hot *hot, uintptr_t start, uintptr_t end);

/*
 * The next cycle.  True: a period begins.  Then nothing of `watched` is hot any more, and
 * for what was until now this cycle counts as one in which it was dirty.
 */
bool pgb_hot_begin_cycle(struct pgb_hot *hot, const struct pgb_range_table *watched);

/* Pages [start, end) were written in this cycle.  In one cycle, addresses ascend. */
void pgb_hot_note(struct pgb_hot *hot, uintptr_t start, uintptr_t end);

/* The first run of hot pages in [*start, end); false: there is none. */
bool pgb_hot_next(const struct pgb_hot *hot, uintptr_t *start, uintptr_t end,
		  uintptr_t *run_end);

#endif

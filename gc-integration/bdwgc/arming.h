/* SPDX-License-Identifier: MIT */
/*
 * arming.h - which pages of libgc's memory are worth a fault.
 *
 * To arm a page gives precision, and costs a fault at the first write of each cycle.  Two
 * kinds of pages are not worth that:
 *
 * - those that hold nothing of the heap.  libgc maps its own tables the way it maps heap,
 *   and writes to them in every collection: mark bits, the mark stack.  There is no object
 *   on them, so nobody has to know.  Nor is there on a block that has become free: it is
 *   written when it is used again, and what is on it then is new.
 * - those that are written in every cycle, as where new objects are made: hot.h.  Where
 *   old_objects.h finds many, three cycles in a row are asked for.
 *
 * Where each collection is one stop and one harvest, hot pages are left out of harvests.
 * Where it is made of several, each has to find no more than was written since the one
 * before: then they are armed like others, and disarmed when the collection is over, as far
 * as there is time for that.
 *
 * Callers are those of heap.h.  World-stopped safe but for _init, _make_room and _forget.
 */
#ifndef PGB_BDWGC_ARMING_H
#define PGB_BDWGC_ARMING_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"
#include "hot.h"
#include "pgbarrier.h"
#include "range.h"

/*
 * -ENOMEM.  `in_parts`: a collection may take several harvests.  `by_signals`: a fault is
 * a signal, which libgc's marking threads cannot take; then nothing but heap is armed.
 */
int arming_init(const struct collector *collector, bool in_parts, bool by_signals);
/* No block of libgc's is smaller than a page: there is less to ask. */
void arming_blocks_are_pages(void);
/* When a chunk is hot; until then none is. */
void arming_limit(struct pgb_hot_limit limit);

int arming_make_room(uintptr_t start, uintptr_t end); /* -ENOMEM */
void arming_forget(uintptr_t start, uintptr_t end);

/*
 * Find out what of `followed` has come into use.  It asks for each page that is not used as
 * far as is known, some nanoseconds each: milliseconds where gigabytes of a heap are free.
 * So it is done before the world is stopped; where libgc does not tell of that moment, the
 * harvest does it.
 */
void arming_survey(const struct pgb_range_table *followed);

/*
 * Find out what has become free and count it as not used: long runs, up to *most pages in
 * all, each run counting for some more, and *most is less by those afterwards.  Each is
 * given to `visit`, to be disarmed.  To be called where nobody can allocate, and only if
 * there is a survey before stops.
 */
void arming_release(const struct pgb_range_table *followed, uint64_t *most,
		    pgb_visitor *visit, void *arg);

/* False: libgc cannot tell yet what it uses, and nothing is to be armed. */
bool arming_begin_harvest(const struct pgb_range_table *followed);

/* The first run in [*start, end) of pages to be harvested, of hot ones; false: there is
 * none. */
bool arming_next_harvested(uintptr_t *start, uintptr_t end, uintptr_t *run_end);
bool arming_next_hot(uintptr_t *start, uintptr_t end, uintptr_t *run_end);

/* Pages [start, end) were found dirty; in one harvest, addresses ascend.  Of those that
 * have been armed, some may get hot by it. */
void arming_note_dirty(uintptr_t start, uintptr_t end);

/*
 * The last harvest was that of the mutators' time; what the next one finds belongs to the
 * same cycle, and nothing comes into use between them.
 */
void arming_precleaned(void);

/* The last harvest was the last one of a collection.  Are hot pages to be disarmed now? */
bool arming_end_collection(void);

#endif

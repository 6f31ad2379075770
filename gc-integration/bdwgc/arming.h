/* SPDX-License-Identifier: MIT */
/*
 * arming.h - which pages of libgc's memory are worth a fault.
 *
 * To arm a page gives precision, and costs a fault at the first write of each cycle.  Two
 * kinds of pages are not worth that:
 *
 * - those that have never held any of the heap.  libgc maps its own tables the way it maps
 *   heap, and writes to them in every collection: mark bits, the mark stack.  There is no
 *   object on them, so nobody has to know.
 * - those that are written in every cycle, as where new objects are made.  A chunk of
 *   which nearly all pages are found dirty twice is left alone for some harvests, and is
 *   dirty meanwhile.  Then all are armed again, to see which are still written.
 *
 * Callers are those of heap.h.  But for the first three, all are world-stopped safe.
 */
#ifndef PGB_BDWGC_ARMING_H
#define PGB_BDWGC_ARMING_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"
#include "range.h"

/* -ENOMEM.  Without `spares_hot` pages of the second kind are armed too. */
int arming_init(const struct collector *collector, bool spares_hot);
int arming_make_room(uintptr_t start, uintptr_t end); /* -ENOMEM */
void arming_forget(uintptr_t start, uintptr_t end);

/*
 * Find out what of `followed` has come into use.  The first time on a large heap this
 * takes milliseconds, so it is done before the world is stopped; where libgc does not
 * tell of that moment, the harvest does it.
 */
void arming_survey(const struct pgb_range_table *followed);

void arming_begin_harvest(const struct pgb_range_table *followed);

/*
 * The first run in [*start, end) of pages to be armed; of pages that have been heap, armed
 * or not.  False: there is none.
 */
bool arming_next_armed(uintptr_t *start, uintptr_t end, uintptr_t *run_end);
bool arming_next_used(uintptr_t *start, uintptr_t end, uintptr_t *run_end);

/* Armed pages [start, end) were found dirty; in one harvest, addresses ascend. */
void arming_note_dirty(uintptr_t start, uintptr_t end);

#endif

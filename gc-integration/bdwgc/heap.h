/* SPDX-License-Identifier: MIT */
/*
 * heap.h - the memory that libgc maps, and the barrier over it.
 *
 * Every mapping that libgc makes is followed from the start, its scratch memory too,
 * which it may recycle into the heap; what of it is armed is up to arming.h.  The barrier
 * is opened only when incremental collection is turned on: until then nothing costs
 * anything.
 *
 * A backend that watches no memory but its own has to be there before the heap is: then the
 * barrier is opened first of all, and the heap is of its memory.
 *
 * libgc calls all of these with its allocation lock held, or before it has threads.
 */
#ifndef PGB_BDWGC_HEAP_H
#define PGB_BDWGC_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "pgbarrier.h"
#include "range.h"

/* -ENOMEM.  How the barrier is to be opened, once it is. */
int heap_init(const char *backend, enum pgb_policy policy, bool verify,
	      unsigned lose_every);

/* -ENOMEM: it could not be noted, and must not become part of the heap. */
int heap_follow(uintptr_t start, uintptr_t end);
void heap_forget(uintptr_t start, uintptr_t end);

/*
 * Memory of the barrier's, where the heap is to be of that.  NULL: it is not, or there is
 * no more of it, which has been said; other memory will do, and is always dirty.
 */
void *heap_give(size_t length);

/* Is all of [start, end) of heap_give()?  Never where that gives nothing. */
bool heap_has_given(uintptr_t start, uintptr_t end);

/* Such memory, in the place of munmap(2).  0 or a negative errno. */
int heap_take_back(uintptr_t start, uintptr_t end);

/*
 * In the place of MADV_DONTNEED.  Where the backend cannot, it keeps the content, which
 * libgc does not mind, but it ends a program whose memory it cannot unmap.
 */
void heap_discard(uintptr_t start, uintptr_t end);

/* Open the barrier and watch what is followed; nothing to do if that was done. */
int heap_activate(void);

/* What can be done for the next harvest before the world is stopped. */
void heap_before_stop(void);

/* Can it be harvested while mutators run? */
bool heap_can_preclean(void);

/*
 * Harvest what has been written so far while mutators run, so that the harvest of the stop
 * has little left to do.  Nothing at all where the backend needs them stopped.
 */
void heap_preclean(pgb_visitor *visit, void *arg);

/*
 * What can be done for the next cycle once the world runs again and garbage has become free
 * blocks: disarm those that are in long runs, and then hot pages, but no more than `most`,
 * since each takes 0.1 us.  Free ones only where heap_before_stop() is called.
 */
void heap_disarm_free(uint64_t *most);
void heap_after_collection(uint64_t most);

/*
 * Report what was written since the last harvest, and arm it again.  What is followed and
 * cannot be told is reported; without a barrier that is everything.  World-stopped safe.
 */
void heap_harvest(pgb_visitor *visit, void *arg);

/* Pages that harvests have reported so far; counts nothing while there is no barrier. */
uint64_t heap_pages_reported(void);

/* What is followed now. */
const struct pgb_range_table *heap_ranges(void);
uint64_t heap_bytes(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * precleaning.h - harvest while marking goes on between two stops of a collection.
 *
 * What was written since the last stop is marked from before the next one, which would have
 * found it else: a few harvests in the place of a few stops, as concurrent collectors
 * preclean before they mark anew (Printezis and Detlefs, "A generational mostly-concurrent
 * garbage collector", 2000).
 *
 * With libgc's allocation lock held.
 */
#ifndef PGB_BDWGC_PRECLEANING_H
#define PGB_BDWGC_PRECLEANING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Harvest by *harvest, until no more than `pages` that are marked from here are found twice
 * in a row, or hardly fewer than the time before.
 */
void precleaning_init(void (*harvest)(void), uint64_t pages);

/* By a marker that has nothing to mark from any more.  True: it has harvested. */
bool precleaning_find_more(void);

void precleaning_after_stop(void);

/* Since the last stop. */
unsigned precleaning_rounds(void);

/* Pages that are marked from here, in the last round. */
uint64_t precleaning_found(void);

/* The last round since then found no more than were to be left for libgc to mark from. */
bool precleaning_left_few(void);

/* So many of heap_pages_reported() since then are marked from before the next stop. */
uint64_t precleaning_pages(void);

#endif

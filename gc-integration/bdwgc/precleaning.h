/* SPDX-License-Identifier: MIT */
/*
 * precleaning.h - harvest while marking goes on between two stops of a collection.
 *
 * What was written since the last stop is marked from before the next one, which would have
 * found it else: a few harvests in the place of a few stops.
 */
#ifndef PGB_BDWGC_PRECLEANING_H
#define PGB_BDWGC_PRECLEANING_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Harvest by *harvest, until no more than `enough` pages are found, or hardly fewer than
 * the time before.
 */
void precleaning_init(void (*harvest)(void), uint64_t enough);

/* By a marker that has nothing to mark from any more.  True: it has harvested. */
bool precleaning_find_more(void);

void precleaning_after_stop(void);

/* Since the last stop. */
unsigned precleaning_rounds(void);

/* heap_pages_reported() after the last round; 0 if there was none since the last stop. */
uint64_t precleaning_pages_reported(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * governor.h - keep libgc's stops near a target.
 *
 * A time limit alone does not: libgc gives marking one try within the limit and then
 * runs to the end, however long that takes.  Three of its settings together bound a
 * stop: the limit, how many tries it may take, and how much it marks between tries, in
 * the allocation calls of the program.  The right values differ from program to program,
 * so they follow what the stops show.
 */
#ifndef PGB_BDWGC_GOVERNOR_H
#define PGB_BDWGC_GOVERNOR_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"

/* Before GC_init(), which sets the time limit itself, from GC_PAUSE_TIME_TARGET. */
void governor_init(const struct collector *collector, unsigned target_ms);

/* Dirty pages that can be marked from within the target. */
uint64_t governor_pages_in_target(void);

/* After a stop of `nanoseconds`; `marked`: the collection came to its end in it. */
void governor_after_stop(uint64_t nanoseconds, bool marked);

/*
 * By a marker that has nothing to mark from any more, between stops and with libgc's
 * allocation lock held.  True: there are more pages; false: the rest is for the next stop.
 */
bool governor_find_more(void);

/*
 * In a stop that has harvested: it has found too much to end the collection in time, and
 * what is to be done is better done between stops.
 */
bool governor_try_is_hopeless(void);

/* It waits more than it computes, as of the last collection that has begun. */
bool governor_program_has_time(void);

/* With libgc's allocation lock held, when it has mapped memory for its heap. */
void governor_heap_grew(void);

/* Bytes that the program allocated while the last collection was made. */
size_t governor_allocated(void);

#endif

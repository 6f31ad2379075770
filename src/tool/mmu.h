/* SPDX-License-Identifier: MIT */
/*
 * mmu.h - minimum mutator utilisation (Cheng and Blelloch, 2001).
 *
 * For a length of window: of all windows of that length in a run, the least share of one
 * in which the world was not stopped.  1 is a window without a stop, 0 one that is all
 * stop.  A few long stops and many short ones in a row look the same to a program that
 * must answer in time, and they do here.
 *
 * Cheng and Blelloch take all work of the collector from the program's share.  Of what an
 * incremental collector does within allocations the preload learns nothing, so here it is
 * the program's own: this is an upper bound of their figure.
 */
#ifndef PGB_TOOL_MMU_H
#define PGB_TOOL_MMU_H

#include <stddef.h>
#include <stdint.h>

#include "stats_page.h"

/*
 * `pauses` are in order, do not overlap and end within the run of `lasted` nanoseconds;
 * `window` is at most that, and not 0.
 */
double pgb_mmu(const struct pgb_stats_pause *pauses, size_t count, uint64_t lasted,
	       uint64_t window);

#endif

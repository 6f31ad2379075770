/* SPDX-License-Identifier: MIT */
/*
 * empty_walk.h - spare libgc the walk over its block headers, where it would find nothing.
 *
 * To find the objects that it marks from, libgc goes from the header of one block to that
 * of the next (GC_push_next_marked_dirty): 4 ms for a heap of 400 MB, 80 for one of 6 GB,
 * in every stop, whether a block is dirty or not.  It gets at them through a list of
 * tables, each of the blocks of 4 MiB.  The list hangs on two words in GC_arrays, a
 * variable that libgc 8.2 lets others see.  While the first one is NULL there are no blocks
 * to walk over.
 *
 * With libgc's allocation lock held; world-stopped safe.
 */
#ifndef PGB_BDWGC_EMPTY_WALK_H
#define PGB_BDWGC_EMPTY_WALK_H

#include <stdbool.h>

#include "collector.h"

/* -ENOMEM.  Without this no list is ever found. */
int empty_walk_init(const struct collector *collector);

/*
 * Look for the list.  `object` is any of libgc's: what looks like the list, but does not
 * lead to it, is not taken for it.
 */
void empty_walk_find(const void *object);

/* Was it found? */
bool empty_walk_is_possible(void);

/*
 * The world is stopped and libgc about to mark.  Until empty_walk_end() nothing is to be
 * allocated, and nothing that goes by the list is to take place but that walk.  To be
 * called only if it is possible.
 */
void empty_walk_begin(void);

/* The walk is over, or will not be empty.  Nothing to do if none was begun. */
void empty_walk_end(void);

/* Has it begun, and not ended yet? */
bool empty_walk_is_on(void);

#endif

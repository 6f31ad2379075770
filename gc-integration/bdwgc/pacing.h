/* SPDX-License-Identifier: MIT */
/*
 * pacing.h - how often libgc collects, and which collection marks the whole heap.
 *
 * Some of libgc's ways cost an incremental program time and gain it nothing.  Where the
 * program has set something itself, that stands.
 */
#ifndef PGB_BDWGC_PACING_H
#define PGB_BDWGC_PACING_H

#include <stdbool.h>

#include "collector.h"

/* Before GC_init().  `bounds_stops`: the governor keeps them near a target. */
void pacing_init(const struct collector *collector, bool bounds_stops);

/* After a collection, when its garbage has become free blocks. */
void pacing_after_collection(void);

/* After a stop; `marked`: a collection came to its end in it. */
void pacing_after_stop(bool marked);

#endif

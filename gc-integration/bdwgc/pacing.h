/* SPDX-License-Identifier: MIT */
/*
 * pacing.h - how often libgc collects, and which collection marks the whole heap.
 *
 * Two of libgc's defaults cost an incremental program time and gain it nothing.  Where
 * the program has set one of them itself, that stands.
 */
#ifndef PGB_BDWGC_PACING_H
#define PGB_BDWGC_PACING_H

#include <stdbool.h>

#include "collector.h"

/* Before GC_init(). */
void pacing_init(const struct collector *collector);

/* After a stop; `marked`: a collection came to its end in it. */
void pacing_after_stop(bool marked);

#endif

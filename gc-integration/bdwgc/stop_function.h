/* SPDX-License-Identifier: MIT */
/*
 * stop_function.h - what libgc asks whether to abandon marking, shared with the program.
 *
 * libgc has room for one such function.  It is ours; the program's is asked by it, and is
 * what the program sees when it asks.
 */
#ifndef PGB_BDWGC_STOP_FUNCTION_H
#define PGB_BDWGC_STOP_FUNCTION_H

#include <stdbool.h>

#include "collector.h"

/* Before GC_init().  Does nothing where libgc has no such function. */
void stop_function_init(const struct collector *collector);

/*
 * Abandon marking before its first step, in all stops but the last of each collection. What
 * was dirty has been asked for by then; all else is done between stops.
 */
void stop_function_end_at_once(bool at_once);

#endif

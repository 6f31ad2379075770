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

/*
 * Before GC_init(): ours will be wanted, if libgc has such functions.
 *
 * *is_hopeless is asked once in a stop that libgc would abandon when its time is over,
 * after its harvest; true: abandon it before any marking, or, where the walk is empty, once
 * roots have been pushed.  All else is done between stops.
 *
 * `libgc_pushes_ranges`: it leaves stacks of threads on its mark stack as ranges, as it
 * does where dirty bits are manual, and a thread may end, and its stack be gone, before
 * they are looked at.
 */
void stop_function_init(const struct collector *collector, bool (*is_hopeless)(void),
			bool libgc_pushes_ranges);

/*
 * While GC_init() runs, and holds no lock.  Nothing is done unless libgc is in incremental
 * mode by then: in any other it marks with one thread if it has any function but its own.
 */
void stop_function_install(void);

/* So many stops have been abandoned that way.  With the lock held. */
unsigned stop_function_ended(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * writers.h - threads that write to pages, each on a CPU of its own.
 */
#ifndef BENCH_PRIMITIVES_WRITERS_H
#define BENCH_PRIMITIVES_WRITERS_H

#include <stddef.h>
#include <stdint.h>

#include "cpus.h"
#include "region.h"
#include "stopwatch.h"

#define MAXIMUM_WRITERS 4

/* All pages once, shared among threads; from the first one's start to the last one's end.
 */
void writers_write(const struct cpus *cpus, unsigned threads, const struct region *region,
		   const uint32_t *order, struct stopwatch *watch);

/* A thread on the second CPU that, when told to, writes to pages at random. */
struct mutator;

/* NULL: there is no second CPU, or no thread to be had. */
struct mutator *mutator_start(const struct cpus *cpus);
void mutator_stop(struct mutator *mutator);

/* Returns when it is at it. */
void mutator_run(struct mutator *mutator, const struct region *region);

/* Returns when it writes no more. */
void mutator_park(struct mutator *mutator);

#endif

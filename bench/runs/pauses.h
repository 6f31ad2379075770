/* SPDX-License-Identifier: MIT */
/*
 * pauses.h - the stops of all runs of a cell, put together.
 */
#ifndef BENCH_PAUSES_H
#define BENCH_PAUSES_H

#include <jansson.h>

#include "experiment.h"
#include "histogram.h"

/* Of all sound runs. */
void pauses_pool(const struct cell *cell, struct pgb_histogram *pool);

/* In ms; NAN if there are none. */
double pauses_mean(const struct pgb_histogram *pool);

/*
 * In ms, for a row; null if there was no run.  Count and total are per run, the others of
 * all runs together.
 */
json_t *pauses_distribution(const struct cell *cell);

/* At each window the lowest utilisation of any run: [[ms, share], ...]. */
json_t *pauses_mmu(const struct cell *cell);

/* Is it that of all pauses?  Of a run only the first are kept. */
bool pauses_mmu_is_complete(const struct cell *cell);

/* The share at one of the windows of the report; NAN if that is not known. */
double pauses_mmu_at(const struct cell *cell, unsigned window_ms);

/*
 * [[start, duration], ...] in ms of the sound run of median wall time, and whether that is
 * all of its stops; null for both if there is none.
 */
void pauses_timeline(const struct cell *cell, json_t **timeline, json_t **complete);

#endif

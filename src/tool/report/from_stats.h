/* SPDX-License-Identifier: MIT */
/* from_stats.h - a report of `pgbarrier run --stats`, as the run of a benchmark. */
#ifndef PGB_REPORT_FROM_STATS_H
#define PGB_REPORT_FROM_STATS_H

#include <jansson.h>

/*
 * Each process that used libgc is a row, and the file's name is in its label.  `stats` has
 * been checked.  NULL: out of memory.
 */
json_t *pgb_run_from_stats(const json_t *stats, const char *name);

#endif

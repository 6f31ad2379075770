/* SPDX-License-Identifier: MIT */
/*
 * record.h - this process's record on the stats page.
 *
 * Every function does nothing when there is no page.  A child of fork(2) gets a record
 * of its own with its first event.  World-stopped safe but for record_open().
 */
#ifndef PGB_BDWGC_RECORD_H
#define PGB_BDWGC_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "pgbarrier.h"
#include "stats_page.h"

void record_open(const char *path);
bool record_is_open(void);

/* The record to write to, or NULL. */
struct pgb_stats_process *record(void);

/* How it went: shown in the report. */
void record_text(char *field, size_t size, const char *text);
void record_fallback(const char *reason);
void record_harvest(uint64_t nanoseconds, const struct pgb_stats *stats,
		    uint64_t pages_unarmed);
void record_walk_skipped(void);
/* A stop of the world, from `began` by record_now(). */
void record_pause(uint64_t began, uint64_t nanoseconds, uint64_t collections,
		  uint64_t heap_bytes);
void record_at_exit(uint64_t vmas);

uint64_t record_now(void); /* nanoseconds, CLOCK_MONOTONIC */

#endif

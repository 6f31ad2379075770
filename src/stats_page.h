/* SPDX-License-Identifier: MIT */
/*
 * stats_page.h - what the preload counts, where the command can read it.
 *
 * `pgbarrier run --stats` makes a file of this shape, names it to the preload in
 * PGBARRIER_STATS_PAGE, waits for the program and turns the page into JSON.  So the
 * numbers survive a program that crashes or calls _exit(), and the program itself
 * writes no report.  Every process that uses libgc under the preload, children of
 * fork(2) too, claims a record by a compare-and-swap of `pid` from 0; past the last
 * record it only counts in `processes_left_out`.
 */
#ifndef PGB_STATS_PAGE_H
#define PGB_STATS_PAGE_H

#include <stdint.h>

#include "histogram.h"

#define PGB_STATS_MAGIC	    0x70676231u /* "pgb1" */
#define PGB_STATS_PROCESSES 32
#define PGB_STATS_FALLBACKS 8
#define PGB_STATS_TEXT	    160
#define PGB_STATS_PAUSES    16384

/* Why a range, or a whole process, went without the barrier. */
struct pgb_stats_fallback {
	uint64_t count;
	char reason[PGB_STATS_TEXT];
};

/* A stop of the world. */
struct pgb_stats_pause {
	uint64_t start_ns; /* since started_ns */
	uint64_t duration_ns;
};

struct pgb_stats_process {
	uint64_t pid;	 /* 0: free */
	uint64_t parent; /* pid of the record this one was forked from, else 0 */
	char program[PGB_STATS_TEXT]; /* /proc/self/exe */
	char libgc[PGB_STATS_TEXT];   /* path of the object that defines GC_init */
	char libgc_version[16];	      /* "8.2.2"; empty: no libgc in this process */
	char backend[32];	      /* empty: none */
	char design[8];		      /* "A", "B" or "none" */
	char mode[16];		      /* "generational", "incremental", "off" */
	char reason[PGB_STATS_TEXT];  /* why design is none, or why this design */
	uint64_t harvests, pages_reported, pages_harvested, pages_watched, pages_unsure;
	uint64_t pages_unarmed; /* reported, too, since the preload had not armed them */
	uint64_t walks_skipped; /* stops in which libgc was spared its walk over blocks */
	uint64_t signals;	/* write faults that libgc's own handler took */
	uint64_t vmas_at_exit;	/* 0: the process did not end by exit(3) */
	uint64_t sigsegv_handlers; /* times libgc installed one */
	uint64_t collections, heap_bytes;
	uint64_t started_ns; /* CLOCK_MONOTONIC: the record's first moment */
	uint64_t lasted_ns;  /* from then to exit(3); 0 as vmas_at_exit */
	struct pgb_stats_fallback fallbacks[PGB_STATS_FALLBACKS];
	struct pgb_histogram harvest_ns;
	struct pgb_histogram pause_ns;
	/* The first ones; behind pause_ns.count, so that a copy has all that it counts. */
	struct pgb_stats_pause pauses[PGB_STATS_PAUSES];
};

struct pgb_stats_head {
	uint32_t magic;
	uint32_t size; /* sizeof(struct pgb_stats_page): both sides must agree */
};

/* Of megabytes: not for a stack. */
struct pgb_stats_page {
	struct pgb_stats_head head;
	uint64_t processes_left_out;
	struct pgb_stats_process process[PGB_STATS_PROCESSES];
};

#endif

/* SPDX-License-Identifier: MIT */
/*
 * run_report.h - what `pgbarrier run --stats=FILE` wrote about one run.
 */
#ifndef BENCH_RUN_REPORT_H
#define BENCH_RUN_REPORT_H

#include <jansson.h>

enum metric {
	WALL_MS,
	CPU_MS,
	PAUSES, /* how many */
	PAUSE_MEAN_MS,
	PAUSE_MAX_MS,
	MINOR_FAULTS,
	MAJOR_FAULTS,
	PEAK_RSS_KIB,
	SIGNALS,	 /* that libgc's own handler took */
	REQUEST_P999_MS, /* NAN: the program serves no requests, as of the next one */
	REQUESTS_LATE,	 /* end of the last one after its time, as a share of all time */
	METRICS,
};

struct run_report {
	double value[METRICS]; /* NAN: not known */
	char backend[32], mode[16];
	char design[8];	  /* "A", "B", "none"; empty: libgc was not in the program */
	char reason[96];  /* why this design, or why none */
	json_t *root;	  /* all of it */
	json_t *process;  /* the program's part of it, lent; NULL: libgc was not there */
	json_t *requests; /* what a server said of its latencies; NULL: nothing */
};

/* 0, or -EINVAL if the file is not there or is no such report; nothing is to be released
 * then. */
int run_report_read(const char *path, struct run_report *report);

/* Add what a server wrote of its latencies, if it did. */
void run_report_read_requests(const char *path, struct run_report *report);

/* The JSON; the figures stay. */
void run_report_release(struct run_report *report);

#endif

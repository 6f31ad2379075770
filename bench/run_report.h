/* SPDX-License-Identifier: MIT */
/*
 * run_report.h - what `pgbarrier run --stats=FILE` wrote about one run.
 */
#ifndef BENCH_RUN_REPORT_H
#define BENCH_RUN_REPORT_H

struct run_report {
	double wall_ms;
	double pauses;					       /* how many */
	double pause_p50, pause_p99, pause_max, pause_average; /* ms */
	double signals;
	char design[8];	 /* "A", "B", "none"; empty: libgc was not in the program */
	char reason[96]; /* why this design, or why none */
};

/* 0, or -EINVAL if the file is not there or is no such report. */
int run_report_read(const char *path, struct run_report *report);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * progress.h - what a benchmark is at, for whoever waits: on standard error.
 */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

/*
 * Say it: on a terminal in one line that the next one replaces, elsewhere in a line of its
 * own, every few seconds at most.
 */
__attribute__((format(printf, 1, 2))) void progress(const char *format, ...);

/* Clear the line, before results are printed. */
void progress_end(void);

#endif

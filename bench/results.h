/* SPDX-License-Identifier: MIT */
/*
 * results.h - the file of a benchmark suite: what was measured, on which machine.
 *
 * It is one JSON document, {"schema": "pgbarrier-bench/1", "runs": [...]}.  A suite writes
 * one with a single run; `pgbarrier bench` puts those of several suites together.  What
 * could not be had is null there, and never 0.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define RESULTS_SCHEMA "pgbarrier-bench/1"

struct results;

/*
 * Begin the run of a suite ("primitives", "gc", "programs") and look the machine over. NULL
 * if memory is out.  To be freed with results_free().
 */
struct results *results_new(const char *suite, bool quick);

/* Add a row, which is taken over whatever is returned.  0 or -ENOMEM, also for NULL. */
int results_add(struct results *results, json_t *row);

/* Note what was not measured, and why.  0 or -ENOMEM. */
int results_skip(struct results *results, const char *what, const char *why);

/* {"median", "low", "high", "rounds"}; null for no values.  Sorts them.  NULL: no memory.
 */
json_t *results_spread(double *values, size_t count);

/* A number, or null for one that could not be had (not a number).  NULL: no memory. */
json_t *results_number(double value);

/* The share of all CPU time since results_new() that others had: 0 to 1; NAN if not known.
 */
double results_others_share(const struct results *results);

/* What was noted: an array of {"what", "why"}.  Lent. */
const json_t *results_skipped(const struct results *results);

/* Write the document to a file, or to standard output for "-".  0 or a negative errno. */
int results_write(struct results *results, const char *path);

/* NULL is allowed. */
void results_free(struct results *results);

#endif

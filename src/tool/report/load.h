/* SPDX-License-Identifier: MIT */
/* load.h - the files that a page is made of, read and checked. */
#ifndef PGB_REPORT_LOAD_H
#define PGB_REPORT_LOAD_H

#include <jansson.h>
#include <stddef.h>

/* The suite of a run that is a file of `pgbarrier run --stats`. */
#define PGB_SUITE_STATS "run --stats"

/*
 * The runs in all files, in order, as an array: each as in the file of a benchmark, and
 * with the member "file".  A file of `pgbarrier run --stats` is one run, without "machine".
 * NULL, after a message to the user, if one cannot be used, or two do not belong together.
 */
json_t *pgb_load(char *const *files, size_t count);

#endif

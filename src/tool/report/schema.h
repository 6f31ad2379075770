/* SPDX-License-Identifier: MIT */
/* schema.h - the files that a page is made of. */
#ifndef PGB_REPORT_SCHEMA_H
#define PGB_REPORT_SCHEMA_H

#include "tool/report/check.h"

#define PGB_BENCH_SCHEMA "pgbarrier-bench/1"

/* A file of `pgbarrier bench --json`; its rows are checked by the next function. */
extern const struct pgb_field pgb_bench_fields[];

/* The rows of a suite, as the member "rows" of its run; NULL: no such suite. */
const struct pgb_field *pgb_suite_fields(const char *suite);

/* A file of `pgbarrier run --stats`. */
extern const struct pgb_field pgb_stats_fields[];

#endif

/* SPDX-License-Identifier: MIT */
/*
 * show.h - cells as a table for people: a row for each label, a column for each backend.
 */
#ifndef BENCH_PRIMITIVES_SHOW_H
#define BENCH_PRIMITIVES_SHOW_H

#include "cell.h"

/*
 * "0.14  1052": the ratio to the reference, then the median.  Below it, how far rounds were
 * apart.  `title` says what the ratio is to and what the unit is.
 */
void show_cells(const char *title, const struct cells *cells);

/*
 * "0.99, 4122": shootdowns of TLBs, then mappings of the process where those were counted.
 * Nothing where neither was.
 */
void show_counts(const char *title, const struct cells *cells);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * cell.h - a figure: of what it is, and what was measured in each round.
 */
#ifndef BENCH_PRIMITIVES_CELL_H
#define BENCH_PRIMITIVES_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../results.h"
#include "region.h"
#include "stopwatch.h"

#define MAXIMUM_ROUNDS 64

struct cell {
	/* Texts are static; NULL and NO_PATTERN are null in the results. */
	const char *bench, *operation, *backend, *mutators;
	const char *unit;	      /* "ns/page" */
	const struct cell *reference; /* of its ratio; NULL: it has none */
	size_t region_bytes;
	double density; /* percent of the pages that are dirty; negative: null */
	enum pattern pattern;
	unsigned threads;
	int err; /* why it has no values */
	bool huge_pages;

	/* What was measured; a round of every cell is of the same seconds. */
	double values[MAXIMUM_ROUNDS];
	size_t rounds;
	double shootdowns, mappings; /* for each unit, and at most; NAN: not known */
};

/* Cells of one table. */
struct cells {
	struct cell *cell;
	size_t count, room;
};

/* How many rounds: as many as there is time for, within bounds. */
struct pace {
	size_t least, most; /* the latter at most MAXIMUM_ROUNDS */
	double seconds;
};

/*
 * Measure a cell once: `watch` has gone on for `units` operations afterwards.  0, or the
 * negative errno that keeps the cell from being measured at all.
 */
typedef int cell_turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg);

/* A copy of `cell`, which cells_run() has not seen.  Ends the program if memory is out. */
struct cell *cells_add(struct cells *cells, const struct cell *cell);
void cells_free(struct cells *cells);

/* The cell like this one but for the backend; NULL: there is none. */
const struct cell *cells_like(const struct cells *cells, const struct cell *cell,
			      const char *backend);

/* Have each cell's ratio be to the one like it of this backend. */
void cells_compare(struct cells *cells, const char *backend);

/* Run all by turns, after a round that is not timed. */
void cells_run(struct cells *cells, const struct pace *pace, cell_turn *turn, void *arg);

/* The median of all rounds; NAN: there are none. */
double cell_median(const struct cell *cell);

/* The ratios of rounds to those of the reference, in order; returns how many there are. */
size_t cell_ratios(const struct cell *cell, double ratios[MAXIMUM_ROUNDS]);

/* The median of the ratios of rounds to those of the reference; NAN: there are none. */
double cell_ratio(const struct cell *cell);

/* "3 threads, random": all but bench, backend and size. */
void cell_label(const struct cell *cell, char *label, size_t size);

/* All of it: "harvest of 16 MiB, 1 % dirty, random, mutators parked, mprotect". */
void cell_name(const struct cell *cell, char *name, size_t size);

/* Rows for what was measured, and what could not be and why.  0 or -ENOMEM. */
int cells_record(const struct cells *cells, struct results *results);

#endif

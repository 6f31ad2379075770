/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - a program, the configurations it is run in, and what was measured.
 */
#ifndef BENCH_EXPERIMENT_H
#define BENCH_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "configuration.h"
#include "places.h"
#include "run_report.h"

#define MAXIMUM_ROUNDS	  16
#define OUTCOME_SIZE	  160
#define PROGRAM_ARGUMENTS 8

/* A run is sound if it ended well with the right output; only such runs are measured. */
struct cell {
	unsigned runs, sound_runs;
	bool sound[MAXIMUM_ROUNDS];
	struct run_report reports[MAXIMUM_ROUNDS]; /* of the sound runs */
	unsigned peak_vmas;			   /* from a run of its own; 0: unknown */
	char outcome[OUTCOME_SIZE];		   /* of the first run that was not sound */
};

struct program {
	char name[64];
	unsigned live_mib; /* 0: unknown */
	char *argv[PROGRAM_ARGUMENTS + 1];
	const char *const *variables; /* of its environment; NULL: none */
	bool tells_requests;	      /* it takes --requests=FILE */
	unsigned configurations;      /* BIT()s */
	unsigned rounds;
	struct cell cells[CONFIGURATIONS];
};

struct experiment {
	const struct places *places;
	const struct setting *setting;
	unsigned run_limit; /* seconds after which a run is ended */
	uint64_t deadline;  /* by now_ns(): start no run after it, no round to pass it */
};

/*
 * Run a program in all its configurations by turns: once each to count VMAs, which may take
 * half of the time, then for as many rounds as it wants and the deadline allows.  0, or a
 * negative errno of child_run().  What there was no time for has no runs.
 */
int experiment_run(const struct experiment *experiment, struct program *program);

/* The values of the sound runs that have one, in the order of rounds.  How many. */
size_t cell_values(const struct cell *cell, enum metric metric,
		   double values[MAXIMUM_ROUNDS]);

/* NAN if there are none. */
double cell_median(const struct cell *cell, enum metric metric);
double cell_largest(const struct cell *cell, enum metric metric);

/* Did the server end much later than its requests came in?  Then they had to queue. */
bool cell_fell_behind(const struct cell *cell);

/* The median of the ratios in rounds that were sound for both; NAN if there are none. */
double cell_ratio(const struct cell *cell, const struct cell *to, enum metric metric);

/* Let go of the reports; the figures stay. */
void cell_release(struct cell *cell);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * experiment.h - programs, the configurations they are run in, and what was measured.
 */
#ifndef BENCH_EXPERIMENT_H
#define BENCH_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAXIMUM_ROUNDS	  64
#define OUTCOME_SIZE	  128
#define PROGRAM_ARGUMENTS 6

enum configuration_id {
	STOCK,
	STOCK_ONE_MARKER, /* marks with one thread, as it does when stops are bounded */
	STOCK_INCREMENTAL,
	DESIGN_A,
	DESIGN_A_PAUSE, /* design A with --pause=5 */
	DESIGN_B,
	CONFIGURATIONS,
};

#define BIT(id) (1u << (id))

/* Medians are taken over the sound runs: those that ended well with the right output. */
struct cell {
	unsigned runs, sound;
	double wall_ms[MAXIMUM_ROUNDS];
	double pauses[MAXIMUM_ROUNDS]; /* how many */
	double pause_p50[MAXIMUM_ROUNDS], pause_p99[MAXIMUM_ROUNDS];
	double pause_average[MAXIMUM_ROUNDS]; /* ms, as the ones before */
	double signals[MAXIMUM_ROUNDS];
	double longest_pause;	    /* of all runs, ms */
	unsigned peak_vmas;	    /* from a run of its own */
	unsigned unsound;	    /* runs that ended as `outcome` says */
	char outcome[OUTCOME_SIZE]; /* of the first run that was not sound */
};

struct program {
	char name[64];
	char *argv[PROGRAM_ARGUMENTS + 1];
	unsigned configurations; /* BIT()s */
	unsigned rounds;
	struct cell cells[CONFIGURATIONS];
};

struct experiment {
	const char *pgbarrier;	 /* the command */
	const char *report_path; /* where it is to write its reports */
	bool stock_is_soft_dirty;
	double others_share; /* of the CPU time meanwhile, 0 to 1 */
	unsigned run_limit;  /* seconds after which a run counts as hung */
	uint64_t deadline;   /* by now_ns(): start no further round that would pass it */
};

/* "stock incremental (mprotect)". */
const char *configuration_name(const struct experiment *experiment,
			       enum configuration_id id);

/* Does this kernel have what stock libgc uses instead of mprotect? */
bool kernel_has_soft_dirty(void);

/*
 * Run a program in all its configurations by turns: once each to count VMAs, then for as
 * many rounds as it wants and the deadline allows, but at least one.  0, or a negative
 * errno of child_run().
 */
int experiment_run(const struct experiment *experiment, struct program *program);

#endif

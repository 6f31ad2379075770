/* SPDX-License-Identifier: MIT */
/*
 * measure_options.h - the options of the benchmarks that measure in rounds.
 */
#ifndef BENCH_MEASURE_OPTIONS_H
#define BENCH_MEASURE_OPTIONS_H

#include <argp.h>
#include <stddef.h>
#include <stdint.h>

#define MAXIMUM_ROUNDS 1001

struct measure_options {
	size_t rounds;
	uint64_t seed;
};

/* Entries of the program's table of options.  Their arguments are string literals. */
#define ROUNDS_OPTION(rounds)                                                              \
	"rounds", 'r', "N", 0, "Rounds, of which the median is taken (" rounds ")", 0
#define SEED_OPTION(purpose, seed)                                                         \
	"seed", 's', "N", 0, "Seed of the " purpose " (" seed ")", 0

/* What the program's own parser returns for a key that is not its own. */
error_t parse_measure_option(int key, char *argument, struct argp_state *state,
			     struct measure_options *options);

#endif

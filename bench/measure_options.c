/* SPDX-License-Identifier: MIT */
/*
 * measure_options.c - the options of the benchmarks that measure in rounds.
 */
#include "measure_options.h"

#include <errno.h>

#include "number_option.h"

error_t parse_measure_option(int key, char *argument, struct argp_state *state,
			     struct measure_options *options)
{
	switch (key) {
	case 'r':
		options->rounds =
			number_option(state, "rounds", argument, 1, MAXIMUM_ROUNDS);
		return 0;
	case 's':
		options->seed = number_option(state, "seed", argument, 0, UINT64_MAX);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: %s takes no arguments", argument, state->name);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * suite_options.c - the options that `pgbarrier bench` gives to a suite.
 */
#include "suite_options.h"

#include <errno.h>

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct suite_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = argument;
		return 0;
	case 'q':
		options->quick = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: %s takes no arguments", argument, state->name);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"json", 'j', "FILE", 0, "Also write the results to FILE", 0},
	{"quick", 'q', NULL, 0, "Less of everything, in a minute or so", 0},
	{0},
};

const struct argp suite_argp = {.options = option_table, .parser = parse_option};

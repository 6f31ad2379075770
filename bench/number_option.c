/* SPDX-License-Identifier: MIT */
/*
 * number_option.c - the value of an option that takes a number.
 */
#include "number_option.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

uint64_t number_option(const struct argp_state *state, const char *name, const char *text,
		       uint64_t minimum, uint64_t maximum)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || !isdigit((unsigned char)*text) || *end || number < minimum ||
	    number > maximum)
		argp_error(state, "--%s=%s: give a number from %" PRIu64 " to %" PRIu64,
			   name, text, minimum, maximum);
	return number;
}

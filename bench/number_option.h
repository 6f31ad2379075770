/* SPDX-License-Identifier: MIT */
/*
 * number_option.h - the value of an option that takes a number.
 */
#ifndef BENCH_NUMBER_OPTION_H
#define BENCH_NUMBER_OPTION_H

#include <argp.h>
#include <stdint.h>

/* Ends the program with status 2 and a sentence if `text` is not such a number. */
uint64_t number_option(const struct argp_state *state, const char *name, const char *text,
		       uint64_t minimum, uint64_t maximum);

#endif

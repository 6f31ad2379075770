/* SPDX-License-Identifier: MIT */
/*
 * suite_options.h - the options that `pgbarrier bench` gives to a suite.
 */
#ifndef BENCH_SUITE_OPTIONS_H
#define BENCH_SUITE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

struct suite_options {
	const char *json; /* the file for the results, "-" standard output; NULL: none */
	bool quick;
};

/* A child of the suite's own parser, which hands it its struct suite_options. */
extern const struct argp suite_argp;

#endif

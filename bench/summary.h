/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what a comparison prints.
 */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include "experiment.h"
#include "programs.h"

/* One line for each program and configuration. */
void print_comparison(const struct experiment *experiment,
		      struct program programs[PROGRAMS]);

/* The figures that the project set itself, beside what was measured. */
void print_figures(const struct experiment *experiment, struct program programs[PROGRAMS]);

#endif

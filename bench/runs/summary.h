/* SPDX-License-Identifier: MIT */
/*
 * summary.h - what a suite prints.
 */
#ifndef BENCH_SUMMARY_H
#define BENCH_SUMMARY_H

#include "plan.h"

/* One line for each configuration.  To be called before the reports are released. */
void print_program(const struct setting *setting, const struct program *program);

/* The figures that the project set itself, beside what was measured. */
void print_figures(const struct setting *setting, const struct suite *suite,
		   const struct plan *plan);

/* How to read it, and what was left out. */
void print_notes(const struct results *results, const struct plan *plan);

#endif

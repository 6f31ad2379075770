/* SPDX-License-Identifier: MIT */
/*
 * programs.h - which programs are compared.
 */
#ifndef BENCH_PROGRAMS_H
#define BENCH_PROGRAMS_H

#include <stdbool.h>

#include "experiment.h"

enum program_id {
	GCBENCH,
	MUTATOR,
	MUTATOR_THREADS,
	GUILE,
	NIX,
	MUTATOR_700,
	MUTATOR_1536,
	PROGRAMS,
};

/*
 * Fill in the programs of a quick or full comparison; `directory` is where our own are.
 * What is left out has no configurations, and a line on standard output says why.
 */
void programs_fill(struct program programs[PROGRAMS], const char *directory, bool full,
		   unsigned rounds);

void programs_free(struct program programs[PROGRAMS]);

#endif

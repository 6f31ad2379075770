/* SPDX-License-Identifier: MIT */
/*
 * suite.h - a suite of programs on libgc: what is run, and what is made of it.
 */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include "experiment.h"

#define LOADS 5

/* How large a program is made, and in which configurations it is run then. */
struct load {
	unsigned live_mib;    /* for its --mib=; 0: as it is */
	unsigned quick, full; /* configurations: BIT()s; 0: not at all */
	unsigned rounds;      /* 0: as many as asked for */
};

/* Words of commands are expanded by places_expand(). */
struct description {
	const char *name;
	const char *command[PROGRAM_ARGUMENTS];
	const char *prepare[PROGRAM_ARGUMENTS]; /* run once before */
	bool tells_requests;
	unsigned heap_mib; /* to be expected where no load says it */
	struct load loads[LOADS + 1];
};

/* A figure that the project has set itself. */
struct figure {
	const char *program; /* NULL: of each */
	unsigned live_mib;   /* 0: whatever is alive */
	const char *what;
	enum { RATIO, LARGEST, VMAS } kind;
	enum metric metric;		   /* not of VMAS */
	enum configuration_id of, against; /* against: of a RATIO alone */
	double limit;
};

struct suite {
	const char *name;
	const char *doc; /* for --help */
	const struct description *descriptions;
	size_t count;
	const struct figure *figures;
	size_t figure_count;
	unsigned quick_seconds;
};

/* The main function of a suite's program. */
int suite_main(const struct suite *suite, int argc, char **argv);

#endif

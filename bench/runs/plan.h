/* SPDX-License-Identifier: MIT */
/*
 * plan.h - which programs a suite runs on this machine.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "suite.h"

struct plan {
	size_t count;
	struct program **programs;
	const struct description **descriptions; /* of each */
};

struct plan_wishes {
	bool quick;
	unsigned rounds;
	const char *only;  /* programs whose names match, as of fnmatch(); NULL: all */
	unsigned live_mib; /* only with that alive; 0: with what the table says */
	/* All whose labels match, and stock; NULL: those of the table. */
	const char *configurations;
};

/*
 * What cannot be run is noted among `skipped`.  0, or -ENOMEM; to be freed in either case.
 */
int plan_make(struct plan *plan, const struct suite *suite, const struct places *places,
	      const struct setting *setting, const struct plan_wishes *wishes,
	      struct results *skipped);
void plan_free(struct plan *plan);

/* Is it to be run, if this machine can? */
bool plan_wants(const struct description *description, const struct plan_wishes *wishes);

/* Note that a program, or one configuration of it, is left out, and why.  0 or -ENOMEM. */
int plan_skip(const struct program *program, const char *configuration, const char *why,
	      struct results *skipped);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * suite.h - what the parts of this suite share, and the parts.
 */
#ifndef BENCH_PRIMITIVES_SUITE_H
#define BENCH_PRIMITIVES_SUITE_H

#include <stdbool.h>

#include "../results.h"
#include "cell.h"
#include "cpus.h"
#include "subject.h"

struct suite {
	bool quick;
	struct cpus cpus;
	struct subjects subjects;
	struct results *results;
};

/* One table. */
struct part {
	const char *title;
	const char *counts;    /* title of a table of shootdowns and mappings; or NULL */
	const char *reference; /* the backend that ratios are to; NULL: plan() sets it */
	struct pace pace;
	int (*plan)(struct cells *cells, void *arg); /* 0 or -ENOMEM */
	cell_turn *turn;
	void (*look)(const struct cells *cells, void *arg); /* at the figures; or NULL */
};

/*
 * Plan cells, measure them, print their table and add their rows.  0 or a negative errno.
 */
int suite_run(struct suite *suite, const struct part *part, void *arg);

/* The parts.  0 or a negative errno. */
int appel_li(struct suite *suite);
int first_write(struct suite *suite);
int card_marking(struct suite *suite);
int rewrite(struct suite *suite);
int harvest(struct suite *suite); /* after first_write(), whose figures it goes by */

#endif

/* SPDX-License-Identifier: MIT */
/*
 * configuration.h - the ways in which a program is run.
 */
#ifndef BENCH_CONFIGURATION_H
#define BENCH_CONFIGURATION_H

#include <stdbool.h>

#include "results.h"

#define CONFIGURATION_VARIABLES 2
#define CONFIGURATION_FLAGS	3

enum configuration_id {
	STOCK,
	STOCK_ONE_MARKER, /* marks with one thread, as it does when stops are bounded */
	STOCK_INCREMENTAL,
	STOCK_MPROTECT, /* the same with mprotect, where libgc goes by soft-dirty bits */
	DESIGN_A, /* with the backend that is chosen here, as those with a pause are */
	A_PLAIN,  /* with all pages armed, as PAUSE_5_PLAIN is */
	PAUSE_1,
	PAUSE_5,
	PAUSE_5_PLAIN,
	PAUSE_20,
	DESIGN_B,
	A_UFFD_SYNC,
	A_UFFD_SIGBUS,
	A_MPROTECT,
	A_SOFT_DIRTY,
	A_KMOD,
	A_KMOD_WP,
	A_KMOD_SYNC,
	CONFIGURATIONS,
};

#define BIT(id)	       (1u << (id))
#define EVERY_BACKEND  (BIT(CONFIGURATIONS) - BIT(A_UFFD_SYNC))
#define EVERY_PAUSE    (BIT(PAUSE_1) | BIT(PAUSE_5) | BIT(PAUSE_20))
#define EVERY_PLAIN    (BIT(A_PLAIN) | BIT(PAUSE_5_PLAIN))
#define CONFIGURED_ALL (BIT(CONFIGURATIONS) - 1)

struct configuration {
	const char *name; /* "stock", "stock-incremental", "A", "B" */
	const char *variables[CONFIGURATION_VARIABLES]; /* of libgc's, in the environment */
	const char *design;  /* what must have served; NULL: stock */
	const char *backend; /* asked for; NULL: none, or the best that runs */
	const char *mode;
	const char *policy;			/* asked for; NULL: what is usual */
	unsigned pause;				/* target, ms; 0: none */
	const char *flags[CONFIGURATION_FLAGS]; /* of `pgbarrier run` */
};

extern const struct configuration configurations[CONFIGURATIONS];

/* What of them this machine can do, and what they are called here. */
struct setting {
	unsigned available;		/* BIT()s */
	char label[CONFIGURATIONS][64]; /* empty: it is the same as another one */
};

/*
 * Look that up, for configurations whose labels match `pattern`, as of fnmatch(), NULL
 * being all, and for stock libgc, which all are compared with.  What cannot run is noted
 * among `skipped`.  0 or -ENOMEM.
 */
int setting_examine(struct setting *setting, const char *pattern, struct results *skipped);

/* Is there a configuration of such a label, whether it can run here or not? */
bool setting_knows(const struct setting *setting, const char *pattern);

#endif

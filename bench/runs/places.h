/* SPDX-License-Identifier: MIT */
/*
 * places.h - where a suite finds what it runs, and leaves what it needs for a while.
 */
#ifndef BENCH_PLACES_H
#define BENCH_PLACES_H

#include <limits.h>

#define PLACES_NAME (PATH_MAX + 32)

struct places {
	char own[PATH_MAX];	  /* directory of the suite, and of its workloads */
	char inputs[PLACES_NAME]; /* directory of what programs are given to read */
	char pgbarrier[PLACES_NAME];
	char scratch[PATH_MAX]; /* a directory that is gone in the end */
	char report[PLACES_NAME], requests[PLACES_NAME];
};

/*
 * In a build tree things are beside us, else where they were to be installed.  `pgbarrier`:
 * the command to use; NULL: our own.  0 or a negative errno, with a message.
 */
int places_find(struct places *places, const char *pgbarrier);

/*
 * A word of a command in a table: "own:", "input:" and "scratch:" before a name, or before
 * what an option takes ("--to=scratch:x"), stand for directories.  To be freed; NULL: no
 * memory.
 */
char *places_expand(const struct places *places, const char *word);

/* Remove the scratch directory and what is in it. */
void places_leave(const struct places *places);

#endif

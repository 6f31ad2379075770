/* SPDX-License-Identifier: MIT */
/*
 * child.h - run one program to its end, and look at it meanwhile.
 */
#ifndef BENCH_CHILD_H
#define BENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

struct child_request {
	const char *const *argv;      /* argv[0] is looked for in PATH */
	const char *const *variables; /* for its environment, "NAME=value"; NULL: none */
	bool count_vmas;	      /* slows the child down, if it has many */
	unsigned limit;		      /* seconds after which it is ended; 0: none */
};

struct child_result {
	int status;	   /* as from waitpid() */
	unsigned too_long; /* seconds, after which it was ended; 0: it was not */
	unsigned peak_vmas;
	char *output; /* all of standard output; to be freed */
	size_t output_size;
	char last_words[96]; /* last line of standard error, as of pgb_json_copy() */
};

/*
 * Take care of signals from here on: those that end a program are answered by ending the
 * child of the moment, and nothing else.  To be called once, before child_run().
 */
void child_prepare(void);

/* The end of that.  A signal that told us to end does so now, as if just taken. */
void child_leave(void);

/*
 * Run a program without input, and without the GC_* and PGBARRIER_* variables of our own
 * environment.  Returns 0, however the program ended; -EINTR if we were told to end, in
 * which case the child is gone and *result is empty; another negative errno if it could
 * not be started.
 */
int child_run(const struct child_request *request, struct child_result *result);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * output.h - a file that is written whole or not at all.
 *
 * It is opened long before it is written, so that a name which cannot be written is
 * found out before the program runs and not after.
 */
#ifndef PGB_TOOL_OUTPUT_H
#define PGB_TOOL_OUTPUT_H

#include <limits.h>

struct pgb_output {
	int fd;
	const char *start;	  /* written before the text */
	char path[PATH_MAX];	  /* links followed, absolute */
	char temporary[PATH_MAX]; /* to be renamed to path; empty: path is open itself */
};

/* "-" is standard error.  Negative errno, with a message to the user, on failure. */
int pgb_output_open(struct pgb_output *output, const char *name);

/* Write `text` and a newline, close.  As above. */
int pgb_output_finish(struct pgb_output *output, const char *text);

/* Close without having written anything. */
void pgb_output_cancel(struct pgb_output *output);

#endif

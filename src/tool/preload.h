/* SPDX-License-Identifier: MIT */
/* preload.h - where the preload is, and how a program gets it. */
#ifndef PGB_TOOL_PRELOAD_H
#define PGB_TOOL_PRELOAD_H

#include <limits.h>
#include <stddef.h>

struct pgb_preload {
	char built[PATH_MAX];  /* beside the command, in a build tree */
	const char *installed; /* static */
	const char *path;      /* the one of them to use; NULL: neither is there */
};

void pgb_preload_find(struct pgb_preload *preload);

/*
 * Put it in front of LD_PRELOAD in our environment.  Says why and returns a negative
 * errno if that cannot be.
 */
int pgb_preload_set(void);

#endif

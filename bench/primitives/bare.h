/* SPDX-License-Identifier: MIT */
/*
 * bare.h - mprotect(2) and a SIGSEGV handler without a library: what a collector does that
 * has nothing else.
 *
 * There is one range at a time.  The handler is installed while there is one, over those of
 * backends, which gets them back afterwards.
 */
#ifndef BENCH_PRIMITIVES_BARE_H
#define BENCH_PRIMITIVES_BARE_H

#include <stddef.h>

/* What the handler does beside unprotecting the page. */
enum bare_handler {
	BARE_UNPROTECTS,
	BARE_ALSO_PROTECTS, /* the page that faulted before */
	BARE_RETURNS,	    /* BARE_RETURNS_N times without having done anything */
};

#define BARE_RETURNS_N 99 /* traps of nothing, then one more that ends it */

/* 0 or a negative errno, as of the others. */
int bare_begin(char *start, size_t bytes);
void bare_end(void);

void bare_handle(enum bare_handler handler);

/*
 * Protect all that was written, in one call, and count it.  The world must be stopped.
 * -ENOMEM: there are not enough mappings to tell what was written (vm.max_map_count).
 */
int bare_harvest(size_t *pages);

/* Protect, or unprotect, a single page. */
int bare_protect(size_t page);
int bare_unprotect(size_t page);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * backend.h - what a backend is.
 *
 * A backend notices writes to ranges of memory.  It is one file that exports one
 * `const struct pgb_backend`, and one line in the table of choice.c.  It knows nothing
 * of collectors, environment variables or other backends; null.c is the template.
 *
 * The barrier above sees to it that
 *  - add, remove and forked_child exclude each other; a harvest excludes other harvests
 *    and forked_child, but not add and remove, whose thread may even be stopped halfway;
 *  - ranges are page-aligned and not empty; what harvest and remove are given has been
 *    added, though neighbours may have been joined and pieces cut out since;
 *  - pins and the joining of runs are taken care of.
 *
 * harvest is called with the world stopped, while any lock may be held: no allocation, no
 * lock, no stdio.  What it needs is reserved by open and add.
 */
#ifndef PGB_BACKEND_BACKEND_H
#define PGB_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "pgbarrier.h"
#include "sink.h"

struct pgb_backend {
	const char *name;
	const char *summary;
	uint32_t capabilities; /* enum pgb_capability */
	bool automatic;	       /* may be chosen without being asked for */

	/*
	 * 0 if it can run in this process, now; tried, not guessed from a version.
	 * Else a negative errno, and a reason in words.
	 */
	int (*probe)(char *reason, size_t reason_size);

	/* 0 and *state, or a negative errno. */
	int (*open)(void **state);

	/* The ranges have been removed. */
	void (*close)(void *state);

	/*
	 * Watch [start, end), which reads dirty until it is harvested, also if it was
	 * watched before.  Only -ENOMEM, -EINVAL and -EBUSY, memory of another's, are
	 * failures; memory that cannot be watched yet reads dirty.
	 */
	int (*add)(void *state, uintptr_t start, uintptr_t end);

	/*
	 * `length` bytes of zeros at *start, which the backend can watch; add comes next.
	 * Under the rules of add.  NULL, and free too: any memory will do.
	 */
	int (*alloc)(void *state, size_t length, uintptr_t *start);

	/* [start, end), pages that alloc gave, have been removed and are not needed. */
	void (*free)(void *state, uintptr_t start, uintptr_t end);

	/* Leave [start, end) writable and unwatched; it may be unmapped by now. */
	void (*remove)(void *state, uintptr_t start, uintptr_t end);

	/*
	 * Report every page of [start, end) that was written since its last harvest and
	 * arm it again.  On a negative errno too the report is complete: what the
	 * backend could not vouch for it has reported as unsure.
	 */
	int (*harvest)(void *state, uintptr_t start, uintptr_t end, struct pgb_sink *sink);

	/*
	 * Make the first pages at `from` those at `to`, whatever is at `to`, without
	 * copying: returns how many bytes, at least a page, or a negative errno when it
	 * cannot, and nothing was moved; what is at `to` may be gone.  Both read dirty,
	 * where they are watched.  NULL: pages are copied.  Under the rules of harvest.
	 */
	ssize_t (*move)(void *state, uintptr_t to, uintptr_t from, size_t length);

	/*
	 * Have [start, end) read as zeros, and give its pages back.  What is watched there
	 * and was not all zeros reads dirty.  0 or a negative errno.  NULL: MADV_DONTNEED
	 * will do.  Under the rules of harvest.
	 */
	int (*discard)(void *state, uintptr_t start, uintptr_t end);

	/*
	 * The first call in a child of fork(2): drop what belongs to the parent.  Every
	 * range is added again afterwards.  Allocates nothing and takes no lock.
	 */
	int (*forked_child)(void *state);
};

#endif

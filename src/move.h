/* SPDX-License-Identifier: MIT */
/*
 * move.h - pages are moved, and copied where they cannot be.
 *
 * Allocates nothing and takes no lock.
 */
#ifndef PGB_MOVE_H
#define PGB_MOVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "pgbarrier.h"

/*
 * Both give the number of bytes that are done from the beginning on, at least a page, or a
 * negative errno if there are none.
 */
struct pgb_mover {
	/* Without copying.  NULL: it cannot be done. */
	ssize_t (*move)(void *arg, uintptr_t to, uintptr_t from, size_t length);
	/* The last resort. */
	ssize_t (*copy)(void *arg, uintptr_t to, uintptr_t from, size_t length);
	void *arg;
};

/* Aligned, where memory can be, and apart?  0 or -EINVAL. */
int pgb_move_check(uintptr_t to, uintptr_t from, size_t length,
		   const struct pgb_move *result);

/* Have [start, end) read as zeros.  0 or a negative errno. */
typedef int pgb_discard(void *arg, uintptr_t start, uintptr_t end);

/*
 * A copy() for memory that can be read and written: what there is of it.  `from` has been
 * written to before it is discarded, and, where `again`, afterwards.
 */
ssize_t pgb_move_by_copying(uintptr_t to, uintptr_t from, size_t length,
			    pgb_discard *discard, void *arg, bool again);

/* 0, or the errno of the page behind result->moved. */
int pgb_move_all(const struct pgb_mover *mover, uintptr_t to, uintptr_t from, size_t length,
		 struct pgb_move *result);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * uffd_wp.h - harvests for backends that let a write to a protected page go on themselves.
 *
 * Whether a page is protected stands in its page table entry alone.  A page is clean if
 * and only if it is protected, and its mapping is registered: there is no second copy of
 * that to fall out of step.  What was unmapped, moved, discarded or forked reads dirty.
 * That the mapping is registered has to be asked for, since some kernels leave entries as
 * they were when it ceases to be (seen on 6.1, when the descriptor was closed).
 *
 * A harvest reads the entries, protects what was dirty, and then reports it.  Pages that
 * read clean are left alone: one that is written to after its entry was read is in the next
 * harvest.  So nothing is lost while mutators run, which protecting everything would do.
 * Costs a system call for each run of dirty pages.
 *
 * Before WP_UNPOPULATED (6.4) memory that was never touched cannot be protected.  It gets
 * the zero page, which can be.
 */
#ifndef PGB_BACKEND_UFFD_WP_H
#define PGB_BACKEND_UFFD_WP_H

#include "backend/uffd.h"
#include "sink.h"

#define PGB_UFFD_WP_ENTRIES 512

struct pgb_uffd_wp {
	struct pgb_uffd memory;
	bool protects_holes;
	uint64_t entry[PGB_UFFD_WP_ENTRIES];
};

/* As pgb_uffd_acquire(). */
int pgb_uffd_wp_acquire(struct pgb_uffd_wp *wp, enum pgb_uffd_scope scope,
			uint64_t required, char *reason, size_t reason_size);

/*
 * Report what was written of [*start, end) and protect it again.  On a negative errno
 * nothing is known of [*start, end), and it has not been reported.
 */
int pgb_uffd_wp_harvest(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
			struct pgb_sink *sink);

/* Watch and protect [start, end), whatever became of it. */
int pgb_uffd_wp_rearm(const struct pgb_uffd_wp *wp, uintptr_t start, uintptr_t end);

/*
 * Let a thread go on that has faulted on `page`; -ENOENT: the page is not watched here.
 * Gives up watching the page where it cannot be unprotected otherwise.
 */
int pgb_uffd_wp_let_go(int uffd, uintptr_t page, size_t page_size);

/* Does the kernel do what it is relied on for?  If not, `reason` says so. */
int pgb_uffd_wp_try(const struct pgb_uffd_wp *wp, char *reason, size_t reason_size);

#endif

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
 * A harvest finds the pages that are not protected, protects them, and then reports them,
 * run by run.  So nothing is lost while mutators run:
 *
 *	A page that was found is protected before it is reported.  What was written to it
 *	until then, whoever gets the report can see; and who writes later faults.
 *
 *	A page that was not found was protected then, and is left alone.  If a write to it
 *	is let go on meanwhile, or it is discarded and written to, that leaves it
 *	unprotected, and it is found the next time.
 *
 * The latter is why no page is protected that is not reported, neither all in one call nor
 * what is clean between two runs: it could be written to after it was passed over.  That
 * costs a system call for each run of dirty pages.
 *
 * PAGEMAP_SCAN (6.7) finds them, twenty times as fast as the entries are read, which is
 * what is done where it fails.  To protect what it finds is more than it can do for memory
 * without WP_ASYNC.  The two may differ in memory that has not even a page table: some
 * kernels scan that as if it were protected.  It is all zeros, and the page that a write
 * makes there is not protected, and is found.
 *
 * Before WP_UNPOPULATED (6.4) memory that was never touched cannot be protected.  It gets
 * the zero page, which can be.
 */
#ifndef PGB_BACKEND_UFFD_WP_H
#define PGB_BACKEND_UFFD_WP_H

#include "backend/uffd.h"
#include "os/pagemap.h"
#include "sink.h"

#define PGB_UFFD_WP_ENTRIES (2 * PGB_PAGEMAP_REGIONS) /* they make half as many runs */

struct pgb_uffd_wp {
	struct pgb_uffd memory;
	bool protects_holes;
	bool cannot_scan; /* as far as is known */
	uint64_t entry[PGB_UFFD_WP_ENTRIES];
	struct page_region region[PGB_PAGEMAP_REGIONS];
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
int pgb_uffd_wp_try(struct pgb_uffd_wp *wp, char *reason, size_t reason_size);

#endif

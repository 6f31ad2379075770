/* SPDX-License-Identifier: MIT */
/*
 * kmod.h - the barriers over memory of the kernel module's, and what they share.
 *
 * A barrier has some large regions and gives them out in pieces.
 */
#ifndef PGB_BACKEND_KMOD_H
#define PGB_BACKEND_KMOD_H

#include "backend/kmod_region.h"

/* They double in size: the process has no descriptors for more of them. */
#define PGB_KMOD_REGIONS 1024

struct pgb_kmod {
	AO_t next; /* struct pgb_kmod *, in the list of all */
	enum pgbarrier_mode mode;
	size_t largest;		   /* bytes that a region may have */
	struct pgb_pagebits used;  /* pages of regions that were given out */
	struct pgb_pagebits dirty; /* and not reported yet */
	AO_t regions;		   /* places that may be taken */
	struct pgb_kmod_region region[PGB_KMOD_REGIONS];
};

/*
 * What the module says of itself.  0, or a negative errno and a reason in words: it cannot
 * be asked, or has another interface.
 */
int pgb_kmod_ask(struct pgbarrier_info *info, char *reason, size_t reason_size);

/*
 * 0, or a negative errno: fork(2) could not be told to take care of regions, so there must
 * be none.  `reason`, which may be NULL and its size 0, says why.
 */
int pgb_kmod_fork_check(char *reason, size_t reason_size);

/*
 * Barriers change their regions with the lock held, which a fork(2) takes, and gives the
 * child unlocked.
 */
void pgb_kmod_lock(void);
void pgb_kmod_unlock(void);

/* The list of all, which harvests go through without the lock. */
void pgb_kmod_enlist(struct pgb_kmod *barrier);
void pgb_kmod_delist(struct pgb_kmod *barrier);

/*
 * In a child that fork(3) did not make, regions are the parent's, and not mapped: abandon
 * them all.  World-stopped safe.
 */
void pgb_kmod_settle(void);

#endif

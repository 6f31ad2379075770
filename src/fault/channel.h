/* SPDX-License-Identifier: MIT */
/*
 * channel.h - what a fault channel is made of.
 *
 * An owner registered the memory; an attached handle has the same userfaultfd, mostly in
 * another process, and knows nothing of ranges.
 */
#ifndef PGB_FAULT_CHANNEL_H
#define PGB_FAULT_CHANNEL_H

#include <atomic_ops.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "os/descriptor.h"
#include "pagebits.h"
#include "pgbarrier_fault.h"
#include "range.h"

/* On a page that fork(2) hands to the child as zeros. */
struct pgb_channel_transient {
	pthread_mutex_t lock; /* pgb_fault_add() and its like */
	AO_t alive;
	AO_t turn;    /* odd while protect or unprotect runs; each has its own number */
	AO_t readers; /* of the tables */
};

/* Where a range is noted. */
enum pgb_channel_table {
	PGB_TABLE_ADDED,  /* everything */
	PGB_TABLE_WRITE,  /* of that, what can be protected against WRITE, */
	PGB_TABLE_ACCESS, /* against ACCESS, */
	PGB_TABLE_BARE,	  /* and where a hole can be filled without anybody being asked */
	PGB_TABLES,
};

struct pgb_channel_counters {
	AO_t writes, absences, accesses;
	AO_t acks[PGB_ACK_ACTIONS];
	AO_t duplicates;
	AO_t pages_protected, pages_unprotected, flushing_calls;
	AO_t reposts, errors, last_error;
};

struct pgb_fault_channel {
	struct pgb_descriptor uffd;
	bool attached;
	bool marks_holes; /* the kernel protects pages that are not there */
	bool moves, poisons;
	struct pgb_channel_transient *transient;
	struct pgb_ranges ranges[PGB_TABLES];
	struct pgb_pagebits gathered;
	struct pgb_channel_counters count;
};

/*
 * As pgb_fault_open(), on a kernel that lacks the UFFD_FEATURE_* of `lacking`: for tests
 * of what is done on older ones.
 */
int pgb_channel_open(struct pgb_fault_channel **out, unsigned flags, uint64_t lacking);

/* Is it a handle of this process?  0, -EINVAL or -ECHILD. */
int pgb_channel_check(const struct pgb_fault_channel *channel);

/* Take everything out; nobody is stopped there any more. */
void pgb_channel_release_ranges(struct pgb_fault_channel *channel);

/* Note a failure of the kernel; returns it. */
int pgb_channel_failed(struct pgb_fault_channel *channel, int err);

/*
 * Is there a page at `from`, so that it can be read without stopping?  Leaves it
 * unprotected.
 */
bool pgb_channel_is_there(const struct pgb_fault_channel *channel, uintptr_t from);

/*
 * Copy one page into a place that is empty: bytes done, or a negative errno; -EEXIST: it is
 * not empty.  Then `from` is given back.
 */
ssize_t pgb_channel_copy_page(const struct pgb_fault_channel *channel, uintptr_t to,
			      uintptr_t from);

static inline void pgb_channel_count(AO_t *counter, uint64_t amount)
{
	AO_fetch_and_add(counter, amount);
}

#endif

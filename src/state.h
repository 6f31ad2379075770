/* SPDX-License-Identifier: MIT */
/*
 * state.h - what a barrier is, for the files that make up its calls.
 *
 * barrier.c, harvest.c and policy.c are calls; life.c is what each begins with.
 */
#ifndef PGB_STATE_H
#define PGB_STATE_H

#include <atomic_ops.h>
#include <pthread.h>

#include "backend/backend.h"
#include "range.h"

struct pgb_hot;
struct pgb_verify;

enum pgb_life {
	PGB_LIFE_FORKED, /* what a child of fork(2) finds */
	PGB_LIFE_REVIVING,
	PGB_LIFE_ALIVE,
};

/*
 * What must not be inherited: on a page that fork(2) hands to the child as zeros.  So
 * a lock that another thread of the parent held is free in the child, and a harvest
 * that was running there is not running here.
 */
struct pgb_transient {
	pthread_mutex_t lock; /* pgb_add() and its like; all zeros is unlocked in glibc */
	AO_t life;
	AO_t is_set_up; /* the backend, in this child; its ranges may not be added yet */
	AO_t turn;	/* odd while a harvest is running; each has its own number */
	AO_t readers;	/* of all tables */
};

struct pgb_barrier {
	const struct pgb_backend *backend;
	void *state;
	struct pgb_transient *transient;
	struct pgb_ranges watched;
	struct pgb_ranges pins;
	struct pgb_ranges allocated; /* of pgb_alloc_range() */
	struct pgb_verify *verify;   /* NULL: nobody asked for it */
	AO_t hot;		     /* struct pgb_hot *; 0: everything is armed */
	struct pgb_hot *hot_now;     /* that of the harvest that is running */
	unsigned loss_every;
	uint64_t loss_count;
	/* Written by whoever harvests or revives, read by anyone. */
	AO_t harvests, pages_reported, pages_harvested, pages_unsure, pages_pinned;
	AO_t pages_unarmed;
	AO_t fallbacks, forks, last_error;
};

static inline void pgb_count(AO_t *counter, uint64_t amount)
{
	AO_fetch_and_add(counter, amount);
}

static inline struct pgb_hot *pgb_hot_of(const struct pgb_barrier *barrier)
{
	return (struct pgb_hot *)AO_load_acquire(&barrier->hot);
}

#endif

/* SPDX-License-Identifier: MIT */
/* policy.c - which pages of a barrier are armed: all of them, or not those that are hot. */
#include "policy.h"

#include <errno.h>

#include "barrier.h"
#include "harvest.h"
#include "hot.h"
#include "life.h"
#include "os/memory.h"
#include "weigh.h"

static void free_hot(struct pgb_hot *hot)
{
	if (!hot)
		return;
	pgb_hot_destroy(hot);
	pgb_memory_unmap(hot, sizeof(*hot));
}

int pgb_policy_make_room(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	struct pgb_hot *hot = pgb_hot_of(barrier);

	return hot ? pgb_hot_make_room(hot, start, end) : 0;
}

void pgb_policy_forget(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	struct pgb_hot *hot = pgb_hot_of(barrier);

	if (hot)
		pgb_hot_forget(hot, start, end);
}

void pgb_policy_close(struct pgb_barrier *barrier)
{
	free_hot(pgb_hot_of(barrier));
}

/* With room for all that is watched; the lock is held. */
static int make_hot(struct pgb_barrier *barrier, struct pgb_hot_limit limit,
		    struct pgb_hot **out)
{
	const struct pgb_range_table *watched = pgb_ranges_current(&barrier->watched);
	struct pgb_hot *hot = pgb_memory_map(sizeof(*hot));
	int err = hot ? pgb_hot_init(hot, limit) : -ENOMEM;

	if (err) {
		pgb_memory_unmap(hot, sizeof(*hot));
		return err;
	}
	for (size_t i = 0; !err && i < watched->count; i++)
		err = pgb_hot_make_room(hot, watched->range[i].start,
					watched->range[i].end);
	if (err)
		free_hot(hot);
	else
		*out = hot;
	return err;
}

struct pgb_hot_limit pgb_barrier_limit(const struct pgb_barrier *barrier,
				       enum pgb_policy policy)
{
	bool can_leave_out = barrier->backend->capabilities & PGB_CAP_LOCAL;

	if (policy == PGB_POLICY_PLAIN || !can_leave_out)
		return (struct pgb_hot_limit){0};
	return policy == PGB_POLICY_HOT ? pgb_weigh_nothing() : pgb_weigh(barrier->backend);
}

/*
 * As a table of ranges is replaced: whoever harvests does not wait for us, who may be
 * stopped.  What was hot is still armed, or was written since the backend last harvested
 * it, which then reports it.
 */
static int set_policy(struct pgb_barrier *barrier, struct pgb_hot_limit limit)
{
	struct pgb_hot *new = NULL, *old = pgb_hot_of(barrier);
	int err = limit.chunk ? make_hot(barrier, limit, &new) : 0;

	AO_store_full(&barrier->hot, (AO_t) new);
	pgb_outlast_harvest(barrier);
	free_hot(old);
	return err;
}

int pgb_set_policy(struct pgb_barrier *barrier, enum pgb_policy policy)
{
	struct pgb_hot_limit limit;
	int err;

	if (!barrier || (unsigned)policy > PGB_POLICY_AUTO)
		return -EINVAL;
	if (policy == PGB_POLICY_HOT && !(barrier->backend->capabilities & PGB_CAP_LOCAL))
		return -ENOTSUP;
	limit = pgb_barrier_limit(barrier, policy);
	pgb_lock(barrier);
	err = set_policy(barrier, limit);
	pgb_unlock(barrier);
	return err;
}

/* SPDX-License-Identifier: MIT */
/* life.c - whose process a barrier is of. */
#include "life.h"

#include <errno.h>
#include <sched.h>

static int set_up(struct pgb_barrier *barrier)
{
	AO_t *is_set_up = &barrier->transient->is_set_up;
	int err = 0;

	if (!AO_load(is_set_up))
		err = barrier->backend->forked_child(barrier->state);
	if (!err)
		AO_store(is_set_up, 1);
	return err;
}

/* Set the backend up again in a child of fork(2).  The caller has the right to. */
static int revive(struct pgb_barrier *barrier)
{
	const struct pgb_range_table *table = pgb_ranges_begin_read(&barrier->watched);
	int err = set_up(barrier);

	for (size_t i = 0; !err && i < table->count; i++)
		err = barrier->backend->add(barrier->state, table->range[i].start,
					    table->range[i].end);
	pgb_ranges_end_read(&barrier->watched);
	if (!err)
		pgb_count(&barrier->forks, 1);
	return err;
}

int pgb_life_ensure(struct pgb_barrier *barrier)
{
	AO_t *life = &barrier->transient->life;
	int err;

	if (AO_load_acquire(life) == PGB_LIFE_ALIVE)
		return 0;
	if (!AO_compare_and_swap_full(life, PGB_LIFE_FORKED, PGB_LIFE_REVIVING))
		return AO_load_acquire(life) == PGB_LIFE_ALIVE ? 0 : -EAGAIN;
	err = revive(barrier);
	AO_store_full(life, err ? PGB_LIFE_FORKED : PGB_LIFE_ALIVE);
	return err;
}

void pgb_lock(struct pgb_barrier *barrier)
{
	pthread_mutex_lock(&barrier->transient->lock);
	/* If it cannot be revived, the next harvest says so, and reports everything. */
	while (pgb_life_ensure(barrier) &&
	       AO_load_acquire(&barrier->transient->life) == PGB_LIFE_REVIVING)
		sched_yield();
}

void pgb_unlock(struct pgb_barrier *barrier)
{
	pthread_mutex_unlock(&barrier->transient->lock);
}

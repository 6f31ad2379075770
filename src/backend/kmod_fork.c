/* SPDX-License-Identifier: MIT */
/*
 * kmod_fork.c - a child of fork(2) has its own copy of what the kernel module mapped.
 *
 * The handlers are to be the last before the fork, and the first after it in the child:
 * whoever else has some may touch the memory in his.  So they are registered when this
 * library is initialised, before whoever uses it is, and do nothing while there is no
 * region.
 */
#include "backend/kmod.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "os/memory.h"
#include "os/valgrind.h"

/* A child of fork(2) finds zeros: nothing is locked there. */
struct shared {
	pthread_mutex_t lock;
	AO_t is_settled; /* the regions are of this process */
};

static struct shared *shared; /* NULL: there must be no region */
static AO_t list;	      /* struct pgb_kmod * */

/* Of the thread that forks; under the lock. */
static sigset_t signals_before;

int pgb_kmod_fork_check(char *reason, size_t reason_size)
{
	if (shared)
		return 0;
	snprintf(reason, reason_size,
		 pgb_runs_on_valgrind() ? "valgrind does not know /dev/pgbarrier"
					: "fork(2) could not be told to copy its memory");
	return -ENOTSUP;
}

void pgb_kmod_lock(void)
{
	pthread_mutex_lock(&shared->lock);
}

void pgb_kmod_unlock(void)
{
	pthread_mutex_unlock(&shared->lock);
}

void pgb_kmod_enlist(struct pgb_kmod *barrier)
{
	barrier->next = list;
	AO_store_full(&list, (AO_t)barrier);
}

void pgb_kmod_delist(struct pgb_kmod *barrier)
{
	AO_t *link = &list;

	while (*link != (AO_t)barrier)
		link = &((struct pgb_kmod *)*link)->next;
	AO_store_full(link, barrier->next);
}

typedef void region_action(struct pgb_kmod *barrier, struct pgb_kmod_region *region);

static void for_each_region(region_action *action)
{
	for (struct pgb_kmod *barrier = (struct pgb_kmod *)AO_load_full(&list); barrier;
	     barrier = (struct pgb_kmod *)AO_load_full(&barrier->next))
		for (size_t i = 0; i < AO_load_full(&barrier->regions); i++)
			if (AO_load_full(&barrier->region[i].start))
				action(barrier, &barrier->region[i]);
}

static void abandon(struct pgb_kmod *barrier, struct pgb_kmod_region *region)
{
	(void)barrier;
	pgb_kmod_region_abandon(region);
}

void pgb_kmod_settle(void)
{
	if (AO_load_full(&shared->is_settled))
		return;
	for_each_region(abandon);
	AO_store_full(&shared->is_settled, 1);
}

static void bequeath(struct pgb_kmod *barrier, struct pgb_kmod_region *region)
{
	pgb_kmod_region_bequeath(region, &barrier->used);
}

static void keep(struct pgb_kmod *barrier, struct pgb_kmod_region *region)
{
	(void)barrier;
	pgb_kmod_region_keep(region);
}

static void inherit(struct pgb_kmod *barrier, struct pgb_kmod_region *region)
{
	(void)barrier;
	pgb_kmod_region_inherit(region);
}

/*
 * Regions are held still one after the other, so what is in one copy may be newer than what
 * is in another, but nothing that was written because of it can be missing there.
 *
 * No handler of a signal may run meanwhile: it would wait for the region that it touches.
 */
static void before_fork(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pgb_kmod_lock();
	signals_before = before;
	pgb_kmod_settle();
	for_each_region(bequeath);
}

static void after_fork_in_parent(void)
{
	sigset_t before = signals_before;

	for_each_region(keep);
	pgb_kmod_unlock();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void after_fork_in_child(void)
{
	sigset_t before = signals_before;

	for_each_region(inherit);
	AO_store_full(&shared->is_settled, 1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Before the constructors of what it is linked into, the first of those that may be. */
__attribute__((constructor(101))) static void register_handlers(void)
{
	/* It knows neither the device nor a lock that is wiped: no kmod under it. */
	if (pgb_runs_on_valgrind())
		return;
	shared = pgb_memory_map_wiped_on_fork(sizeof(*shared));
	if (!shared)
		return;
	shared->is_settled = 1;
	if (!pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child))
		return;
	pgb_memory_unmap(shared, sizeof(*shared));
	shared = NULL;
}

/* SPDX-License-Identifier: MIT */
/* ranges.c - what memory is in a fault channel. */
#include <errno.h>
#include <sched.h>

#include "fault/channel.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"
#include "os/vmas.h"

#define ALL_KINDS (PGB_FAULT_WRITE | PGB_FAULT_ABSENT | PGB_FAULT_ACCESS)

static const struct pgb_range_table *added(const struct pgb_fault_channel *channel)
{
	return pgb_ranges_current(&channel->ranges[PGB_TABLE_ADDED]);
}

static bool unregister_vma(void *arg, uintptr_t start, uintptr_t end, bool shared)
{
	const struct pgb_fault_channel *channel = arg;

	(void)shared;
	pgb_uffd_unregister(channel->uffd.fd, start, end);
	return true;
}

/* Nobody is stopped in [start, end) any more, whatever has become of the memory. */
static void release(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	/* All or nothing, where memory of another kind has been mapped over a part of it.
	 */
	if (pgb_uffd_unregister(channel->uffd.fd, start, end))
		pgb_vmas_visit(start, end, unregister_vma, channel);
	/* Who stopped in memory that is unmapped is woken by nobody else. */
	pgb_uffd_wake(channel->uffd.fd, start, end);
}

void pgb_channel_release_ranges(struct pgb_fault_channel *channel)
{
	const struct pgb_range_table *table = added(channel);

	for (size_t i = 0; i < table->count; i++)
		release(channel, table->range[i].start, table->range[i].end);
}

static bool is_shared(void *arg, uintptr_t start, uintptr_t end, bool shared)
{
	bool *all = arg;

	(void)start;
	(void)end;
	*all &= shared;
	return shared;
}

/* Taking a private page out of the page table would take its content away. */
static int check_shared(uintptr_t start, uintptr_t end)
{
	bool all = true;
	int err = pgb_vmas_visit(start, end, is_shared, &all);

	return !err && !all ? -EINVAL : err;
}

static uint64_t modes_of(unsigned kinds)
{
	uint64_t modes = 0;

	if (kinds & PGB_FAULT_WRITE)
		modes |= UFFDIO_REGISTER_MODE_WP;
	if (kinds & PGB_FAULT_ABSENT)
		modes |= UFFDIO_REGISTER_MODE_MISSING;
	if (kinds & PGB_FAULT_ACCESS)
		modes |= UFFDIO_REGISTER_MODE_MINOR;
	return modes;
}

/* A bit for each table that notes a range with `kinds`. */
static unsigned tables_of(unsigned kinds)
{
	unsigned tables = 1u << PGB_TABLE_ADDED;

	if (kinds & PGB_FAULT_WRITE)
		tables |= 1u << PGB_TABLE_WRITE;
	if (kinds & PGB_FAULT_ACCESS)
		tables |= 1u << PGB_TABLE_ACCESS;
	if (kinds == PGB_FAULT_WRITE)
		tables |= 1u << PGB_TABLE_BARE;
	return tables;
}

/* Tables that are not yet published; NULL: stays as it is. */
struct tables {
	struct pgb_range_table *of[PGB_TABLES];
};

static void free_tables(struct tables *tables)
{
	for (int i = 0; i < PGB_TABLES; i++)
		pgb_range_table_free(tables->of[i]);
}

typedef struct pgb_range_table *derive(const struct pgb_range_table *table, uintptr_t start,
				       uintptr_t end);

/* New ones, of those that `which` has a bit for, with or without [start, end). */
static int derive_tables(const struct pgb_fault_channel *channel, unsigned which,
			 derive *derive, uintptr_t start, uintptr_t end,
			 struct tables *tables)
{
	*tables = (struct tables){0};
	for (int i = 0; i < PGB_TABLES; i++) {
		if (!(which & 1u << i))
			continue;
		tables->of[i] = derive(pgb_ranges_current(&channel->ranges[i]), start, end);
		if (!tables->of[i]) {
			free_tables(tables);
			return -ENOMEM;
		}
	}
	return 0;
}

/* The old ones stay until pgb_ranges_collect(). */
static void publish_tables(struct pgb_fault_channel *channel, const struct tables *tables)
{
	for (int i = 0; i < PGB_TABLES; i++)
		if (tables->of[i])
			pgb_ranges_replace(&channel->ranges[i], tables->of[i]);
}

static void collect_tables(struct pgb_fault_channel *channel)
{
	for (int i = 0; i < PGB_TABLES; i++)
		pgb_ranges_collect(&channel->ranges[i]);
}

/* Stopping first, published then: nothing can be protected that is not registered. */
static int add_locked(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		      unsigned kinds)
{
	struct tables tables;
	int err;

	if (pgb_range_table_overlaps(added(channel), start, end))
		return -EEXIST;
	err = pgb_pagebits_reserve(&channel->gathered, start, end);
	if (err)
		return err;
	err = derive_tables(channel, tables_of(kinds), pgb_range_table_with, start, end,
			    &tables);
	if (err)
		return err;
	err = pgb_uffd_register_for(channel->uffd.fd, start, end, modes_of(kinds));
	if (err) {
		/* Memory that ran out may have done so halfway. */
		if (err == -ENOMEM)
			release(channel, start, end);
		free_tables(&tables);
		return pgb_channel_failed(channel, err);
	}
	publish_tables(channel, &tables);
	collect_tables(channel);
	return 0;
}

/* Wait for the protect or unprotect that is running now, if there is one. */
static void outlast_protect(struct pgb_fault_channel *channel)
{
	AO_t turn = AO_load_full(&channel->transient->turn);

	while (turn % 2 && AO_load_full(&channel->transient->turn) == turn)
		sched_yield();
}

static int remove_locked(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = added(channel);
	struct tables tables;
	int err;

	if (!pgb_range_table_overlaps(old, start, end))
		return -ENOENT;
	err = derive_tables(channel, ~0u, pgb_range_table_without, start, end, &tables);
	if (err)
		return err;
	publish_tables(channel, &tables);
	outlast_protect(channel);
	for (size_t i = pgb_range_table_find(old, start);
	     i < old->count && old->range[i].start < end; i++) {
		const struct pgb_range *range = &old->range[i];

		release(channel, range->start > start ? range->start : start,
			range->end < end ? range->end : end);
	}
	collect_tables(channel);
	return 0;
}

static int check_change(const struct pgb_fault_channel *channel, const void *start,
			size_t length)
{
	int err = pgb_channel_check(channel);

	if (err)
		return err;
	return channel->attached ? -EOPNOTSUPP : pgb_range_check((uintptr_t)start, length);
}

int pgb_fault_add(struct pgb_fault_channel *channel, void *start, size_t length,
		  unsigned kinds)
{
	uintptr_t from = (uintptr_t)start;
	int err = check_change(channel, start, length);

	if (!err && (!kinds || kinds & ~(unsigned)ALL_KINDS))
		err = -EINVAL;
	if (!err && kinds & PGB_FAULT_ACCESS)
		err = check_shared(from, from + length);
	if (err)
		return err;
	pthread_mutex_lock(&channel->transient->lock);
	err = add_locked(channel, from, from + length, kinds);
	pthread_mutex_unlock(&channel->transient->lock);
	return err;
}

int pgb_fault_remove(struct pgb_fault_channel *channel, void *start, size_t length)
{
	uintptr_t from = (uintptr_t)start;
	int err = check_change(channel, start, length);

	if (err)
		return err;
	pthread_mutex_lock(&channel->transient->lock);
	err = remove_locked(channel, from, from + length);
	pthread_mutex_unlock(&channel->transient->lock);
	return err;
}

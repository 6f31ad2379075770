/* SPDX-License-Identifier: MIT */
/* relocate.c - pages are moved into a channel. */
#include "fault/channel.h"

#include <errno.h>
#include <unistd.h>

#include "move.h"
#include "os/memory.h"
#include "os/pagemap.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"

/* A thread that goes on writing to what is being replaced breaks the contract. */
#define ATTEMPTS 100

bool pgb_channel_is_there(const struct pgb_fault_channel *channel, uintptr_t from)
{
	int pagemap = pgb_pagemap_open();
	uint64_t entry;
	int err;

	if (pagemap < 0)
		return true;
	/* A protected hole would look like a page in swap. */
	pgb_uffd_unprotect(channel->uffd.fd, from, from + pgb_page_size());
	err = pgb_pagemap_read(pagemap, from, &entry, 1);
	close(pagemap);
	return err || entry & (PGB_PAGEMAP_PRESENT | PGB_PAGEMAP_SWAPPED);
}

ssize_t pgb_channel_copy_page(const struct pgb_fault_channel *channel, uintptr_t to,
			      uintptr_t from)
{
	size_t page = pgb_page_size();
	ssize_t done = pgb_uffd_copy(channel->uffd.fd, to, to + page, from);
	int err;

	if (done < 0)
		return done;
	err = pgb_memory_discard(from, from + page);
	return err ? err : done;
}

static ssize_t move_pages(void *arg, uintptr_t to, uintptr_t from, size_t length)
{
	const struct pgb_fault_channel *channel = arg;

	return channel->moves ? pgb_uffd_replace(channel->uffd.fd, to, from, length)
			      : -EOPNOTSUPP;
}

static int make_hole(uintptr_t to)
{
	int err = pgb_memory_discard(to, to + pgb_page_size());

	return err == -ENOMEM ? -ENOENT : err;
}

static ssize_t copy_page(void *arg, uintptr_t to, uintptr_t from, size_t length)
{
	const struct pgb_fault_channel *channel = arg;
	size_t page = pgb_page_size();
	ssize_t done = -EAGAIN;
	int err = 0;

	(void)length;
	/* To read a hole of this very channel would stop us. */
	if (!pgb_channel_is_there(channel, from)) {
		/* Whether there is memory for one shows when it is discarded. */
		if (pgb_memory_discard(from, from + page))
			return -EFAULT;
		err = make_hole(to);
		return err ? err : (ssize_t)page;
	}
	for (int i = 0; !err && (done == -EEXIST || done == -EAGAIN) && i < ATTEMPTS; i++) {
		err = make_hole(to);
		if (!err)
			done = pgb_channel_copy_page(channel, to, from);
	}
	return err ? err : done;
}

static bool is_added(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	struct pgb_ranges *ranges = &channel->ranges[PGB_TABLE_ADDED];
	bool added = pgb_range_table_contains(pgb_ranges_begin_read(ranges), start, end);

	pgb_ranges_end_read(ranges);
	return added;
}

int pgb_fault_move(struct pgb_fault_channel *channel, void *to, void *from, size_t length,
		   struct pgb_move *result)
{
	const struct pgb_mover mover = {move_pages, copy_page, channel};
	uintptr_t start = (uintptr_t)to;
	int err = pgb_channel_check(channel);

	if (!err && channel->attached)
		err = -EOPNOTSUPP;
	if (!err)
		err = pgb_move_check(start, (uintptr_t)from, length, result);
	if (!err && !is_added(channel, start, start + length))
		err = -ENOENT;
	if (err)
		return err;
	err = pgb_move_all(&mover, start, (uintptr_t)from, length, result);
	/* A hole that came along wakes nobody. */
	pgb_uffd_wake(channel->uffd.fd, start, start + length);
	return err ? pgb_channel_failed(channel, err) : 0;
}

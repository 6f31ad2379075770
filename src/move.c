/* SPDX-License-Identifier: MIT */
/* move.c - pages are moved, and copied where they cannot be. */
#include "move.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "os/memory.h"
#include "range.h"

/* Of a move that the kernel wants to have tried again. */
#define ATTEMPTS 100

/* What is copied before it is discarded. */
#define CHUNK_PAGES 64

int pgb_move_check(uintptr_t to, uintptr_t from, size_t length,
		   const struct pgb_move *result)
{
	if (!result || pgb_range_check(to, length) || pgb_range_check(from, length))
		return -EINVAL;
	return to < from + length && from < to + length ? -EINVAL : 0;
}

static ssize_t try_move(const struct pgb_mover *mover, uintptr_t to, uintptr_t from,
			size_t length)
{
	ssize_t moved =
		mover->move ? mover->move(mover->arg, to, from, length) : -EOPNOTSUPP;

	for (int i = 0; moved == -EAGAIN && i < ATTEMPTS; i++) {
		sched_yield();
		moved = mover->move(mover->arg, to, from, length);
	}
	return moved;
}

/* The pages of [start, end) that can be read, from its beginning on. */
static size_t readable(uintptr_t start, uintptr_t end)
{
	size_t page = pgb_page_size();
	uintptr_t at = start;
	int err = pgb_memory_populate(start, end);

	/* Where the kernel cannot say, it cannot be found out without a fault. */
	if (!err || !pgb_memory_can_populate())
		return end - start;
	while (at < end && !pgb_memory_populate(at, at + page))
		at += page;
	return at - start;
}

static void touch(uintptr_t start, uintptr_t end)
{
	size_t page = pgb_page_size();

	for (; start < end; start += page) {
		volatile char *byte = (volatile char *)start;
		char same = *byte;

		*byte = same;
	}
}

ssize_t pgb_move_by_copying(uintptr_t to, uintptr_t from, size_t length,
			    pgb_discard *discard, void *arg, bool again)
{
	size_t most = CHUNK_PAGES * pgb_page_size();

	if (length > most)
		length = most;
	length = readable(from, from + length);
	length = readable(to, to + length);
	if (!length)
		return -EFAULT;
	memcpy((void *)to, (const void *)from, length);
	touch(from, from + length);
	if (discard(arg, from, from + length))
		memset((void *)from, 0, length);
	if (again)
		touch(from, from + length);
	return (ssize_t)length;
}

int pgb_move_all(const struct pgb_mover *mover, uintptr_t to, uintptr_t from, size_t length,
		 struct pgb_move *result)
{
	size_t page = pgb_page_size(), step = length;

	*result = (struct pgb_move){0};
	while (result->moved < length) {
		size_t left = length - result->moved;
		size_t tried = step < left ? step : left;
		uintptr_t there = to + result->moved, here = from + result->moved;
		ssize_t moved = try_move(mover, there, here, tried), copied;

		if (moved > 0) {
			result->moved += (size_t)moved;
			step = 2 * step < length ? 2 * step : length;
			continue;
		}
		/* It may be one page of many, or a border between two mappings. */
		if (moved != -EOPNOTSUPP && tried > page) {
			step = page;
			continue;
		}
		copied = mover->copy(mover->arg, there, here,
				     moved == -EOPNOTSUPP ? left : page);
		if (copied < 0)
			return (int)copied;
		if (!result->reason)
			result->reason = (int32_t)moved;
		result->moved += (size_t)copied;
		result->copied += (size_t)copied;
	}
	return 0;
}

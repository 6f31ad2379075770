/* SPDX-License-Identifier: MIT */
/*
 * ack.c - faults are acknowledged.
 *
 * Whatever comes of an acknowledgement, who waits on its pages is let go: a thread that
 * stops again has lost nothing, one that nobody wakes has lost everything.
 */
#include <errno.h>
#include <sched.h>

#include "fault/channel.h"
#include "os/memory.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"

/* Of what the kernel wants to have tried again without having done anything. */
#define ATTEMPTS 100

/* Do part of [start, end), where `source` belongs to `start`: bytes, or a negative errno.
 */
typedef ssize_t step(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		     uintptr_t source);

static ssize_t allow(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		     uintptr_t source)
{
	int err = pgb_uffd_unprotect(channel->uffd.fd, start, end);

	(void)source;
	/* Before 6.4 one call is for one mapping. */
	if (err == -ENOENT) {
		end = start + pgb_page_size();
		err = pgb_uffd_unprotect(channel->uffd.fd, start, end);
	}
	return err ? err : (ssize_t)(end - start);
}

static ssize_t fill(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		    uintptr_t source)
{
	return pgb_uffd_copy(channel->uffd.fd, start, end, source);
}

static ssize_t zero(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		    uintptr_t source)
{
	(void)source;
	return pgb_uffd_zero(channel->uffd.fd, start, end);
}

static ssize_t map(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		   uintptr_t source)
{
	(void)source;
	return pgb_uffd_continue(channel->uffd.fd, start, end);
}

static ssize_t move(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		    uintptr_t source)
{
	ssize_t done = -EOPNOTSUPP;

	if (channel->attached)
		return done;
	if (channel->moves)
		done = pgb_uffd_move(channel->uffd.fd, start, source, end - start, false);
	/* Shared after fork(2), pinned for I/O, of two mappings, or an older kernel. */
	if (done != -EBUSY && done != -EINVAL && done != -EOPNOTSUPP)
		return done;
	if (!pgb_channel_is_there(channel, source))
		return -ENOENT;
	return pgb_channel_copy_page(channel, start, source);
}

static ssize_t poison(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end,
		      uintptr_t source)
{
	size_t page = pgb_page_size();
	ssize_t done;

	(void)source;
	if (!channel->poisons)
		return -EOPNOTSUPP;
	done = pgb_uffd_poison(channel->uffd.fd, start, end);
	/* What is there can be taken away by its own process alone. */
	for (int i = 0; done == -EEXIST && !channel->attached && i < ATTEMPTS; i++) {
		int err = pgb_memory_discard(start, start + page);

		if (err)
			return err;
		done = pgb_uffd_poison(channel->uffd.fd, start, start + page);
	}
	return done;
}

static step *const steps[PGB_ACK_ACTIONS] = {
	[PGB_ACK_ALLOW] = allow, [PGB_ACK_FILL] = fill, [PGB_ACK_ZERO] = zero,
	[PGB_ACK_MOVE] = move,	 [PGB_ACK_MAP] = map,	[PGB_ACK_POISON] = poison,
};

/*
 * Leaves out what is there already; then -EEXIST.  Most calls go no further than a mapping:
 * where one fails for that it is found page by page, and then by more and more, where the
 * next begins.
 */
static int take_steps(struct pgb_fault_channel *channel, const struct pgb_ack *ack)
{
	uintptr_t start = ack->start, end = start + ack->length;
	size_t page = pgb_page_size(), most = ack->length;
	int attempts = 0, result = 0;

	while (start < end) {
		uintptr_t until = end - start > most ? start + most : end;
		ssize_t done =
			steps[ack->action](channel, start, until,
					   (uintptr_t)ack->source + (start - ack->start));

		if (done == -EAGAIN && attempts++ < ATTEMPTS) {
			sched_yield();
			continue;
		}
		if (done == -ENOENT && until - start > page) {
			most = page;
			continue;
		}
		if (done == -EEXIST) {
			result = -EEXIST;
			done = (ssize_t)page;
		}
		if (done < 0)
			return (int)done;
		start += (uintptr_t)done;
		if (most < end - start)
			most *= 2;
	}
	return result;
}

static int check_ack(const struct pgb_ack *ack)
{
	bool moves = ack->action == PGB_ACK_MOVE;
	uintptr_t source = (uintptr_t)ack->source;

	if (ack->action >= PGB_ACK_ACTIONS || pgb_range_check(ack->start, ack->length))
		return -EINVAL;
	if (moves && pgb_range_check(source, ack->length))
		return -EINVAL;
	return 0;
}

static int acknowledge(struct pgb_fault_channel *channel, const struct pgb_ack *ack)
{
	struct pgb_channel_counters *count = &channel->count;
	int result = check_ack(ack);

	if (result)
		return result;
	pgb_channel_count(&count->acks[ack->action], 1);
	result = take_steps(channel, ack);
	if (!result)
		return 0;
	pgb_uffd_wake(channel->uffd.fd, ack->start, ack->start + ack->length);
	if (result == -EEXIST)
		pgb_channel_count(&count->duplicates, 1);
	else
		pgb_channel_failed(channel, result);
	return result;
}

int pgb_fault_ack(struct pgb_fault_channel *channel, struct pgb_ack *acks, size_t count)
{
	int err = pgb_channel_check(channel), first = 0;

	if (err || (!acks && count))
		return err ? err : -EINVAL;
	for (size_t i = 0; i < count; i++) {
		acks[i].result = acknowledge(channel, &acks[i]);
		if (!first && acks[i].result != -EEXIST)
			first = acks[i].result;
	}
	return first;
}

/* SPDX-License-Identifier: MIT */
/* read.c - faults are read, and asked for once more. */
#include <errno.h>
#include <limits.h>

#include "fault/channel.h"
#include "os/uffd_resolve.h"

/* How many are read at once; they lie on the stack. */
#define BATCH 64

static void count_fault(struct pgb_channel_counters *count, uint32_t kind)
{
	AO_t *counter = &count->absences;

	if (kind == PGB_FAULT_WRITE)
		counter = &count->writes;
	else if (kind == PGB_FAULT_ACCESS)
		counter = &count->accesses;
	pgb_channel_count(counter, 1);
}

static struct pgb_fault fault_of(const struct uffd_msg *message)
{
	uint64_t flags = message->arg.pagefault.flags;
	struct pgb_fault fault = {
		.kind = PGB_FAULT_ABSENT,
		.flags = flags & UFFD_PAGEFAULT_FLAG_WRITE ? PGB_FAULT_BY_WRITE : 0,
		.address = message->arg.pagefault.address,
		.thread = message->arg.pagefault.feat.ptid,
	};

	if (flags & UFFD_PAGEFAULT_FLAG_WP)
		fault.kind = PGB_FAULT_WRITE;
	else if (flags & UFFD_PAGEFAULT_FLAG_MINOR)
		fault.kind = PGB_FAULT_ACCESS;
	return fault;
}

/* Returns how many faults were among `count` messages, or what reading them gave. */
static int read_batch(struct pgb_fault_channel *channel, struct pgb_fault *faults,
		      size_t count)
{
	struct uffd_msg messages[BATCH];
	int got = pgb_uffd_read(channel->uffd.fd, messages, count < BATCH ? count : BATCH);
	int filled = 0;

	for (int i = 0; i < got; i++) {
		if (messages[i].event != UFFD_EVENT_PAGEFAULT)
			continue;
		faults[filled] = fault_of(&messages[i]);
		count_fault(&channel->count, faults[filled].kind);
		filled++;
	}
	return got < 0 ? got : filled;
}

int pgb_fault_read(struct pgb_fault_channel *channel, struct pgb_fault *faults,
		   size_t count)
{
	int err = pgb_channel_check(channel);
	size_t filled = 0;

	if (err || (!faults && count))
		return err ? err : -EINVAL;
	if (count > INT_MAX)
		count = INT_MAX;
	while (filled < count) {
		int got = read_batch(channel, faults + filled, count - filled);

		if (got == -EAGAIN && filled)
			break;
		if (got < 0)
			return filled ? (int)filled : got;
		filled += (size_t)got;
	}
	return (int)filled;
}

int pgb_fault_repost(struct pgb_fault_channel *channel)
{
	int err = pgb_channel_check(channel);

	if (err)
		return err;
	pgb_channel_count(&channel->count.reposts, 1);
	err = pgb_uffd_wake_all(channel->uffd.fd);
	return err ? pgb_channel_failed(channel, err) : 0;
}

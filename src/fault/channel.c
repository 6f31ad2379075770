/* SPDX-License-Identifier: MIT */
/* channel.c - fault channels are opened and closed. */
#include "fault/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/memory.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"

int pgb_channel_check(const struct pgb_fault_channel *channel)
{
	if (!channel)
		return -EINVAL;
	return AO_load_acquire(&channel->transient->alive) ? 0 : -ECHILD;
}

int pgb_channel_failed(struct pgb_fault_channel *channel, int err)
{
	pgb_channel_count(&channel->count.errors, 1);
	AO_store(&channel->count.last_error, (AO_t)-err);
	return err;
}

/* Takes `fd` over, also when it fails. */
static int create(struct pgb_fault_channel **out, int fd)
{
	struct pgb_fault_channel *channel = pgb_memory_map(sizeof(*channel));
	int err = -ENOMEM;

	if (!channel) {
		close(fd);
		return err;
	}
	channel->transient = pgb_memory_map_wiped_on_fork(sizeof(*channel->transient));
	if (!channel->transient)
		goto err_channel;
	err = pgb_pagebits_init(&channel->gathered);
	if (err)
		goto err_transient;
	err = pgb_descriptor_adopt(&channel->uffd, fd);
	fd = -1;
	if (err)
		goto err_gathered;
	for (int i = 0; i < PGB_TABLES; i++)
		pgb_ranges_init(&channel->ranges[i], &channel->transient->readers);
	channel->poisons = pgb_uffd_knows(channel->uffd.fd, UFFDIO_POISON);
	channel->moves = pgb_uffd_knows(channel->uffd.fd, UFFDIO_MOVE);
	AO_store_release(&channel->transient->alive, 1);
	*out = channel;
	return 0;

err_gathered:
	pgb_pagebits_destroy(&channel->gathered);
err_transient:
	pgb_memory_unmap(channel->transient, sizeof(*channel->transient));
err_channel:
	pgb_memory_unmap(channel, sizeof(*channel));
	if (fd >= 0)
		close(fd);
	return err;
}

/* With system calls stopped too, where that is allowed. */
static int open_uffd(unsigned flags, uint64_t *features)
{
	int fd = -EPERM;

	if (!(flags & PGB_FAULT_USER_ONLY))
		fd = pgb_uffd_open(PGB_UFFD_KERNEL, 0, features, NULL, 0);
	if (fd == -EPERM)
		fd = pgb_uffd_open(PGB_UFFD_USER, 0, features, NULL, 0);
	return fd;
}

int pgb_channel_open(struct pgb_fault_channel **out, unsigned flags, uint64_t lacking)
{
	uint64_t features = UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_EXACT_ADDRESS |
			    UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_MISSING_SHMEM |
			    UFFD_FEATURE_MINOR_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
			    UFFD_FEATURE_WP_UNPOPULATED;
	int fd, err;

	if (!out || flags & ~PGB_FAULT_USER_ONLY)
		return -EINVAL;
	features &= ~lacking;
	fd = open_uffd(flags, &features);
	if (fd < 0)
		return fd;
	err = create(out, fd);
	if (err)
		return err;
	(*out)->marks_holes = features & UFFD_FEATURE_WP_UNPOPULATED;
	(*out)->poisons &= !(lacking & UFFD_FEATURE_POISON);
	(*out)->moves &= !(lacking & UFFD_FEATURE_MOVE);
	return 0;
}

int pgb_fault_open(struct pgb_fault_channel **out, unsigned flags)
{
	return pgb_channel_open(out, flags, 0);
}

int pgb_fault_attach(struct pgb_fault_channel **out, int fd)
{
	int err = out ? pgb_uffd_check(fd) : -EINVAL;

	if (err)
		return err;
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = create(out, fd);
	if (err)
		return err;
	(*out)->attached = true;
	(*out)->moves = false;
	return 0;
}

void pgb_fault_close(struct pgb_fault_channel *channel)
{
	if (!channel)
		return;
	/* In a child of fork(2) the ranges are the parent's. */
	if (!pgb_channel_check(channel))
		pgb_channel_release_ranges(channel);
	pgb_descriptor_close(&channel->uffd);
	for (int i = 0; i < PGB_TABLES; i++)
		pgb_ranges_destroy(&channel->ranges[i]);
	pgb_pagebits_destroy(&channel->gathered);
	pgb_memory_unmap(channel->transient, sizeof(*channel->transient));
	pgb_memory_unmap(channel, sizeof(*channel));
}

int pgb_fault_fd(const struct pgb_fault_channel *channel)
{
	int err = pgb_channel_check(channel);

	return err ? err : channel->uffd.fd;
}

int pgb_fault_get_stats(struct pgb_fault_channel *channel, struct pgb_fault_stats *stats,
			size_t size)
{
	int err = pgb_channel_check(channel);
	const struct pgb_channel_counters *count;
	struct pgb_ranges *ranges;

	if (err || !stats || size < sizeof(*stats))
		return err ? err : -EINVAL;
	count = &channel->count;
	ranges = &channel->ranges[PGB_TABLE_ADDED];
	*stats = (struct pgb_fault_stats){
		.writes = AO_load(&count->writes),
		.absences = AO_load(&count->absences),
		.accesses = AO_load(&count->accesses),
		.duplicates = AO_load(&count->duplicates),
		.pages_protected = AO_load(&count->pages_protected),
		.pages_unprotected = AO_load(&count->pages_unprotected),
		.flushing_calls = AO_load(&count->flushing_calls),
		.reposts = AO_load(&count->reposts),
		.errors = AO_load(&count->errors),
		.last_error = -(int32_t)AO_load(&count->last_error),
		.ranges = (uint32_t)pgb_ranges_begin_read(ranges)->count,
	};
	pgb_ranges_end_read(ranges);
	for (int i = 0; i < PGB_ACK_ACTIONS; i++)
		stats->acks[i] = AO_load(&count->acks[i]);
	return 0;
}

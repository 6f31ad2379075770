/* SPDX-License-Identifier: MIT */
/* kmod.c - /dev/pgbarrier, the device of the kernel module. */
#include "os/kmod.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "os/inject.h"

int pgb_kmod_open(void)
{
	int fd = PGB_OS_CALL(PGB_OS_KMOD_OPEN, open("/dev/pgbarrier", O_RDWR | O_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

/* A number that has become another region's: ours was closed. */
static int result_of(int returned)
{
	if (!returned)
		return 0;
	return errno == ESTALE ? -EBADF : -errno;
}

int pgb_kmod_info(int fd, struct pgbarrier_info *info)
{
	return result_of(
		PGB_OS_CALL(PGB_OS_KMOD_INFO, ioctl(fd, PGBARRIER_IOC_INFO, info)));
}

uint64_t pgb_kmod_region(int fd)
{
	struct pgbarrier_info info = {0};

	return pgb_kmod_info(fd, &info) ? 0 : info.region;
}

int pgb_kmod_create(int fd, enum pgbarrier_mode mode, size_t size, size_t *bitmap_bytes)
{
	struct pgbarrier_create create = {
		.abi = PGBARRIER_ABI,
		.mode = mode,
		.size = size,
		/* What the kernel would have to wait for is answered before it waits. */
		.flags = mode == PGBARRIER_MODE_SYNC ? PGBARRIER_CREATE_USER_FAULTS : 0,
	};
	int err = result_of(
		PGB_OS_CALL(PGB_OS_KMOD_CREATE, ioctl(fd, PGBARRIER_IOC_CREATE, &create)));

	*bitmap_bytes = create.bitmap_bytes;
	return err;
}

int pgb_kmod_clone_held(int fd, int source, uint64_t region, size_t *bitmap_bytes)
{
	struct pgbarrier_clone clone = {
		.source = source, .flags = PGBARRIER_CLONE_HOLD, .region = region};
	int err = result_of(
		PGB_OS_CALL(PGB_OS_KMOD_CLONE, ioctl(fd, PGBARRIER_IOC_CLONE, &clone)));

	*bitmap_bytes = clone.bitmap_bytes;
	return err;
}

int pgb_kmod_release(int fd)
{
	return result_of(
		PGB_OS_CALL(PGB_OS_KMOD_RELEASE, ioctl(fd, PGBARRIER_IOC_RELEASE)));
}

int pgb_kmod_answer_faults(int fd)
{
	/* Nobody reads the log: what does not fit is in the harvest all the same. */
	struct pgbarrier_log log = {.entries = 1, .eventfd = -1};

	return result_of(PGB_OS_CALL(PGB_OS_KMOD_LOG, ioctl(fd, PGBARRIER_IOC_LOG, &log)));
}

int pgb_kmod_harvest(int fd, uint64_t region, size_t offset, size_t length, uint64_t *dirty)
{
	struct pgbarrier_harvest harvest = {
		.start = offset, .len = length, .region = region};
	int err = result_of(PGB_OS_CALL(PGB_OS_KMOD_HARVEST,
					ioctl(fd, PGBARRIER_IOC_HARVEST, &harvest)));

	*dirty = harvest.nr_dirty;
	return err;
}

int pgb_kmod_discard(int fd, uint64_t region, size_t offset, size_t length)
{
	struct pgbarrier_range range = {.start = offset, .len = length, .region = region};

	return result_of(
		PGB_OS_CALL(PGB_OS_KMOD_DISCARD, ioctl(fd, PGBARRIER_IOC_DISCARD, &range)));
}

static uintptr_t map(int fd, uintptr_t at, size_t size, int protection, uint64_t offset)
{
	int flags = MAP_SHARED | (at ? MAP_FIXED : 0);
	void *memory = PGB_OS_CALL(
		PGB_OS_MMAP, mmap((void *)at, size, protection, flags, fd, (off_t)offset));

	return memory == MAP_FAILED ? 0 : (uintptr_t)memory;
}

uintptr_t pgb_kmod_map(int fd, uintptr_t at, size_t size)
{
	return map(fd, at, size, PROT_READ | PROT_WRITE, 0);
}

uintptr_t pgb_kmod_map_bitmap(int fd, uintptr_t at, size_t size)
{
	return map(fd, at, size, PROT_READ, PGBARRIER_OFFSET_HARVEST);
}

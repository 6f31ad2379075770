/* SPDX-License-Identifier: MIT */
/* uffd_resolve.c - read the faults of a userfaultfd, and resolve them. */
#include "os/uffd_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/memory.h"
#include "os/userfaultfd.h"

int pgb_uffd_check(int fd)
{
	struct uffdio_range nothing = {0};
	int flags = PGB_OS_CALL(PGB_OS_FCNTL, fcntl(fd, F_GETFL));

	if (flags < 0)
		return -errno;
	/* Others do not know the request, and say ENOTTY. */
	if (!(flags & O_NONBLOCK) || !ioctl(fd, UFFDIO_WAKE, &nothing) || errno != EINVAL)
		return -EINVAL;
	return 0;
}

bool pgb_uffd_knows(int uffd, unsigned long request)
{
	/* A request that is known fails when its argument is read. */
	return ioctl(uffd, request, NULL) && errno == EFAULT;
}

int pgb_uffd_register_for(int uffd, uintptr_t start, uintptr_t end, uint64_t modes)
{
	struct uffdio_register range = {
		.range = {.start = start, .len = end - start},
		.mode = modes,
	};

	return PGB_OS_CALL(PGB_OS_UFFD_REGISTER, ioctl(uffd, UFFDIO_REGISTER, &range))
		       ? -errno
		       : 0;
}

int pgb_uffd_read(int uffd, struct uffd_msg *messages, size_t count)
{
	ssize_t got = PGB_OS_CALL(PGB_OS_UFFD_READ,
				  read(uffd, messages, count * sizeof(*messages)));

	return got < 0 ? -errno : (int)((size_t)got / sizeof(*messages));
}

int pgb_uffd_wake(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_range range = {.start = start, .len = end - start};

	return PGB_OS_CALL(PGB_OS_UFFD_WAKE, ioctl(uffd, UFFDIO_WAKE, &range)) ? -errno : 0;
}

int pgb_uffd_wake_all(int uffd)
{
	/* The kernel wants none of what is below vm.mmap_min_addr, and nothing is there. */
	const uintptr_t margin = 0x10000;
	int err = -EINVAL;

	/* How large the address space is cannot be asked; past its end is refused too. */
	for (int bits = 57; err == -EINVAL && bits > 30; bits--)
		err = pgb_uffd_wake(uffd, margin, ((uintptr_t)1 << bits) - margin);
	return err;
}

/* What a request that reports bytes in `done` came to. */
static ssize_t outcome(int failed, int64_t done)
{
	if (done > 0)
		return (ssize_t)done;
	return failed && errno != EINTR ? -errno : -EAGAIN;
}

/* The least that can be asked for is a page. */
#define RESOLVE(call, uffd, request, range, length)                                        \
	PGB_OS_CALL_SHORT(call, length, pgb_page_size(), ioctl(uffd, request, &(range)))

ssize_t pgb_uffd_copy(int uffd, uintptr_t start, uintptr_t end, uintptr_t source)
{
	struct uffdio_copy range = {.dst = start, .src = source, .len = end - start};
	int failed = RESOLVE(PGB_OS_UFFD_COPY, uffd, UFFDIO_COPY, range, range.len);

	return outcome(failed, range.copy);
}

ssize_t pgb_uffd_zero(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_zeropage range = {.range = {.start = start, .len = end - start}};
	int failed =
		RESOLVE(PGB_OS_UFFD_ZERO, uffd, UFFDIO_ZEROPAGE, range, range.range.len);

	return outcome(failed, range.zeropage);
}

ssize_t pgb_uffd_continue(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_continue range = {.range = {.start = start, .len = end - start}};
	int failed = RESOLVE(PGB_OS_UFFD_CONTINUE, uffd, UFFDIO_CONTINUE, range,
			     range.range.len);

	return outcome(failed, range.mapped);
}

/*
 * Anonymous memory cannot be continued, but that is found out after the mapping was looked
 * at, and nothing is done.
 */
int pgb_uffd_is_registered(int uffd, uintptr_t start, uintptr_t end)
{
	ssize_t mapped = pgb_uffd_continue(uffd, start, end);

	return mapped >= 0 || mapped == -EINVAL || mapped == -EEXIST ? 0 : (int)mapped;
}

ssize_t pgb_uffd_poison(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_poison range = {.range = {.start = start, .len = end - start}};
	int failed =
		RESOLVE(PGB_OS_UFFD_POISON, uffd, UFFDIO_POISON, range, range.range.len);

	return outcome(failed, range.updated);
}

ssize_t pgb_uffd_move(int uffd, uintptr_t to, uintptr_t from, size_t length, bool holes)
{
	struct uffdio_move range = {
		.dst = to,
		.src = from,
		.len = length,
		.mode = holes ? UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES : 0,
	};
	int failed = RESOLVE(PGB_OS_UFFD_MOVE, uffd, UFFDIO_MOVE, range, range.len);

	return outcome(failed, range.move);
}

ssize_t pgb_uffd_replace(int uffd, uintptr_t to, uintptr_t from, size_t length)
{
	ssize_t moved = pgb_uffd_move(uffd, to, from, length, true);
	int err;

	/* EEXIST: something is at `to`; EFAULT: an armed hole is at `from`. */
	if (moved != -EEXIST && moved != -EFAULT)
		return moved;
	err = pgb_memory_discard(to, to + length);
	if (err)
		return err;
	/* Fails where it is not registered, and then has nothing to be cleared of. */
	pgb_uffd_unprotect(uffd, from, from + length);
	return pgb_uffd_move(uffd, to, from, length, true);
}

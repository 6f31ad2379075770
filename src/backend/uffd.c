/* SPDX-License-Identifier: MIT */
/* uffd.c - what the backends over userfaultfd share. */
#include "backend/uffd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/memory.h"
#include "os/pagemap.h"
#include "os/uffd_resolve.h"

static int acquire_pagemap(struct pgb_uffd *uffd, char *reason, size_t reason_size)
{
	int fd = pgb_pagemap_open();

	if (fd < 0 && reason)
		snprintf(reason, reason_size, "/proc/self/pagemap: %s",
			 strerrordesc_np(-fd));
	return fd < 0 ? fd : pgb_descriptor_adopt(&uffd->pagemap, fd);
}

int pgb_uffd_acquire(struct pgb_uffd *uffd, enum pgb_uffd_scope scope, uint64_t required,
		     uint64_t *wanted, char *reason, size_t reason_size)
{
	int fd = pgb_uffd_open(scope, required, wanted, reason, reason_size);
	int err;

	err = fd < 0 ? fd : pgb_descriptor_adopt(&uffd->uffd, fd);
	if (err)
		return err;
	err = acquire_pagemap(uffd, reason, reason_size);
	if (err)
		pgb_descriptor_close(&uffd->uffd);
	return err;
}

void pgb_uffd_release(struct pgb_uffd *uffd)
{
	pgb_descriptor_close(&uffd->uffd);
	pgb_descriptor_close(&uffd->pagemap);
}

bool pgb_uffd_is_ours(const struct pgb_uffd *uffd)
{
	return !pgb_descriptor_is_lost(&uffd->uffd) &&
	       !pgb_descriptor_is_lost(&uffd->pagemap);
}

/* To unprotect page by page works also where a range is made of several mappings. */
static int unprotect_pages(int fd, uintptr_t start, uintptr_t end)
{
	size_t size = pgb_page_size();
	int result = 0;

	for (uintptr_t page = start; page < end; page += size) {
		int err = pgb_uffd_unprotect(fd, page, page + size);

		if (err && err != -ENOENT)
			result = -ENOMEM;
	}
	return result;
}

/*
 * To unregister memory disarms it.  That fails where a mapping can no longer be split, or
 * where there is by now another kind of mapping in the range.  To unprotect single pages
 * does not; it says ENOENT of those that are not registered.
 */
int pgb_uffd_unwatch(const struct pgb_uffd *uffd, uintptr_t start, uintptr_t end)
{
	int fd = uffd->uffd.fd, err = pgb_uffd_unregister(fd, start, end);

	if (!err || err == -EBADF || err == -ENOTTY)
		return err;
	return unprotect_pages(fd, start, end);
}

/*
 * Registered already or not, entries may say that they are protected: on Linux 6.1 also
 * from when somebody else had registered the memory.  Without a descriptor the next harvest
 * fails, and reports it all.
 */
int pgb_uffd_watch(const struct pgb_uffd *uffd, uintptr_t start, uintptr_t end)
{
	int fd = uffd->uffd.fd, err = pgb_uffd_register(fd, start, end);

	if (err == -EBUSY)
		return err;
	if (!pgb_uffd_unprotect(fd, start, end))
		return 0;
	err = pgb_uffd_unwatch(uffd, start, end);
	pgb_uffd_register(fd, start, end);
	return err == -ENOMEM ? err : 0;
}

/*
 * A page that was swapped out takes its protection along (UFFDIO_MOVE up to 6.18), and
 * would read clean.  If that cannot be taken off, a write takes it off.
 */
static void unprotect_arrived(const struct pgb_uffd *uffd, uintptr_t start, uintptr_t end)
{
	size_t size = pgb_page_size();

	if (!pgb_uffd_unprotect(uffd->uffd.fd, start, end))
		return;
	for (; start < end; start += size) {
		volatile char *byte = (volatile char *)start;
		char same = *byte;

		*byte = same;
	}
}

ssize_t pgb_uffd_relocate(const struct pgb_uffd *uffd, uintptr_t to, uintptr_t from,
			  size_t length)
{
	ssize_t moved = pgb_uffd_replace(uffd->uffd.fd, to, from, length);

	if (moved > 0)
		unprotect_arrived(uffd, to, to + (size_t)moved);
	return moved == -EINVAL && !pgb_uffd_knows(uffd->uffd.fd, UFFDIO_MOVE) ? -EOPNOTSUPP
									       : moved;
}

/* SPDX-License-Identifier: MIT */
/* uffd_wp.c - harvests for backends that let a write to a protected page go on themselves.
 */
#include "backend/uffd_wp.h"

#include <errno.h>

#include "os/memory.h"
#include "os/pagemap.h"

/* The kernel says EAGAIN while the memory is being moved or forked. */
#define TRIES 100

static bool is_protected(uint64_t entry)
{
	return entry & PGB_PAGEMAP_UFFD_WP;
}

/* Pages [start, end) are next in the harvest; their entries have been read. */
static int take_dirty(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
		      struct pgb_sink *sink)
{
	size_t size = pgb_page_size(), count = (end - *start) / size;
	uintptr_t base = *start;

	for (size_t i = 0, next; i < count; i = next) {
		uintptr_t run = base + i * size, run_end;
		int err;

		for (next = i + 1; next < count; next++)
			if (is_protected(wp->entry[next]) != is_protected(wp->entry[i]))
				break;
		run_end = base + next * size;
		if (!is_protected(wp->entry[i])) {
			err = pgb_uffd_protect(wp->memory.uffd.fd, run, run_end);
			if (err)
				return err;
			pgb_sink_report(sink, run, run_end);
		}
		*start = run_end;
	}
	return 0;
}

int pgb_uffd_wp_harvest(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
			struct pgb_sink *sink)
{
	size_t most = PGB_UFFD_WP_ENTRIES * pgb_page_size();
	int err = 0;

	/* A file of the program's that got our number could say anything. */
	if (!pgb_uffd_is_ours(&wp->memory))
		return -EBADF;
	while (!err && *start < end) {
		uintptr_t stop = end - *start < most ? end : *start + most;

		err = pgb_pagemap_read(wp->memory.pagemap.fd, *start, wp->entry,
				       (stop - *start) / pgb_page_size());
		if (!err)
			err = take_dirty(wp, start, stop, sink);
	}
	return err;
}

int pgb_uffd_wp_rearm(const struct pgb_uffd_wp *wp, uintptr_t start, uintptr_t end)
{
	int fd = wp->memory.uffd.fd;
	int err = pgb_uffd_register(fd, start, end);

	return err ? err : pgb_uffd_protect(fd, start, end);
}

int pgb_uffd_wp_let_go(int uffd, uintptr_t page, size_t page_size)
{
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++)
		err = pgb_uffd_unprotect(uffd, page, page + page_size);
	if (err && err != -ENOENT)
		err = pgb_uffd_unregister(uffd, page, page + page_size);
	return err;
}

static int expect(const struct pgb_uffd_wp *wp, uintptr_t page, bool protected)
{
	uint64_t entry;
	int err = pgb_pagemap_read(wp->memory.pagemap.fd, page, &entry, 1);

	if (err)
		return err;
	return is_protected(entry) == protected ? 0 : -ENOTSUP;
}

int pgb_uffd_wp_try(const struct pgb_uffd_wp *wp, volatile char *page, size_t size)
{
	uintptr_t start = (uintptr_t)page;
	int fd = wp->memory.uffd.fd;
	int err;

	page[0] = 1;
	err = pgb_uffd_register(fd, start, start + size);
	if (!err)
		err = expect(wp, start, false);
	if (!err)
		err = pgb_uffd_protect(fd, start, start + size);
	if (!err)
		err = expect(wp, start, true);
	if (!err)
		err = pgb_uffd_unprotect(fd, start, start + size);
	if (!err)
		err = expect(wp, start, false);
	return err;
}

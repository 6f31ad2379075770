/* SPDX-License-Identifier: MIT */
/* uffd_wp.c - harvests for backends that let a write to a protected page go on themselves.
 */
#include "backend/uffd_wp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/kernel.h"
#include "os/memory.h"
#include "os/uffd_resolve.h"

/* The kernel says EAGAIN while memory is moved or forked, to some; not for ever. */
#define TRIES 100

int pgb_uffd_wp_acquire(struct pgb_uffd_wp *wp, enum pgb_uffd_scope scope,
			uint64_t required, char *reason, size_t reason_size)
{
	uint64_t wanted = UFFD_FEATURE_WP_UNPOPULATED;
	int err = pgb_uffd_acquire(&wp->memory, scope, required, &wanted, reason,
				   reason_size);

	wp->protects_holes = wanted;
	wp->cannot_scan = !pgb_kernel_scans_swapped_pages();
	return err;
}

static bool is_protected(uint64_t entry)
{
	return entry & PGB_PAGEMAP_UFFD_WP;
}

/* If a hole cannot be filled, it reads dirty next time, too. */
static int protect(const struct pgb_uffd_wp *wp, uintptr_t start, uintptr_t end)
{
	if (!wp->protects_holes)
		pgb_memory_populate(start, end);
	return pgb_uffd_protect(wp->memory.uffd.fd, start, end);
}

/* As pgb_pagemap_find_written(). */
static int find_by_reading(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end)
{
	size_t size = pgb_page_size(), most = PGB_UFFD_WP_ENTRIES * size;
	uintptr_t stop = end - *start < most ? end : *start + most;
	size_t count = (stop - *start) / size;
	int found = 0;
	int err = pgb_pagemap_read(wp->memory.pagemap.fd, *start, wp->entry, count);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		uintptr_t page = *start + i * size;

		if (is_protected(wp->entry[i]))
			continue;
		if (!found || wp->region[found - 1].end != page)
			wp->region[found++].start = page;
		wp->region[found - 1].end = page + size;
	}
	*start = stop;
	return found;
}

/* Find unprotected pages from *start on: how many regions, and where to go on. */
static int find(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end)
{
	int found = -ENOTTY;

	if (!wp->cannot_scan)
		found = pgb_pagemap_find_written(wp->memory.pagemap.fd, start, end,
						 wp->region, PGB_PAGEMAP_REGIONS);
	wp->cannot_scan = found == -ENOTTY;
	return found < 0 ? find_by_reading(wp, start, end) : found;
}

/* What was found; *start moves past what is done. */
static int take(const struct pgb_uffd_wp *wp, uintptr_t *start, int found,
		struct pgb_sink *sink)
{
	for (int i = 0; i < found; i++) {
		uintptr_t run = wp->region[i].start, run_end = wp->region[i].end;
		int err = protect(wp, run, run_end);

		if (err)
			return err;
		pgb_sink_report(sink, run, run_end);
		*start = run_end;
	}
	return 0;
}

static int harvest_piece(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
			 struct pgb_sink *sink)
{
	while (*start < end) {
		uintptr_t next = *start;
		int found = find(wp, &next, end);
		int err = found < 0 ? found : take(wp, start, found, sink);

		if (err)
			return err;
		*start = next;
	}
	return 0;
}

/*
 * Move *end down until [start, *end) is in one registered mapping: before 6.4 none of these
 * calls goes beyond one.  -ENOENT: not even the first page is.
 */
static int find_piece(const struct pgb_uffd_wp *wp, uintptr_t start, uintptr_t *end)
{
	size_t size = pgb_page_size(), pages = (*end - start) / size;
	int err;

	while ((err = pgb_uffd_is_registered(wp->memory.uffd.fd, start,
					     start + pages * size)) == -ENOENT &&
	       pages > 1)
		pages /= 2;
	*end = start + pages * size;
	return err;
}

int pgb_uffd_wp_harvest(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
			struct pgb_sink *sink)
{
	uintptr_t piece_end;
	int err = 0;

	/* A file of the program's that got our number could say anything. */
	if (!pgb_uffd_is_ours(&wp->memory))
		return -EBADF;
	while (!err && *start < end) {
		piece_end = end;
		err = find_piece(wp, *start, &piece_end);
		if (!err)
			err = harvest_piece(wp, start, piece_end, sink);
	}
	return err;
}

int pgb_uffd_wp_rearm(const struct pgb_uffd_wp *wp, uintptr_t start, uintptr_t end)
{
	int err = pgb_uffd_register(wp->memory.uffd.fd, start, end);
	uintptr_t piece_end;

	for (; !err && start < end; start = piece_end) {
		piece_end = end;
		err = find_piece(wp, start, &piece_end);
		if (!err)
			err = protect(wp, start, piece_end);
	}
	return err;
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

static int expect(struct pgb_uffd_wp *wp, uintptr_t page, bool protected)
{
	uintptr_t end = page + pgb_page_size();
	int found = find(wp, &page, end);

	if (found < 0)
		return found;
	return found == !protected ? 0 : -ENOTSUP;
}

static int try_on(struct pgb_uffd_wp *wp, volatile char *page, size_t size)
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

int pgb_uffd_wp_try(struct pgb_uffd_wp *wp, char *reason, size_t reason_size)
{
	size_t size = pgb_page_size();
	void *page = pgb_memory_map(size);
	int err = page ? try_on(wp, page, size) : -ENOMEM;

	if (err)
		snprintf(reason, reason_size, "a trial page was not protected: %s",
			 strerrordesc_np(-err));
	pgb_memory_unmap(page, size);
	return err;
}

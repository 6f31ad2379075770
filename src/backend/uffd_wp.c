/* SPDX-License-Identifier: MIT */
/* uffd_wp.c - harvests for backends that let a write to a protected page go on themselves.
 */
#include "backend/uffd_wp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "os/memory.h"
#include "os/pagemap.h"
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

/* Pages [*start, end) are next in the harvest; their entries have been read. */
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
			err = protect(wp, run, run_end);
			if (err)
				return err;
			pgb_sink_report(sink, run, run_end);
		}
		*start = run_end;
	}
	return 0;
}

static int harvest_piece(struct pgb_uffd_wp *wp, uintptr_t *start, uintptr_t end,
			 struct pgb_sink *sink)
{
	size_t most = PGB_UFFD_WP_ENTRIES * pgb_page_size();
	int err = 0;

	while (!err && *start < end) {
		uintptr_t stop = end - *start < most ? end : *start + most;

		err = pgb_pagemap_read(wp->memory.pagemap.fd, *start, wp->entry,
				       (stop - *start) / pgb_page_size());
		if (!err)
			err = take_dirty(wp, start, stop, sink);
	}
	return err;
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

static int expect(const struct pgb_uffd_wp *wp, uintptr_t page, bool protected)
{
	uint64_t entry;
	int err = pgb_pagemap_read(wp->memory.pagemap.fd, page, &entry, 1);

	if (err)
		return err;
	return is_protected(entry) == protected ? 0 : -ENOTSUP;
}

static int try_on(const struct pgb_uffd_wp *wp, volatile char *page, size_t size)
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

int pgb_uffd_wp_try(const struct pgb_uffd_wp *wp, char *reason, size_t reason_size)
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

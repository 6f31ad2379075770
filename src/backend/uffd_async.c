/* SPDX-License-Identifier: MIT */
/*
 * uffd_async.c - userfaultfd write-protection, resolved in the kernel (Linux 6.9).
 *
 * A write to a protected page traps into the kernel, which notes it in the page table and
 * lets the write go on: no signal, no reader of the descriptor, no VMA of its own, and
 * system calls that write to the page do the same.  PAGEMAP_SCAN takes the written pages
 * and protects them again in one pass.
 *
 * The kernel drops a registration when the memory is unmapped or moved, in a child of
 * fork, and when somebody closes the descriptor.  A scan then fails with EPERM, and the
 * range is reported whole and registered anew.
 *
 * Nothing is protected when it is added: memory not yet touched would take two faults
 * instead of one, and is dirty soon anyway.
 *
 * Kernel: userfaultfd WP_ASYNC d61ea1cb0095 and PAGEMAP_SCAN 52526ca7fdb9, both of 6.7, and
 * a fix of the latter in 6.9; see os/kernel.h.
 */
#include "backend/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/uffd.h"
#include "os/kernel.h"
#include "os/memory.h"
#include "os/pagemap.h"

#define FEATURES                                                                           \
	(UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED |                             \
	 UFFD_FEATURE_PAGEFAULT_FLAG_WP)

struct uffd_async {
	struct pgb_uffd memory;
	struct page_region region[PGB_PAGEMAP_REGIONS];
};

static int acquire(struct uffd_async *barrier, char *reason, size_t reason_size)
{
	return pgb_uffd_acquire(&barrier->memory, PGB_UFFD_USER, FEATURES, NULL, reason,
				reason_size);
}

static int create(struct uffd_async **out, char *reason, size_t reason_size)
{
	struct uffd_async *barrier = pgb_memory_map(sizeof(*barrier));
	int err = -ENOTSUP;

	if (!barrier)
		return -ENOMEM;
	barrier->memory = PGB_UFFD_NONE;
	if (pgb_kernel_scans_swapped_pages())
		err = acquire(barrier, reason, reason_size);
	else if (reason)
		snprintf(reason, reason_size,
			 "before Linux 6.9 PAGEMAP_SCAN takes pages in swap for clean");
	if (err)
		pgb_memory_unmap(barrier, sizeof(*barrier));
	else
		*out = barrier;
	return err;
}

static int uffd_async_open(void **state)
{
	struct uffd_async *barrier;
	int err = create(&barrier, NULL, 0);

	if (!err)
		*state = barrier;
	return err;
}

static void uffd_async_close(void *state)
{
	struct uffd_async *barrier = state;

	pgb_uffd_release(&barrier->memory);
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

static int uffd_async_add(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_async *barrier = state;

	return pgb_uffd_watch(&barrier->memory, start, end);
}

static void uffd_async_remove(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_async *barrier = state;

	pgb_uffd_unwatch(&barrier->memory, start, end);
}

static int scan(struct uffd_async *barrier, uintptr_t *start, uintptr_t end)
{
	return pgb_pagemap_take_written(barrier->memory.pagemap.fd, start, end,
					barrier->region, PGB_PAGEMAP_REGIONS);
}

/* Take the written pages of [*start, end); NULL for sink: arm only. */
static int take(struct uffd_async *barrier, uintptr_t *start, uintptr_t end,
		struct pgb_sink *sink)
{
	while (*start < end) {
		int filled = scan(barrier, start, end);

		if (filled < 0)
			return filled;
		for (int i = 0; sink && i < filled; i++)
			pgb_sink_report(sink, barrier->region[i].start,
					barrier->region[i].end);
	}
	return 0;
}

/*
 * Try to get [start, end) watched and armed again after a failure.  If that fails too,
 * the next harvest fails again and reports the range whole again.
 */
static void rearm(struct uffd_async *barrier, uintptr_t start, uintptr_t end)
{
	if (!pgb_uffd_is_ours(&barrier->memory)) {
		pgb_uffd_release(&barrier->memory);
		if (acquire(barrier, NULL, 0))
			return;
	}
	if (!pgb_uffd_register(barrier->memory.uffd.fd, start, end))
		take(barrier, &start, end, NULL);
}

static int uffd_async_harvest(void *state, uintptr_t start, uintptr_t end,
			      struct pgb_sink *sink)
{
	struct uffd_async *barrier = state;
	int err = take(barrier, &start, end, sink);

	if (err) {
		/*
		 * Arm first, then report: what was written until then is in the report,
		 * what is written later is caught.
		 */
		rearm(barrier, start, end);
		pgb_sink_report_unsure(sink, start, end);
	}
	return err;
}

static ssize_t uffd_async_move(void *state, uintptr_t to, uintptr_t from, size_t length)
{
	const struct uffd_async *barrier = state;

	return pgb_uffd_relocate(&barrier->memory, to, from, length);
}

static int uffd_async_forked_child(void *state)
{
	struct uffd_async *barrier = state;

	/* These act on the parent's memory, whatever the child does with them. */
	pgb_uffd_release(&barrier->memory);
	return acquire(barrier, NULL, 0);
}

/* Does the kernel do what it is relied on for?  Emulations may only say that they do. */
static int try_on(struct uffd_async *barrier, volatile char *page, size_t size)
{
	uintptr_t start = (uintptr_t)page;
	int err = pgb_uffd_register(barrier->memory.uffd.fd, start, start + size);

	if (err)
		return err;
	for (int round = 0; round < 2; round++) {
		uintptr_t at = start;
		int filled;

		page[0] = 1;
		filled = scan(barrier, &at, start + size);
		if (filled < 0)
			return filled;
		if (filled != 1)
			return -ENOTSUP;
		at = start;
		filled = scan(barrier, &at, start + size);
		if (filled)
			return filled < 0 ? filled : -ENOTSUP;
	}
	return 0;
}

static int uffd_async_probe(char *reason, size_t reason_size)
{
	size_t size = pgb_page_size();
	struct uffd_async *barrier;
	void *page;
	int err;

	page = pgb_memory_map(size);
	err = page ? create(&barrier, reason, reason_size) : -ENOMEM;
	if (err)
		goto out;
	err = try_on(barrier, page, size);
	if (err)
		snprintf(reason, reason_size, "a trial page was not tracked: %s",
			 strerrordesc_np(-err));
	uffd_async_close(barrier);
out:
	pgb_memory_unmap(page, size);
	return err;
}

const struct pgb_backend pgb_backend_uffd_async = {
	.name = "uffd-async",
	.summary = "userfaultfd write-protection resolved in the kernel, PAGEMAP_SCAN",
	.capabilities = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES | PGB_CAP_ONE_VMA |
			PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE | PGB_CAP_REMAP_SAFE |
			PGB_CAP_LOCAL | PGB_CAP_ANY_MEMORY,
	.automatic = true,
	.probe = uffd_async_probe,
	.open = uffd_async_open,
	.close = uffd_async_close,
	.add = uffd_async_add,
	.remove = uffd_async_remove,
	.harvest = uffd_async_harvest,
	.move = uffd_async_move,
	.forked_child = uffd_async_forked_child,
};

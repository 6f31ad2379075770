/* SPDX-License-Identifier: MIT */
/*
 * soft_dirty.c - the soft-dirty bits of the kernel (Linux 3.11, x86-64, if built with
 * them).
 *
 * Every page table entry has a bit that a write sets; /proc/self/pagemap shows it, and a
 * write to /proc/self/clear_refs clears it, for all pages of the process at once.  What
 * stock libgc uses where it is there.
 *
 * It acts on the whole process.  A harvest of one page costs as much as one of everything,
 * and takes the bits of all other memory: other barriers of this kind keep what they had,
 * since the bits of all of them are read before they are cleared, but a program that looks
 * at soft-dirty bits itself, or a checkpoint of it, loses them.
 *
 * To read the bits and to clear them are two steps.  A write in between is lost; so it must
 * not be: harvests are for when the world is stopped, and nothing chooses this unasked.
 *
 * A huge page has one bit, and a mapping that was joined with a new one reads dirty as a
 * whole.
 *
 * Memory that is not there, since it was never touched or was discarded, has no bit, and
 * reads dirty.  But once it has been read it is there, and clean: that its content changed
 * to zeros is not seen any more.
 *
 * Kernel: 0f8975ec4db2, Documentation/admin-guide/mm/soft-dirty.rst.
 */
#include "backend/backend.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "os/clear_refs.h"
#include "os/descriptor.h"
#include "os/memory.h"
#include "os/pagemap.h"
#include "pagebits.h"

#define ENTRIES 512

struct soft_dirty {
	struct pgb_descriptor pagemap, clear_refs;
	struct pgb_pagebits watched;
	struct pgb_pagebits dirty; /* and not reported yet */
	AO_t low, high;		   /* all that was ever watched lies in between */
	AO_t next;		   /* struct soft_dirty *, in the list of all */
	uint64_t entry[ENTRIES];
};

/*
 * Who takes the bits takes those of all barriers, so one at a time does.  A harvest does
 * not wait for another one, whose thread may be stopped.
 */
static AO_t list; /* struct soft_dirty * */

/* A child of fork(2) finds zero: nobody is at it there. */
struct transient {
	AO_t taken;
};

static AO_t transient_page; /* struct transient *, made by the first barrier; stays */

static struct transient *transient(void)
{
	return (struct transient *)AO_load_acquire(&transient_page);
}

static int make_transient(void)
{
	return pgb_memory_map_once_wiped_on_fork(&transient_page, sizeof(struct transient));
}

static bool try_to_take(void)
{
	return AO_compare_and_swap_full(&transient()->taken, 0, 1);
}

static void release(void)
{
	AO_store_full(&transient()->taken, 0);
}

static void enlist(struct soft_dirty *barrier)
{
	while (!try_to_take())
		sched_yield();
	barrier->next = list;
	AO_store_full(&list, (AO_t)barrier);
	release();
}

static void delist(struct soft_dirty *barrier)
{
	AO_t *link = &list;

	while (!try_to_take())
		sched_yield();
	while (*link != (AO_t)barrier)
		link = &((struct soft_dirty *)*link)->next;
	AO_store_full(link, barrier->next);
	release();
}

static int open_pagemap(struct soft_dirty *barrier, char *reason, size_t reason_size)
{
	int fd = pgb_pagemap_open();

	if (fd < 0 && reason)
		snprintf(reason, reason_size, "/proc/self/pagemap: %s",
			 strerrordesc_np(-fd));
	return fd < 0 ? fd : pgb_descriptor_adopt(&barrier->pagemap, fd);
}

static int open_clear_refs(struct soft_dirty *barrier, char *reason, size_t reason_size)
{
	int fd = pgb_clear_refs_open();

	if (fd < 0 && reason)
		snprintf(reason, reason_size, "/proc/self/clear_refs: %s",
			 strerrordesc_np(-fd));
	return fd < 0 ? fd : pgb_descriptor_adopt(&barrier->clear_refs, fd);
}

static void close_files(struct soft_dirty *barrier)
{
	pgb_descriptor_close(&barrier->pagemap);
	pgb_descriptor_close(&barrier->clear_refs);
}

static int open_files(struct soft_dirty *barrier, char *reason, size_t reason_size)
{
	int err = open_pagemap(barrier, reason, reason_size);

	if (!err)
		err = open_clear_refs(barrier, reason, reason_size);
	if (err)
		close_files(barrier);
	return err;
}

static void destroy(struct soft_dirty *barrier)
{
	close_files(barrier);
	pgb_pagebits_destroy(&barrier->watched);
	pgb_pagebits_destroy(&barrier->dirty);
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

static int create(struct soft_dirty **out, char *reason, size_t reason_size)
{
	struct soft_dirty *barrier = pgb_memory_map(sizeof(*barrier));
	int err;

	if (!barrier)
		return -ENOMEM;
	barrier->pagemap = barrier->clear_refs = PGB_DESCRIPTOR_NONE;
	barrier->low = UINTPTR_MAX;
	err = pgb_pagebits_init(&barrier->watched);
	if (!err)
		err = pgb_pagebits_init(&barrier->dirty);
	if (!err)
		err = open_files(barrier, reason, reason_size);
	if (err)
		destroy(barrier);
	else
		*out = barrier;
	return err;
}

static int soft_dirty_open(void **state)
{
	struct soft_dirty *barrier;
	int err = make_transient();

	if (!err)
		err = create(&barrier, NULL, 0);
	if (err)
		return err;
	enlist(barrier);
	*state = barrier;
	return 0;
}

static void soft_dirty_close(void *state)
{
	delist(state);
	destroy(state);
}

/* Callers keep each other out. */
static int soft_dirty_add(void *state, uintptr_t start, uintptr_t end)
{
	struct soft_dirty *barrier = state;
	int err = pgb_pagebits_reserve(&barrier->watched, start, end);

	if (!err)
		err = pgb_pagebits_reserve(&barrier->dirty, start, end);
	if (err)
		return err;
	if (start < AO_load(&barrier->low))
		AO_store_full(&barrier->low, start);
	if (end > AO_load(&barrier->high))
		AO_store_full(&barrier->high, end);
	pgb_pagebits_set_range(&barrier->dirty, start, end);
	pgb_pagebits_set_range(&barrier->watched, start, end);
	return 0;
}

static void soft_dirty_remove(void *state, uintptr_t start, uintptr_t end)
{
	struct soft_dirty *barrier = state;

	pgb_pagebits_clear_range(&barrier->watched, start, end);
}

static bool is_dirty(uint64_t entry)
{
	return entry & PGB_PAGEMAP_SOFT_DIRTY ||
	       !(entry & (PGB_PAGEMAP_PRESENT | PGB_PAGEMAP_SWAPPED));
}

static void note_entries(struct soft_dirty *barrier, const uint64_t *entry, uintptr_t start,
			 uintptr_t end)
{
	size_t size = pgb_page_size();

	for (uintptr_t page = start; page < end; page += size)
		if (is_dirty(*entry++))
			pgb_pagebits_set(&barrier->dirty, page);
}

/* What cannot be read is dirty. */
static void save_range(const struct pgb_descriptor *pagemap, struct soft_dirty *barrier,
		       uintptr_t start, uintptr_t end)
{
	size_t size = pgb_page_size(), most = ENTRIES * size;

	for (uintptr_t stop; start < end; start = stop) {
		stop = end - start < most ? end : start + most;
		if (pgb_pagemap_read(pagemap->fd, start, barrier->entry,
				     (stop - start) / size))
			pgb_pagebits_set_range(&barrier->dirty, start, stop);
		else
			note_entries(barrier, barrier->entry, start, stop);
	}
}

/* The bits of all barriers of the process. */
static void save(const struct pgb_descriptor *pagemap)
{
	for (struct soft_dirty *barrier = (struct soft_dirty *)AO_load_acquire(&list);
	     barrier; barrier = (struct soft_dirty *)AO_load_acquire(&barrier->next)) {
		uintptr_t at = AO_load_full(&barrier->low), run_end;
		uintptr_t end = AO_load_full(&barrier->high);

		for (; at < end &&
		       pgb_pagebits_next_run(&barrier->watched, &at, end, &run_end);
		     at = run_end)
			save_range(pagemap, barrier, at, run_end);
	}
}

/* Save the bits and clear them; if that fails they are still there. */
static int take(struct soft_dirty *barrier)
{
	int err;

	if (!pgb_descriptor_is_ours(&barrier->pagemap) ||
	    !pgb_descriptor_is_ours(&barrier->clear_refs))
		return -EBADF;
	if (!try_to_take())
		return -EBUSY;
	save(&barrier->pagemap);
	err = pgb_clear_refs_soft_dirty(barrier->clear_refs.fd);
	release();
	return err;
}

static int soft_dirty_harvest(void *state, uintptr_t start, uintptr_t end,
			      struct pgb_sink *sink)
{
	struct soft_dirty *barrier = state;
	int err = take(barrier);

	if (err == -EBADF) {
		close_files(barrier);
		open_files(barrier, NULL, 0);
	}
	if (err) {
		pgb_pagebits_set_range(&barrier->dirty, start, end);
		pgb_sink_report_unsure(sink, start, end);
		return err;
	}
	pgb_sink_report_bits(sink, &barrier->dirty, start, end);
	return 0;
}

static int soft_dirty_forked_child(void *state)
{
	struct soft_dirty *barrier = state;

	/* They show and clear the parent's memory. */
	close_files(barrier);
	return open_files(barrier, NULL, 0);
}

/*
 * Memory that has just been written to has the bit, unless the kernel does not know it.
 * Nothing is cleared to find out: somebody else may rely on the bits.
 */
static int try_on(struct soft_dirty *barrier, volatile char *page)
{
	uint64_t entry;
	int err;

	*page = 1;
	err = pgb_pagemap_read(barrier->pagemap.fd, (uintptr_t)page, &entry, 1);
	if (err)
		return err;
	return entry & PGB_PAGEMAP_SOFT_DIRTY ? 0 : -ENOTSUP;
}

static int soft_dirty_probe(char *reason, size_t reason_size)
{
	size_t size = pgb_page_size();
	struct soft_dirty *barrier;
	void *page = pgb_memory_map(size);
	int err;

	err = page ? create(&barrier, reason, reason_size) : -ENOMEM;
	if (err)
		goto out;
	err = try_on(barrier, page);
	if (err == -ENOTSUP)
		snprintf(reason, reason_size,
			 "this kernel has no soft-dirty bits (CONFIG_MEM_SOFT_DIRTY)");
	destroy(barrier);
out:
	pgb_memory_unmap(page, size);
	return err;
}

const struct pgb_backend pgb_backend_soft_dirty = {
	.name = "soft-dirty",
	.summary = "soft-dirty bits of the kernel, of the whole process",
	.capabilities = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES | PGB_CAP_ONE_VMA |
			PGB_CAP_ANY_MEMORY,
	.automatic = false,
	.probe = soft_dirty_probe,
	.open = soft_dirty_open,
	.close = soft_dirty_close,
	.add = soft_dirty_add,
	.remove = soft_dirty_remove,
	.harvest = soft_dirty_harvest,
	.forked_child = soft_dirty_forked_child,
};

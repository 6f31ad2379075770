/* SPDX-License-Identifier: MIT */
/*
 * uffd_sync.c - userfaultfd write-protection, resolved by a thread of ours (Linux 5.14).
 *
 * A write to a protected page stops in the kernel until the reader of the descriptor has
 * unprotected the page.  Slower than a signal by far, if the reader runs on another CPU;
 * but it needs no handler, and system calls that write to the page are stopped, noticed,
 * and succeed.  For that alone it is there, for kernels before 6.7.
 *
 * One kind of writes does not wait, and is dropped by the kernel: those that it makes for a
 * thread that is ending, to a robust mutex or to the word of CLONE_CHILD_CLEARTID.
 *
 * The reader does what the fault asks for and nothing else.  It keeps no record: whether a
 * page is protected stands in its page table entry.  So events may come twice, late, or of
 * memory that is gone by now, and all that can be wrong with one is that nobody is waiting.
 *
 * It has a descriptor of its own, which nobody can close.  The flags of the file are shared
 * all the same, so it has reading block again where the program has changed that.  To end,
 * it has to be told by a fault too: there is a page, the bell, that is protected all the
 * time.  Before it ends it gives up everything that is watched, since a child of fork(2)
 * may have a descriptor too and keep it all registered, with nobody left to read.
 *
 * Kernel: userfaultfd 86039bd3b4e6 (4.3), write-protection 63b2d4174c4a (5.7), its
 * bit in pagemap fb8e37f35a2f (5.14).
 */
#include "backend/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "backend/uffd_wp.h"
#include "os/memory.h"
#include "os/thread.h"
#include "os/uffd_reader.h"
#include "range.h"

#define BATCH 16

struct uffd_sync {
	struct pgb_uffd_wp wp;
	struct pgb_thread reader;
	AO_t is_over;		   /* for the reader */
	volatile char *bell;	   /* a page, protected; written to after is_over is set */
	struct pgb_ranges watched; /* for the reader, too */
	AO_t readers;		   /* of that */
	size_t page_size;
};

/*
 * Unprotecting lets go of whoever waits at the page.  If it fails the page may be gone: who
 * waits there has to find that out for himself.  Or else it is not watched any more.
 */
static PGB_THREAD_CODE void let_go(int fd, uintptr_t page, size_t page_size)
{
	long err = pgb_reader_unprotect(fd, page, page + page_size);

	if (!err)
		return;
	if (err != -ENOENT)
		pgb_reader_unregister(fd, page, page + page_size);
	pgb_reader_wake(fd, page, page + page_size);
}

/*
 * To unregister memory wakes only who waits for a page that is not there (up to 6.18).
 * Something else in the range by now may have the whole of it refused.
 */
static PGB_THREAD_CODE void give_up_range(int fd, uintptr_t start, uintptr_t end,
					  size_t page_size)
{
	if (!pgb_reader_unregister(fd, start, end)) {
		pgb_reader_wake(fd, start, end);
		return;
	}
	for (; start < end; start += page_size)
		let_go(fd, start, page_size);
}

static PGB_THREAD_CODE void give_up(int fd, struct uffd_sync *barrier)
{
	uintptr_t bell = (uintptr_t)barrier->bell;
	const struct pgb_range_table *table;

	AO_fetch_and_add1_full(&barrier->readers);
	table = (const struct pgb_range_table *)AO_load_full(&barrier->watched.current);
	for (size_t i = 0; table && i < table->count; i++)
		give_up_range(fd, table->range[i].start, table->range[i].end,
			      barrier->page_size);
	AO_fetch_and_sub1_full(&barrier->readers);
	give_up_range(fd, bell, bell + barrier->page_size, barrier->page_size);
}

static PGB_THREAD_CODE void read_faults(int fd, void *arg)
{
	struct uffd_sync *barrier = arg;
	uintptr_t page_mask = ~(barrier->page_size - 1);
	struct uffd_msg message[BATCH];
	long count, i;

	while (!AO_load_full(&barrier->is_over)) {
		count = pgb_reader_read(fd, message, BATCH);
		if (count == -EAGAIN)
			pgb_reader_set_blocking(fd);
		for (i = 0; i < count; i++)
			if (message[i].event == UFFD_EVENT_PAGEFAULT)
				let_go(fd, message[i].arg.pagefault.address & page_mask,
				       barrier->page_size);
	}
	give_up(fd, barrier);
}

static int start_reader(struct uffd_sync *barrier)
{
	uintptr_t bell = (uintptr_t)barrier->bell;
	int fd = barrier->wp.memory.uffd.fd;
	int err = pgb_uffd_set_blocking(fd);

	AO_store_full(&barrier->is_over, 0);
	*barrier->bell = 0; /* memory never touched could not be protected */
	if (!err)
		err = pgb_uffd_wp_rearm(&barrier->wp, bell, bell + barrier->page_size);
	if (!err)
		err = pgb_thread_start(&barrier->reader, read_faults, fd, barrier);
	if (err)
		pgb_uffd_unregister(fd, bell, bell + barrier->page_size);
	return err;
}

static void stop_reader(struct uffd_sync *barrier)
{
	if (!pgb_thread_is_running(&barrier->reader))
		return;
	AO_store_full(&barrier->is_over, 1);
	*barrier->bell = 1;
	pgb_thread_join(&barrier->reader);
}

static int acquire(struct uffd_sync *barrier, char *reason, size_t reason_size)
{
	int err = pgb_uffd_wp_acquire(&barrier->wp, PGB_UFFD_KERNEL,
				      UFFD_FEATURE_PAGEFAULT_FLAG_WP, reason, reason_size);

	if (err)
		return err;
	err = start_reader(barrier);
	if (!err)
		return 0;
	if (reason)
		snprintf(reason, reason_size, "the reader could not be started: %s",
			 strerrordesc_np(-err));
	pgb_uffd_release(&barrier->wp.memory);
	return err;
}

static void destroy(struct uffd_sync *barrier)
{
	stop_reader(barrier);
	pgb_uffd_release(&barrier->wp.memory);
	pgb_ranges_destroy(&barrier->watched);
	pgb_thread_destroy(&barrier->reader);
	pgb_memory_unmap((void *)barrier->bell, barrier->page_size);
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

static int create(struct uffd_sync **out, char *reason, size_t reason_size)
{
	struct uffd_sync *barrier = pgb_memory_map(sizeof(*barrier));
	int err;

	if (!barrier)
		return -ENOMEM;
	barrier->wp.memory = PGB_UFFD_NONE;
	barrier->page_size = pgb_page_size();
	pgb_ranges_init(&barrier->watched, &barrier->readers);
	err = pgb_thread_init(&barrier->reader);
	barrier->bell = pgb_memory_map(barrier->page_size);
	if (!err)
		err = barrier->bell ? acquire(barrier, reason, reason_size) : -ENOMEM;
	if (err)
		destroy(barrier);
	else
		*out = barrier;
	return err;
}

static int uffd_sync_open(void **state)
{
	struct uffd_sync *barrier;
	int err = create(&barrier, NULL, 0);

	if (!err)
		*state = barrier;
	return err;
}

static void uffd_sync_close(void *state)
{
	destroy(state);
}

/* In a child of fork(2), where nothing may be allocated, nothing is new. */
static bool is_noted(const struct uffd_sync *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *table = pgb_ranges_current(&barrier->watched);

	return pgb_range_table_contains(table, start, end);
}

static int uffd_sync_add(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_sync *barrier = state;
	struct pgb_range_table *new;
	int err;

	if (is_noted(barrier, start, end))
		return pgb_uffd_watch(&barrier->wp.memory, start, end);
	new = pgb_range_table_with(pgb_ranges_current(&barrier->watched), start, end);
	if (!new)
		return -ENOMEM;
	err = pgb_uffd_watch(&barrier->wp.memory, start, end);
	if (err)
		pgb_range_table_free(new);
	else
		pgb_ranges_publish(&barrier->watched, new);
	return err;
}

static void uffd_sync_remove(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_sync *barrier = state;
	struct pgb_range_table *new;

	/* What may still be protected the reader lets go of, and gives up in the end. */
	if (pgb_uffd_unwatch(&barrier->wp.memory, start, end))
		return;
	/* Without memory for the table it is given up twice, which does no harm. */
	new = pgb_range_table_without(pgb_ranges_current(&barrier->watched), start, end);
	if (new)
		pgb_ranges_publish(&barrier->watched, new);
}

/* If this fails, the next harvest fails again and reports the range whole again. */
static void rearm(struct uffd_sync *barrier, uintptr_t start, uintptr_t end)
{
	if (!pgb_uffd_is_ours(&barrier->wp.memory)) {
		stop_reader(barrier);
		pgb_uffd_release(&barrier->wp.memory);
		if (acquire(barrier, NULL, 0))
			return;
	}
	pgb_uffd_wp_rearm(&barrier->wp, start, end);
}

static int uffd_sync_harvest(void *state, uintptr_t start, uintptr_t end,
			     struct pgb_sink *sink)
{
	struct uffd_sync *barrier = state;
	int err = pgb_uffd_wp_harvest(&barrier->wp, &start, end, sink);

	if (err) {
		rearm(barrier, start, end);
		pgb_sink_report_unsure(sink, start, end);
	}
	return err;
}

static ssize_t uffd_sync_move(void *state, uintptr_t to, uintptr_t from, size_t length)
{
	const struct uffd_sync *barrier = state;

	return pgb_uffd_relocate(&barrier->wp.memory, to, from, length);
}

static int uffd_sync_forked_child(void *state)
{
	struct uffd_sync *barrier = state;

	/* The descriptors act on the parent's memory, and the reader is there, not here. */
	pgb_uffd_release(&barrier->wp.memory);
	pgb_thread_forget(&barrier->reader);
	AO_store_full(&barrier->readers, 0);
	return acquire(barrier, NULL, 0);
}

static int uffd_sync_probe(char *reason, size_t reason_size)
{
	struct uffd_sync *barrier;
	int err = create(&barrier, reason, reason_size);

	if (err)
		return err;
	err = pgb_uffd_wp_try(&barrier->wp, reason, reason_size);
	destroy(barrier);
	return err;
}

const struct pgb_backend pgb_backend_uffd_sync = {
	.name = "uffd-sync",
	.summary = "userfaultfd write-protection and a thread that lets writes go on",
	.capabilities = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES | PGB_CAP_ONE_VMA |
			PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE | PGB_CAP_REMAP_SAFE |
			PGB_CAP_NEEDS_PRIVILEGE | PGB_CAP_LOCAL | PGB_CAP_ANY_MEMORY,
	.automatic = false,
	.probe = uffd_sync_probe,
	.open = uffd_sync_open,
	.close = uffd_sync_close,
	.add = uffd_sync_add,
	.remove = uffd_sync_remove,
	.harvest = uffd_sync_harvest,
	.move = uffd_sync_move,
	.forked_child = uffd_sync_forked_child,
};

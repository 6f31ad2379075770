/* SPDX-License-Identifier: MIT */
/*
 * uffd_sigbus.c - userfaultfd write-protection, resolved by a SIGBUS handler (Linux 5.14).
 *
 * As the mprotect backend, a signal for each first write, and EFAULT for system calls that
 * write to a protected page.  Unlike it, a range stays one VMA however its pages are
 * written, and there is no limit to their number.
 *
 * The handler has to know which pages are watched here: the kernel unprotects a page for
 * any userfaultfd of the process, so a program that uses one itself would lose a fault.
 *
 * Kernel: UFFD_FEATURE_SIGBUS 2d6d6f5a09a9 (4.14), write-protection 63b2d4174c4a (5.7), its
 * bit in pagemap fb8e37f35a2f (5.14).
 */
#include "backend/backend.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/trap.h"
#include "backend/uffd_wp.h"
#include "os/memory.h"
#include "os/uapi.h"
#include "pagebits.h"

/* A child of fork(2) finds zero: the descriptors that it has are its parent's. */
struct transient {
	AO_t is_ours;
};

struct uffd_sigbus {
	struct pgb_trap trap;
	struct transient *transient;
	struct pgb_pagebits watched;
	size_t page_size;
	struct pgb_uffd_wp wp;
};

#define REQUIRED (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS)

static int acquire(struct uffd_sigbus *barrier, char *reason, size_t reason_size)
{
	int err = pgb_uffd_wp_acquire(&barrier->wp, PGB_UFFD_USER, REQUIRED, reason,
				      reason_size);

	if (!err)
		AO_store_full(&barrier->transient->is_ours, 1);
	return err;
}

/*
 * For when a program has closed our descriptor, but its memory is still registered, since a
 * child of fork(2) has a copy: any userfaultfd of the process can unprotect it.
 */
static int let_go_without_descriptor(uintptr_t page, size_t page_size)
{
	int fd = pgb_uffd_open(PGB_UFFD_USER, REQUIRED, NULL, NULL, 0);
	int err = fd < 0 ? fd : pgb_uffd_wp_let_go(fd, page, page_size);

	if (fd >= 0)
		close(fd);
	return err;
}

static int unwatch_without_descriptor(uintptr_t start, uintptr_t end)
{
	int fd = pgb_uffd_open(PGB_UFFD_USER, REQUIRED, NULL, NULL, 0);
	const struct pgb_uffd other = {.uffd.fd = fd};
	int err = fd < 0 ? fd : pgb_uffd_unwatch(&other, start, end);

	if (fd >= 0)
		close(fd);
	return err;
}

static int let_go(struct uffd_sigbus *barrier, uintptr_t page)
{
	int fd = barrier->wp.memory.uffd.fd;

	if (!AO_load_full(&barrier->transient->is_ours) ||
	    !pgb_descriptor_is_ours(&barrier->wp.memory.uffd))
		return let_go_without_descriptor(page, barrier->page_size);
	return pgb_uffd_wp_let_go(fd, page, barrier->page_size);
}

/*
 * What is not registered any more was mapped anew since the fault, and can be written to,
 * or not.  Only if it is the end of a file will it raise SIGBUS again.
 */
static bool resolve(struct pgb_trap *trap, uintptr_t address)
{
	struct uffd_sigbus *barrier = (struct uffd_sigbus *)trap;
	uintptr_t page = address & ~(barrier->page_size - 1);
	int err;

	if (!pgb_pagebits_test(&barrier->watched, page))
		return false;
	err = let_go(barrier, page);
	if (err == -ENOENT)
		return pgb_memory_populate(page, page + barrier->page_size) != -EFAULT;
	return !err;
}

static void destroy(struct uffd_sigbus *barrier)
{
	pgb_uffd_release(&barrier->wp.memory);
	pgb_pagebits_destroy(&barrier->watched);
	pgb_memory_unmap(barrier->transient, sizeof(*barrier->transient));
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

static int create(struct uffd_sigbus **out, char *reason, size_t reason_size)
{
	struct uffd_sigbus *barrier = pgb_memory_map(sizeof(*barrier));
	int err = -ENOMEM;

	if (!barrier)
		return err;
	barrier->trap.resolve = resolve;
	barrier->page_size = pgb_page_size();
	barrier->wp.memory = PGB_UFFD_NONE;
	barrier->transient = pgb_memory_map_wiped_on_fork(sizeof(*barrier->transient));
	if (barrier->transient)
		err = pgb_pagebits_init(&barrier->watched);
	if (!err)
		err = acquire(barrier, reason, reason_size);
	if (err)
		destroy(barrier);
	else
		*out = barrier;
	return err;
}

static int uffd_sigbus_open(void **state)
{
	struct uffd_sigbus *barrier;
	int err = create(&barrier, NULL, 0);

	if (err)
		return err;
	err = pgb_trap_enlist(SIGBUS, &barrier->trap);
	if (err)
		destroy(barrier);
	else
		*state = barrier;
	return err;
}

static void uffd_sigbus_close(void *state)
{
	struct uffd_sigbus *barrier = state;

	pgb_trap_delist(SIGBUS, &barrier->trap);
	destroy(barrier);
}

static int uffd_sigbus_add(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_sigbus *barrier = state;
	int err = pgb_pagebits_reserve(&barrier->watched, start, end);

	if (!err)
		err = pgb_uffd_watch(&barrier->wp.memory, start, end);
	pgb_trap_note_removal();
	if (!err)
		pgb_pagebits_set_range(&barrier->watched, start, end);
	return err;
}

static void uffd_sigbus_remove(void *state, uintptr_t start, uintptr_t end)
{
	struct uffd_sigbus *barrier = state;
	int err = pgb_uffd_unwatch(&barrier->wp.memory, start, end);

	if (err == -EBADF || err == -ENOTTY)
		err = unwatch_without_descriptor(start, end);
	pgb_trap_note_removal();
	/* What is still protected, against all odds, is let go of as before. */
	if (!err)
		pgb_pagebits_clear_range(&barrier->watched, start, end);
}

/* If this fails, the next harvest fails again and reports the range whole again. */
static void rearm(struct uffd_sigbus *barrier, uintptr_t start, uintptr_t end)
{
	if (!pgb_uffd_is_ours(&barrier->wp.memory)) {
		pgb_uffd_release(&barrier->wp.memory);
		/* Who has faulted already is let go by nobody now, and tries again. */
		pgb_trap_note_removal();
		if (acquire(barrier, NULL, 0))
			return;
	}
	pgb_uffd_wp_rearm(&barrier->wp, start, end);
}

static int uffd_sigbus_harvest(void *state, uintptr_t start, uintptr_t end,
			       struct pgb_sink *sink)
{
	struct uffd_sigbus *barrier = state;
	int err = pgb_trap_uncover(SIGBUS);

	if (err) {
		/* Faults would go to somebody else: nothing is left protected. */
		pgb_uffd_watch(&barrier->wp.memory, start, end);
		pgb_sink_report_unsure(sink, start, end);
		return err;
	}
	err = pgb_uffd_wp_harvest(&barrier->wp, &start, end, sink);
	if (err) {
		rearm(barrier, start, end);
		pgb_sink_report_unsure(sink, start, end);
	}
	return err;
}

static ssize_t uffd_sigbus_move(void *state, uintptr_t to, uintptr_t from, size_t length)
{
	const struct uffd_sigbus *barrier = state;

	return pgb_uffd_relocate(&barrier->wp.memory, to, from, length);
}

static int uffd_sigbus_forked_child(void *state)
{
	struct uffd_sigbus *barrier = state;

	pgb_uffd_release(&barrier->wp.memory);
	return acquire(barrier, NULL, 0);
}

static int uffd_sigbus_probe(char *reason, size_t reason_size)
{
	struct uffd_sigbus *barrier;
	int err = create(&barrier, reason, reason_size);

	if (err)
		return err;
	err = pgb_uffd_wp_try(&barrier->wp, reason, reason_size);
	destroy(barrier);
	return err;
}

const struct pgb_backend pgb_backend_uffd_sigbus = {
	.name = "uffd-sigbus",
	.summary = "userfaultfd write-protection and a SIGBUS handler",
	.capabilities = PGB_CAP_ONE_VMA | PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE |
			PGB_CAP_REMAP_SAFE | PGB_CAP_LOCAL | PGB_CAP_ANY_MEMORY,
	.automatic = true,
	.probe = uffd_sigbus_probe,
	.open = uffd_sigbus_open,
	.close = uffd_sigbus_close,
	.add = uffd_sigbus_add,
	.remove = uffd_sigbus_remove,
	.harvest = uffd_sigbus_harvest,
	.move = uffd_sigbus_move,
	.forked_child = uffd_sigbus_forked_child,
};

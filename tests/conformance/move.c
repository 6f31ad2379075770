/* SPDX-License-Identifier: MIT */
/* move.c - pages are moved: contents, what is reported, and what cannot be moved. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/pagemap.h"
#include "watch.h"

#define PAGES 64

/* A byte that tells pages apart. */
static unsigned char mark_of(size_t page)
{
	return (unsigned char)(page % 250 + 1);
}

static void mark(const struct watch *watch, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		memset(watch_page(watch, i), mark_of(i), watch->page);
}

/* The pages [to, ...) have the content that [from, ...) was marked with. */
static void must_be_marked(const struct watch *watch, size_t to, size_t from, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		const unsigned char *bytes = watch_page(watch, to + i);

		check_int(bytes[0], mark_of(from + i));
		check_int(memcmp(bytes, bytes + 1, watch->page - 1), 0);
	}
}

static void must_be_zeros(const struct watch *watch, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++) {
		const unsigned char *bytes = watch_page(watch, i);

		check_int(bytes[0], 0);
		check_int(memcmp(bytes, bytes + 1, watch->page - 1), 0);
	}
}

static int try_move(struct watch *watch, size_t to, size_t from, size_t pages,
		    struct pgb_move *result)
{
	int err = pgb_move_pages(watch->barrier, watch_page(watch, to),
				 watch_page(watch, from), pages * watch->page, result);

	check(result->copied <= result->moved && result->moved <= pages * watch->page);
	check_int(result->moved % watch->page, 0);
	check(!result->copied == !result->reason);
	return err;
}

static struct pgb_move move(struct watch *watch, size_t to, size_t from, size_t pages)
{
	struct pgb_move result;

	check_int(try_move(watch, to, from, pages, &result), 0);
	check_int(result.moved, pages * watch->page);
	return result;
}

/* Does this barrier move without copying?  Found out with a page of its own. */
static bool moves(struct watch *watch)
{
	struct pgb_move result;
	struct watch trial;

	watch_map(&trial, 2, watch->page);
	trial.barrier = watch->barrier;
	watch_add(&trial, 0, 2);
	watch_write(&trial, 0);
	result = move(&trial, 1, 0, 1);
	watch_remove(&trial, 0, 2);
	watch_unmap(&trial);
	return !result.copied;
}

static void open_marked(struct watch *watch, const struct pgb_backend_info *backend)
{
	watch_open(watch, backend, PAGES);
	watch_arm(watch);
	mark(watch, 0, PAGES);
	watch_settle(watch);
}

static void contents_and_reports(const struct pgb_backend_info *backend)
{
	struct pgb_move result;
	struct watch watch;
	bool all_moved;

	open_marked(&watch, backend);
	all_moved = moves(&watch);
	result = move(&watch, 40, 8, 10);
	check_int(result.copied, all_moved ? 0 : 10 * watch.page);
	watch_harvest(&watch);
	watch_must_report(&watch, 40, 10);
	watch_must_report(&watch, 8, 10);
	watch_must_not_report(&watch, 0, 8);
	watch_must_not_report(&watch, 18, 22);
	watch_must_not_report(&watch, 50, PAGES - 50);
	must_be_marked(&watch, 0, 0, 8);
	must_be_zeros(&watch, 8, 10);
	must_be_marked(&watch, 18, 18, 22);
	must_be_marked(&watch, 40, 8, 10);
	must_be_marked(&watch, 50, 50, PAGES - 50);
	/* Back, onto pages that nobody has touched since. */
	move(&watch, 8, 40, 10);
	must_be_marked(&watch, 8, 8, 10);
	watch_harvest(&watch);
	watch_must_report(&watch, 8, 10);
	watch_must_report(&watch, 40, 10);
	/* Before 6.4 holes cannot be armed under userfaultfd. */
	watch_write_range(&watch, 0, PAGES);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Moved before a harvest, written after it, and the other way round. */
static void writes_around_a_move(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_marked(&watch, backend);
	watch_write(&watch, 3);
	move(&watch, 20, 3, 1);
	watch_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_must_report(&watch, 20, 1);
	watch_write(&watch, 3);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_write(&watch, 20);
	watch_write(&watch, 3);
	watch_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_must_report(&watch, 20, 1);
	watch_must_not_report(&watch, 4, 16);
	watch_close(&watch);
}

/* Holes, armed and not, at either end. */
static void holes(const struct pgb_backend_info *backend)
{
	struct watch watch;
	bool all_moved;

	open_marked(&watch, backend);
	all_moved = moves(&watch);
	watch_remove(&watch, 0, PAGES);
	watch_map_anew(&watch, 0, 8);
	watch_map_anew(&watch, 32, 8);
	watch_add(&watch, 0, PAGES);
	watch_settle(&watch);
	/* Into armed holes; out of armed holes onto pages; onto armed holes. */
	move(&watch, 32, 8, 4);
	must_be_marked(&watch, 32, 8, 4);
	check_int(!move(&watch, 16, 0, 4).copied, all_moved);
	must_be_zeros(&watch, 16, 4);
	move(&watch, 36, 4, 4);
	must_be_zeros(&watch, 36, 4);
	watch_harvest(&watch);
	watch_must_report(&watch, 32, 4);
	watch_must_report(&watch, 8, 4);
	watch_must_report(&watch, 16, 4);
	must_be_zeros(&watch, 0, 12);
	/* A page between two holes. */
	watch_write(&watch, 9);
	move(&watch, 24, 8, 3);
	must_be_zeros(&watch, 24, 1);
	check_int(watch_page(&watch, 25)[0], 1);
	must_be_zeros(&watch, 26, 1);
	must_be_zeros(&watch, 8, 3);
	watch_harvest(&watch);
	watch_must_report(&watch, 24, 3);
	watch_must_report(&watch, 9, 1);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void child_of_fork(void *arg)
{
	struct watch *watch = arg;

	must_be_marked(watch, 8, 8, 8);
	move(watch, 50, 8, 4);
	must_be_marked(watch, 50, 8, 4);
	must_be_zeros(watch, 8, 4);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_close(watch);
}

struct sharing {
	struct watch *watch;
	struct gate may_end;
};

static void wait_at_gate(void *arg)
{
	struct sharing *sharing = arg;

	gate_pass(&sharing->may_end);
	must_be_marked(sharing->watch, 8, 8, 8);
}

/* Pages that a child shares are copied, and the child sees nothing of it. */
static void shared_by_fork(const struct pgb_backend_info *backend)
{
	struct pgb_move result;
	struct sharing sharing;
	struct watch watch;
	bool all_moved;
	pid_t child;

	open_marked(&watch, backend);
	all_moved = moves(&watch);
	sharing.watch = &watch;
	gate_make(&sharing.may_end);
	child = child_start(wait_at_gate, &sharing);
	/* This one is ours alone again. */
	mark(&watch, 10, 1);
	result = move(&watch, 40, 8, 8);
	must_be_marked(&watch, 40, 8, 8);
	must_be_zeros(&watch, 8, 8);
	check_int(result.copied, (all_moved ? 7 : 8) * watch.page);
	if (all_moved)
		check_int(result.reason, -EBUSY);
	gate_open(&sharing.may_end);
	check_int(child_wait(child), 0);
	watch_harvest(&watch);
	watch_must_report(&watch, 40, 8);
	watch_must_report(&watch, 8, 8);
	mark(&watch, 8, 8);
	child_run(child_of_fork, &watch);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	gate_destroy(&sharing.may_end);
	watch_close(&watch);
}

static void huge_pages(const struct pgb_backend_info *backend)
{
	size_t huge = (size_t)2 << 20;
	size_t pages = huge / (size_t)sysconf(_SC_PAGESIZE);
	struct watch watch;

	watch_open_aligned(&watch, backend, 4 * pages, huge);
	madvise(watch.base, 4 * huge, MADV_HUGEPAGE);
	watch_arm(&watch);
	mark(&watch, 0, 2 * pages);
	watch_settle(&watch);
	/* A whole one, and across two. */
	move(&watch, 2 * pages, 0, pages);
	must_be_marked(&watch, 2 * pages, 0, pages);
	must_be_zeros(&watch, 0, pages);
	move(&watch, 10, pages + 5, pages / 2);
	must_be_marked(&watch, 10, pages + 5, pages / 2);
	must_be_marked(&watch, pages, pages, 5);
	watch_harvest(&watch);
	watch_must_report(&watch, 0, pages);
	watch_must_report(&watch, 2 * pages, pages);
	watch_must_report(&watch, pages + 5, pages / 2);
	watch_settle(&watch);
	watch_write(&watch, 2 * pages + 7);
	watch_harvest(&watch);
	watch_must_report(&watch, 2 * pages + 7, 1);
	watch_close(&watch);
}

/* As far as there is memory, to the page; what is behind is as it was. */
static void memory_that_ends(const struct pgb_backend_info *backend)
{
	struct pgb_move result;
	struct watch watch;

	open_marked(&watch, backend);
	watch_remove(&watch, 13, 3);
	check_int(munmap(watch_page(&watch, 13), 3 * watch.page), 0);
	check_int(try_move(&watch, 40, 8, 8, &result), -EFAULT);
	check_int(result.moved, 5 * watch.page);
	must_be_marked(&watch, 40, 8, 5);
	must_be_zeros(&watch, 8, 5);
	watch_harvest(&watch);
	watch_must_report(&watch, 8, 5);
	watch_must_report(&watch, 40, 5);
	/* The same for where they go. */
	check_int(try_move(&watch, 10, 20, 6, &result), -EFAULT);
	check_int(result.moved, 3 * watch.page);
	must_be_marked(&watch, 10, 20, 3);
	must_be_zeros(&watch, 20, 3);
	must_be_marked(&watch, 23, 23, 3);
	/* And right at the beginning. */
	check_int(try_move(&watch, 50, 13, 2, &result), -EFAULT);
	check_int(result.moved, 0);
	watch_map_anew(&watch, 13, 3);
	check_int(mprotect(watch_page(&watch, 14), watch.page, PROT_NONE), 0);
	mark(&watch, 13, 1);
	check_int(try_move(&watch, 50, 13, 2, &result), -EFAULT);
	check_int(result.moved, watch.page);
	check_int(mprotect(watch_page(&watch, 14), watch.page, PROT_READ | PROT_WRITE), 0);
	watch_add(&watch, 13, 3);
	watch_write_range(&watch, 0, PAGES);
	/* Before 6.4 userfaultfd does not arm several mappings in one call. */
	if (!watch_try_harvest(&watch))
		watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Across mappings that the kernel keeps apart, and memory that nobody watches. */
static void other_memory(const struct pgb_backend_info *backend)
{
	struct pgb_move result;
	struct watch watch;

	open_marked(&watch, backend);
	check_int(madvise(watch_page(&watch, 10), 2 * watch.page, MADV_DONTFORK), 0);
	move(&watch, 40, 8, 6);
	must_be_marked(&watch, 40, 8, 6);
	must_be_zeros(&watch, 8, 6);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 8, 6);
	watch_must_report(&watch, 40, 6);
	watch_remove(&watch, 20, 4);
	watch_remove(&watch, 30, 4);
	result = move(&watch, 30, 20, 4);
	check_int(result.copied, 4 * watch.page);
	must_be_marked(&watch, 30, 20, 4);
	must_be_zeros(&watch, 20, 4);
	/* From here to there: what is watched is reported. */
	move(&watch, 50, 30, 2);
	move(&watch, 32, 52, 2);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 50, 4);
	must_be_marked(&watch, 50, 20, 2);
	must_be_marked(&watch, 32, 52, 2);
	watch_close(&watch);
}

static void locked_memory(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_marked(&watch, backend);
	if (mlock(watch.base, PAGES * watch.page))
		skip_because("no memory can be locked here");
	watch_settle(&watch);
	move(&watch, 40, 8, 6);
	must_be_marked(&watch, 40, 8, 6);
	must_be_zeros(&watch, 8, 6);
	watch_harvest(&watch);
	watch_must_report(&watch, 8, 6);
	watch_must_report(&watch, 40, 6);
	watch_close(&watch);
}

static enum pgb_os_call denied;
static int denial;
static unsigned passed, let_pass;

static int deny(enum pgb_os_call call)
{
	unsigned now;

	if (call != denied)
		return 0;
	now = passed++;
	/* A handler of signals that is denied for ever what it needs tries for ever. */
	return now >= let_pass && (call == PGB_OS_UFFD_MOVE || now < let_pass + 2) ? denial
										   : 0;
}

/* Whatever the kernel says, pages arrive, or it is said which did not. */
static void denied_with(struct watch *watch, enum pgb_os_call call, int error,
			unsigned pass)
{
	struct pgb_move result;
	size_t moved;
	int err;

	mark(watch, 0, PAGES);
	watch_settle(watch);
	denied = call;
	denial = error;
	let_pass = pass;
	passed = 0;
	pgb_os_set_hook(deny);
	err = try_move(watch, 40, 8, 8, &result);
	pgb_os_set_hook(NULL);
	moved = result.moved / watch->page;
	check(err ? moved < 8 : moved == 8);
	must_be_marked(watch, 40, 8, moved);
	must_be_zeros(watch, 8, moved);
	must_be_marked(watch, 8 + moved, 8 + moved, 8 - moved);
	/* What a handler of signals was denied is said now. */
	watch_try_harvest(watch);
	watch_must_report(watch, 8, moved);
	watch_must_report(watch, 40, moved);
	if (call == PGB_OS_UFFD_MOVE)
		check_int(err, 0);
}

static void denied_by_the_kernel(const struct pgb_backend_info *backend)
{
	static const int errors[] = {-ENOMEM, -EAGAIN, -EPERM,	-EINVAL,     -EINTR,
				     -EBUSY,  -EEXIST, -ENOENT, PGB_OS_SHORT};
	static const enum pgb_os_call calls[] = {PGB_OS_UFFD_MOVE, PGB_OS_MADVISE,
						 PGB_OS_UFFD_PROTECT};
	struct watch watch;

	open_marked(&watch, backend);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		for (size_t j = 0; j < sizeof(calls) / sizeof(calls[0]); j++) {
			/* An interrupted madvise is made again for ever. */
			if (errors[i] == -EINTR && calls[j] != PGB_OS_UFFD_MOVE)
				continue;
			for (unsigned pass = 0; pass < 4; pass++)
				denied_with(&watch, calls[j], errors[i], pass);
		}
	}
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void arguments(const struct pgb_backend_info *backend)
{
	struct pgb_barrier *barrier;
	struct pgb_move result;
	struct watch watch;
	unsigned char *base;
	size_t page;

	open_marked(&watch, backend);
	barrier = watch.barrier;
	base = watch.base;
	page = watch.page;
	check_int(pgb_move_pages(NULL, base, base + page, page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page, page, NULL), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page, 0, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base + 1, base + page, page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page + 1, page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page, page + 1, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base, page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page, 2 * page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base + page, base, 2 * page, &result), -EINVAL);
	check_int(pgb_move_pages(barrier, base, base + page, SIZE_MAX - page + 1, &result),
		  -EINVAL);
	must_be_marked(&watch, 0, 0, PAGES);
	watch_close(&watch);
}

/* No mapping is split, however many single pages are moved. */
static void one_mapping(const struct pgb_backend_info *backend)
{
	size_t pages = 2 * scaled(2000);
	uint64_t random = 4;
	struct watch watch;
	size_t before;

	watch_open(&watch, backend, pages);
	watch_arm(&watch);
	before = watch_mappings(&watch);
	for (size_t i = 0; i < pages; i++) {
		size_t from = random_next(&random) % pages;
		size_t to = random_next(&random) % pages;

		if (from != to)
			move(&watch, to, from, 1);
	}
	check_int(watch_mappings(&watch), before);
	watch_close(&watch);
}

/* Swap pages out; returns how many are. */
static size_t swap_out(const struct watch *watch, size_t first, size_t pages)
{
	int pagemap = pgb_pagemap_open();
	size_t swapped = 0;
	uint64_t entry;

	check(pagemap >= 0);
	check_int(madvise(watch_page(watch, first), pages * watch->page, MADV_PAGEOUT), 0);
	for (size_t i = first; i < first + pages; i++) {
		check_int(pgb_pagemap_read(pagemap, (uintptr_t)watch_page(watch, i), &entry,
					   1),
			  0);
		swapped += (entry & PGB_PAGEMAP_SWAPPED) != 0;
	}
	close(pagemap);
	return swapped;
}

/* What is moved without being read first may be armed in the swap. */
static void swapped_out(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_marked(&watch, backend);
	if (!swap_out(&watch, 8, 10))
		skip_because("nothing is swapped out here");
	/* Into a hole, or the first try fails, and what precedes another one helps. */
	check_int(madvise(watch_page(&watch, 40), 10 * watch.page, MADV_DONTNEED), 0);
	move(&watch, 40, 8, 10);
	watch_harvest(&watch);
	watch_must_report(&watch, 40, 10);
	watch_must_report(&watch, 8, 10);
	must_be_marked(&watch, 40, 8, 10);
	must_be_zeros(&watch, 8, 10);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"contents and reports", contents_and_reports, 0},
	{"writes around a move", writes_around_a_move, 0},
	{"holes", holes, PGB_CAP_ANY_MEMORY},
	{"pages shared by fork", shared_by_fork, 0},
	{"huge pages", huge_pages, 0},
	{"memory that ends", memory_that_ends, PGB_CAP_ANY_MEMORY},
	{"mappings that differ, memory that is not watched", other_memory, 0},
	{"locked memory", locked_memory, 0},
	{"memory that is swapped out", swapped_out, 0},
	{"the kernel says no", denied_by_the_kernel, 0},
	{"arguments", arguments, 0},
	{"one mapping", one_mapping, PGB_CAP_ONE_VMA},
};

CONFORMANCE_MAIN("move", cases)

/* SPDX-License-Identifier: MIT */
/*
 * protect.c - sets of pages are protected and unprotected, in as few calls as can be.
 *
 * Runs come in any order.  Their pages are set in a bitmap and taken out of it in order of
 * address, which joins neighbours without sorting or allocating.
 */
#include <errno.h>
#include <sched.h>

#include "fault/channel.h"
#include "os/memory.h"
#include "os/uffd_resolve.h"
#include "os/userfaultfd.h"

/* Of a call that the kernel wants to have made again. */
#define ATTEMPTS 100

typedef int apply(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end);

static void count_call(struct pgb_fault_channel *channel)
{
	pgb_channel_count(&channel->count.flushing_calls, 1);
}

/*
 * Before 6.4 a page that is not there cannot be protected.  The zero page can.  Where
 * ABSENT or ACCESS would stop us it is not put in: the fault of that kind comes instead.
 */
static int fill_holes(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	struct pgb_ranges *ranges = &channel->ranges[PGB_TABLE_BARE];
	const struct pgb_range_table *bare = pgb_ranges_begin_read(ranges);
	int err = 0;

	for (size_t i = pgb_range_table_find(bare, start);
	     !err && i < bare->count && bare->range[i].start < end; i++) {
		const struct pgb_range *range = &bare->range[i];

		err = pgb_memory_populate(range->start > start ? range->start : start,
					  range->end < end ? range->end : end);
	}
	pgb_ranges_end_read(ranges);
	return err == -EINVAL ? -EOPNOTSUPP : err; /* before 5.14 */
}

/*
 * Before 6.4 one call is for one mapping.  Where the border is can be known only in the
 * owner's process, so it is closed in on.
 */
static int protect_mappings(struct pgb_fault_channel *channel, uintptr_t start,
			    uintptr_t end, int (*call)(int, uintptr_t, uintptr_t))
{
	size_t page = pgb_page_size(), step = end - start;
	int attempts = 0;

	while (start < end) {
		size_t length = end - start < step ? end - start : step;
		int err;

		count_call(channel);
		err = call(channel->uffd.fd, start, start + length);
		if (!err) {
			start += length;
			step *= 2;
		} else if (err == -ENOENT && length > page) {
			step = length / page / 2 * page;
		} else if (err == -EAGAIN && attempts++ < ATTEMPTS) {
			sched_yield();
		} else {
			return err;
		}
	}
	return 0;
}

static int protect_write(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	int err = channel->marks_holes ? 0 : fill_holes(channel, start, end);

	return err ? err : protect_mappings(channel, start, end, pgb_uffd_protect);
}

static int unprotect_write(struct pgb_fault_channel *channel, uintptr_t start,
			   uintptr_t end)
{
	return protect_mappings(channel, start, end, pgb_uffd_unprotect);
}

static int protect_access(struct pgb_fault_channel *channel, uintptr_t start, uintptr_t end)
{
	count_call(channel);
	return pgb_memory_discard(start, end);
}

/* Pages that are mapped already, or not even in the file, are none to wait for. */
static int unprotect_access(struct pgb_fault_channel *channel, uintptr_t start,
			    uintptr_t end)
{
	int attempts = 0;

	while (start < end) {
		ssize_t done;

		count_call(channel);
		done = pgb_uffd_continue(channel->uffd.fd, start, end);
		if (done == -EEXIST || done == -EFAULT)
			done = (ssize_t)pgb_page_size();
		if (done == -EAGAIN && attempts++ < ATTEMPTS)
			continue;
		if (done < 0)
			return (int)done;
		start += (uintptr_t)done;
	}
	return 0;
}

/*
 * The kernel goes no further than a mapping when it maps pages again, nor before 6.4 when
 * it protects them, and says ENOENT.  Where the next one begins is found page by page, and
 * then by more and more.
 */
static int apply_run(struct pgb_fault_channel *channel, apply *apply, uintptr_t start,
		     uintptr_t end)
{
	size_t page = pgb_page_size(), most = end - start;

	while (start < end) {
		uintptr_t until = end - start > most ? start + most : end;
		int err = apply(channel, start, until);

		if (err == -ENOENT && until - start > page) {
			most = page;
			continue;
		}
		if (err)
			return err;
		start = until;
		if (most < end - start)
			most *= 2;
	}
	return 0;
}

/* Take what was gathered of [start, end).  Every run is tried; the first error. */
static int apply_window(struct pgb_fault_channel *channel, apply *apply, AO_t *pages,
			uintptr_t start, uintptr_t end)
{
	const struct pgb_pagebits *gathered = &channel->gathered;
	uintptr_t run_end;
	int err = 0;

	for (; pgb_pagebits_next_run(gathered, &start, end, &run_end); start = run_end) {
		int failed;

		pgb_pagebits_clear_range(gathered, start, run_end);
		failed = apply_run(channel, apply, start, run_end);
		if (!failed)
			pgb_channel_count(pages, (run_end - start) >>
							 pgb_pagebits_shift(gathered));
		else if (!err)
			err = pgb_channel_failed(channel, failed);
	}
	return err;
}

/* The least range that has them all. */
static struct pgb_page_run span_of(const struct pgb_page_run *runs, size_t count)
{
	struct pgb_page_run span = runs[0];

	for (size_t i = 1; i < count; i++) {
		if (runs[i].start < span.start)
			span.start = runs[i].start;
		if (runs[i].end > span.end)
			span.end = runs[i].end;
	}
	return span;
}

static void gather(struct pgb_fault_channel *channel, const struct pgb_page_run *runs,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		pgb_pagebits_set_range(&channel->gathered, runs[i].start, runs[i].end);
}

static int apply_owned(struct pgb_fault_channel *channel, apply *apply, AO_t *pages,
		       const struct pgb_range_table *table, const struct pgb_page_run *runs,
		       size_t count)
{
	struct pgb_page_run span = span_of(runs, count);
	int err = 0;

	for (size_t i = 0; i < count; i++)
		if (!pgb_range_table_contains(table, runs[i].start, runs[i].end))
			return -ENOENT;
	gather(channel, runs, count);
	/* Range by range, since between two there may be terabytes. */
	for (size_t i = pgb_range_table_find(table, span.start);
	     i < table->count && table->range[i].start < span.end; i++) {
		const struct pgb_range *range = &table->range[i];
		int failed =
			apply_window(channel, apply, pages,
				     range->start > span.start ? range->start : span.start,
				     range->end < span.end ? range->end : span.end);

		if (!err)
			err = failed;
	}
	return err;
}

static int apply_attached(struct pgb_fault_channel *channel, apply *apply, AO_t *pages,
			  const struct pgb_page_run *runs, size_t count)
{
	struct pgb_page_run span = span_of(runs, count);

	for (size_t i = 0; i < count; i++) {
		int err = pgb_pagebits_reserve(&channel->gathered, runs[i].start,
					       runs[i].end);

		if (err)
			return err;
	}
	gather(channel, runs, count);
	return apply_window(channel, apply, pages, span.start, span.end);
}

static int check_runs(const struct pgb_fault_channel *channel, unsigned kind,
		      const struct pgb_page_run *runs, size_t count)
{
	int err = pgb_channel_check(channel);

	if (!err && kind != PGB_FAULT_WRITE && kind != PGB_FAULT_ACCESS)
		err = -EINVAL;
	if (!err && !runs && count)
		err = -EINVAL;
	for (size_t i = 0; !err && i < count; i++)
		err = runs[i].start < runs[i].end
			      ? pgb_range_check(runs[i].start, runs[i].end - runs[i].start)
			      : -EINVAL;
	return err;
}

/* One at a time, since there is one bitmap. */
static int apply_alone(struct pgb_fault_channel *channel, unsigned kind, apply *apply,
		       AO_t *pages, const struct pgb_page_run *runs, size_t count)
{
	AO_t turn = AO_load_full(&channel->transient->turn);
	struct pgb_ranges *ranges =
		&channel->ranges[kind == PGB_FAULT_WRITE ? PGB_TABLE_WRITE
							 : PGB_TABLE_ACCESS];
	int err;

	if (turn % 2 ||
	    !AO_compare_and_swap_full(&channel->transient->turn, turn, turn + 1))
		return -EBUSY;
	if (channel->attached) {
		err = apply_attached(channel, apply, pages, runs, count);
	} else {
		err = apply_owned(channel, apply, pages, pgb_ranges_begin_read(ranges),
				  runs, count);
		pgb_ranges_end_read(ranges);
	}
	AO_store_full(&channel->transient->turn, turn + 2);
	return err;
}

int pgb_fault_protect(struct pgb_fault_channel *channel, unsigned kind,
		      const struct pgb_page_run *runs, size_t count)
{
	int err = check_runs(channel, kind, runs, count);

	if (!err && channel->attached && kind == PGB_FAULT_ACCESS)
		err = -EOPNOTSUPP;
	if (err || !count)
		return err;
	return apply_alone(channel, kind,
			   kind == PGB_FAULT_WRITE ? protect_write : protect_access,
			   &channel->count.pages_protected, runs, count);
}

int pgb_fault_unprotect(struct pgb_fault_channel *channel, unsigned kind,
			const struct pgb_page_run *runs, size_t count)
{
	int err = check_runs(channel, kind, runs, count);

	if (err || !count)
		return err;
	return apply_alone(channel, kind,
			   kind == PGB_FAULT_WRITE ? unprotect_write : unprotect_access,
			   &channel->count.pages_unprotected, runs, count);
}

/* SPDX-License-Identifier: MIT */
/* ranges.c - what is watched: adding, removing, harvesting parts, many at once. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "os/inject.h"
#include "watch.h"

static void added_reads_dirty(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 16);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 0);
	watch_add(&watch, 2, 10);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 10);
	watch_must_report(&watch, 2, 10);
	watch_close(&watch);
}

static void unpopulated_memory(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 64);
	watch_add(&watch, 0, 64);
	watch_harvest(&watch);
	watch_must_report(&watch, 0, 64);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, 64);
	watch_write(&watch, 17);
	watch_write_range(&watch, 40, 3);
	watch_harvest(&watch);
	watch_must_report(&watch, 17, 1);
	watch_must_report(&watch, 40, 3);
	watch_must_not_report(&watch, 0, 17);
	watch_must_work(&watch, 0, 64);
	watch_close(&watch);
}

/* A page that was only read is the shared zero page until it is written. */
static void zero_pages(const struct pgb_backend_info *backend)
{
	volatile unsigned char sum = 0;
	struct watch watch;

	watch_open(&watch, backend, 32);
	for (size_t i = 0; i < 32; i++)
		sum = (unsigned char)(sum + *watch_page(&watch, i));
	watch_add(&watch, 0, 32);
	watch_harvest(&watch);
	watch_must_report(&watch, 0, 32);
	watch_write(&watch, 9);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 9, 1);
	watch_close(&watch);
}

static void partial_harvest(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	watch_write(&watch, 3);
	watch_write(&watch, 15);
	watch_write(&watch, 16);
	watch_write(&watch, 31);
	watch_harvest_range(&watch, 8, 8);
	watch_must_report(&watch, 15, 1);
	watch_must_not_report(&watch, 8, 7);
	/* What was harvested is armed, what was not is still to be reported. */
	watch_write(&watch, 10);
	watch_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_must_report(&watch, 10, 1);
	watch_must_report(&watch, 16, 1);
	watch_must_report(&watch, 31, 1);
	watch_must_not_report(&watch, 11, 5);
	watch_must_work(&watch, 0, 32);
	watch_close(&watch);
}

static void harvest_beyond_what_is_watched(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_add(&watch, 4, 4);
	watch_add(&watch, 20, 4);
	watch_harvest_range(&watch, 0, 32);
	check_int(watch.reported_pages, 8);
	watch_must_report(&watch, 4, 4);
	watch_must_report(&watch, 20, 4);
	watch_write_range(&watch, 0, 32);
	watch_harvest_range(&watch, 6, 16);
	check_int(watch.reported_pages, 4);
	watch_must_report(&watch, 6, 2);
	watch_must_report(&watch, 20, 2);
	watch_harvest_range(&watch, 10, 8);
	check_int(watch.reported_pages, 0);
	watch_close(&watch);
}

static void neighbours_become_one(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 24);
	watch_write_range(&watch, 0, 24);
	watch_add(&watch, 0, 8);
	watch_add(&watch, 16, 8);
	check_int(watch_stats(&watch).ranges, 2);
	watch_settle(&watch);
	watch_add(&watch, 8, 8);
	check_int(watch_stats(&watch).ranges, 1);
	check_int(watch_stats(&watch).pages_watched, 24);
	watch_write(&watch, 7);
	watch_write(&watch, 16);
	watch_harvest(&watch);
	watch_must_report(&watch, 7, 10);
	watch_must_not_report(&watch, 0, 7);
	check_int(watch.runs, 1);
	watch_must_work(&watch, 0, 24);
	watch_close(&watch);
}

static void added_again_reads_dirty(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	watch_add(&watch, 8, 4);
	check_int(watch_stats(&watch).ranges, 1);
	check_int(watch_stats(&watch).pages_watched, 32);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 8, 4);
	watch_must_work(&watch, 0, 32);
	/* Overlapping the end of what is watched. */
	watch_remove(&watch, 24, 8);
	watch_add(&watch, 20, 8);
	watch_harvest(&watch);
	watch_must_report(&watch, 20, 8);
	watch_must_not_report(&watch, 0, 20);
	check(!watch_reported(&watch, 28, 1));
	watch_close(&watch);
}

static int refuse_maps(enum pgb_os_call call)
{
	return call == PGB_OS_MMAP ? -ENOMEM : 0;
}

/* A collector disarms pages in this way, where it is short of memory. */
static void added_again_takes_no_memory(const struct pgb_backend_info *backend)
{
	pgb_os_hook *hook = pgb_os_hook_in_force;
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	pgb_os_set_hook(refuse_maps);
	check_int(pgb_add(watch.barrier, watch_page(&watch, 8), 4 * watch.page), 0);
	pgb_os_set_hook(hook);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 8, 4);
	watch_close(&watch);
}

static void removed_from_the_middle(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	watch_write(&watch, 4);
	watch_write(&watch, 12);
	watch_remove(&watch, 8, 8);
	check_int(watch_stats(&watch).ranges, 2);
	check_int(watch_stats(&watch).pages_watched, 24);
	/* The memory is as it was, and writable. */
	check_int(*watch_page(&watch, 12), 2);
	watch_write_range(&watch, 8, 8);
	watch_write(&watch, 20);
	watch_harvest(&watch);
	watch_must_report(&watch, 4, 1);
	watch_must_report(&watch, 20, 1);
	for (size_t i = 8; i < 16; i++)
		check(!watch_reported(&watch, i, 1));
	watch_must_not_report(&watch, 0, 4);
	watch_must_work(&watch, 0, 8);
	watch_must_work(&watch, 16, 16);
	/* Back again, and dirty. */
	watch_add(&watch, 8, 8);
	check_int(watch_stats(&watch).ranges, 1);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 8, 8);
	watch_must_work(&watch, 0, 32);
	watch_close(&watch);
}

static void removed_across_ranges(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_add(&watch, 0, 8);
	watch_add(&watch, 12, 4);
	watch_add(&watch, 20, 12);
	watch_settle(&watch);
	watch_remove(&watch, 4, 20);
	check_int(watch_stats(&watch).ranges, 2);
	check_int(watch_stats(&watch).pages_watched, 12);
	watch_write_range(&watch, 0, 32);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 12);
	watch_must_report(&watch, 0, 4);
	watch_must_report(&watch, 24, 8);
	watch_remove(&watch, 0, 32);
	check_int(watch_stats(&watch).ranges, 0);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 0);
	watch_close(&watch);
}

static void removed_after_unmapping(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	check_int(munmap(watch_page(&watch, 8), 8 * watch.page), 0);
	watch_remove(&watch, 8, 8);
	watch_write(&watch, 2);
	watch_harvest(&watch);
	watch_must_report(&watch, 2, 1);
	watch_must_work(&watch, 16, 16);
	watch_map_anew(&watch, 8, 8);
	watch_write_range(&watch, 8, 8);
	watch_add(&watch, 8, 8);
	watch_harvest(&watch);
	watch_must_report(&watch, 8, 8);
	watch_must_work(&watch, 0, 32);
	watch_close(&watch);
}

/* Memory stays writable, and keeps its content, when nobody watches it any more. */
static void closed_barrier_leaves_memory(const struct pgb_backend_info *backend)
{
	struct pgb_barrier *barrier;
	struct watch watch;

	watch_open(&watch, backend, 16);
	watch_arm(&watch);
	pgb_close(watch.barrier);
	for (size_t i = 0; i < 16; i++) {
		check_int(*watch_page(&watch, i), 1);
		watch_write(&watch, i);
		check_int(*watch_page(&watch, i), 2);
	}
	/* And can be watched anew. */
	check_int(pgb_open(&barrier, backend->name), 0);
	watch.barrier = barrier;
	watch_add(&watch, 0, 16);
	watch_settle(&watch);
	watch_must_work(&watch, 0, 16);
	watch_close(&watch);
}

/* One page in three, so that none are neighbours. */
static void many_ranges(const struct pgb_backend_info *backend)
{
	enum { RANGES = 1000, STRIDE = 3 };
	struct watch watch;
	size_t expected = 0;

	watch_open(&watch, backend, RANGES * STRIDE);
	watch_write_range(&watch, 0, RANGES * STRIDE);
	/* From both ends, so that ranges are put in at every place. */
	for (size_t i = 0; i < RANGES / 2; i++) {
		watch_add(&watch, i * STRIDE, 1);
		watch_add(&watch, (RANGES - 1 - i) * STRIDE, 1);
	}
	check_int(watch_stats(&watch).ranges, RANGES);
	watch_harvest(&watch);
	check_int(watch.reported_pages, RANGES);
	check_int(watch.runs, RANGES);
	for (size_t i = 0; i < RANGES; i += 7)
		watch_write_range(&watch, i * STRIDE, 2);
	watch_harvest(&watch);
	for (size_t i = 0; i < RANGES; i++) {
		check(!watch.reported[i * STRIDE + 1]);
		if (i % 7 == 0)
			watch_must_report(&watch, i * STRIDE, 1);
		else
			watch_must_not_report(&watch, i * STRIDE, 1);
	}
	for (size_t i = 0; i < RANGES; i += 2)
		watch_remove(&watch, i * STRIDE, 1);
	check_int(watch_stats(&watch).ranges, RANGES / 2);
	watch_write_range(&watch, 0, RANGES * STRIDE);
	watch_harvest(&watch);
	for (size_t i = 1; i < RANGES; i += 2) {
		watch_must_report(&watch, i * STRIDE, 1);
		expected++;
	}
	check_int(watch.reported_pages, expected);
	watch_close(&watch);
}

static void keep_report_of_page_4(void *arg, uintptr_t start, uintptr_t end)
{
	struct watch *watch = arg;
	uintptr_t page = (uintptr_t)watch_page(watch, 4);

	if (start <= page && page < end)
		watch->reported[4] = 2;
}

/* Where the kernel has one state for a page, it is of one barrier; else of both. */
static void page_of_two_barriers(const struct pgb_backend_info *backend)
{
	struct pgb_barrier *other;
	struct watch watch;
	int err;

	watch_open(&watch, backend, 16);
	watch_arm(&watch);
	check_int(pgb_open(&other, backend->name), 0);
	err = pgb_add(other, watch_page(&watch, 4), 2 * watch.page);
	check_int(err, strncmp(backend->name, "uffd", 4) ? 0 : -EBUSY);
	for (int round = 0; !err && round < 5; round++) {
		watch_settle(&watch);
		check_int(pgb_harvest(other, NULL, NULL), 0);
		watch_write(&watch, 4);
		watch_harvest(&watch);
		watch_must_report(&watch, 4, 1);
		check_int(pgb_harvest(other, keep_report_of_page_4, &watch), 0);
		check_int(watch.reported[4], 2);
	}
	pgb_close(other);
	watch_must_work(&watch, 0, 16);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"what was added reads dirty", added_reads_dirty, 0},
	{"unpopulated memory", unpopulated_memory, 0},
	{"memory that was only read", zero_pages, 0},
	{"a partial harvest leaves the rest alone", partial_harvest, 0},
	{"a partial harvest reports only what is watched", harvest_beyond_what_is_watched,
	 0},
	{"neighbours become one range", neighbours_become_one, 0},
	{"what was added again reads dirty", added_again_reads_dirty, 0},
	{"to add again takes no memory", added_again_takes_no_memory, 0},
	{"removed from the middle", removed_from_the_middle, 0},
	{"removed across ranges", removed_across_ranges, 0},
	{"removed after unmapping", removed_after_unmapping, PGB_CAP_ANY_MEMORY},
	{"a closed barrier leaves the memory writable", closed_barrier_leaves_memory,
	 PGB_CAP_ANY_MEMORY},
	{"a thousand ranges", many_ranges, 0},
	{"a page of two barriers", page_of_two_barriers, 0},
};

CONFORMANCE_MAIN("ranges", cases)

/* SPDX-License-Identifier: MIT */
/* exactness.c - reports say what was written, and as little else as possible. */
#include <atomic_ops.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "watch.h"

static void one_page(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 200);
	watch_arm(&watch);
	for (size_t i = 0; i < 200; i++) {
		watch_write(&watch, i);
		watch_harvest(&watch);
		check_int(watch.runs, 1);
		watch_must_report_only(&watch, i, 1);
	}
	watch_close(&watch);
}

static void clean_harvest(const struct pgb_backend_info *backend)
{
	volatile unsigned char sum = 0;
	struct watch watch;

	watch_open(&watch, backend, 100);
	watch_arm(&watch);
	for (int round = 0; round < 3; round++) {
		watch_harvest(&watch);
		check_int(watch.reported_pages, 0);
		/* Reading is no writing. */
		for (size_t i = 0; i < 100; i++)
			sum = (unsigned char)(sum + *watch_page(&watch, i));
	}
	watch_close(&watch);
}

/* More runs than any buffer on the way is likely to hold. */
static void many_runs(const struct pgb_backend_info *backend)
{
	enum { PAGES = 5000 };
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	for (size_t i = 0; i < PAGES; i += 2)
		watch_write(&watch, i);
	watch_harvest(&watch);
	for (size_t i = 0; i < PAGES; i += 2)
		watch_must_report(&watch, i, 1);
	if (backend->capabilities & PGB_CAP_PAGE_PRECISE) {
		check_int(watch.runs, PAGES / 2);
		check_int(watch.reported_pages, PAGES / 2);
	}
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Every pattern of dirty pages in a small area: the ends of runs are where they belong. */
static void all_patterns(const struct pgb_backend_info *backend)
{
	enum { PAGES = 8 };
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	for (unsigned pattern = 0; pattern < 1u << PAGES; pattern++) {
		for (size_t i = 0; i < PAGES; i++)
			if (pattern >> i & 1)
				watch_write(&watch, i);
		watch_harvest(&watch);
		for (size_t i = 0; i < PAGES; i++) {
			if (pattern >> i & 1)
				watch_must_report(&watch, i, 1);
			else
				watch_must_not_report(&watch, i, 1);
		}
	}
	watch_close(&watch);
}

static void null_visitor(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	watch_write_range(&watch, 0, 32);
	check_int(pgb_harvest_range(watch.barrier, watch.base, 16 * watch.page, NULL, NULL),
		  0);
	watch_harvest(&watch);
	watch_must_report(&watch, 16, 16);
	watch_must_not_report(&watch, 0, 16);
	watch_write(&watch, 3);
	watch_write(&watch, 30);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, 32);
	/* Armed all the same. */
	watch_must_work(&watch, 0, 32);
	watch_close(&watch);
}

/* Writes of every size, also across a page's end, also by string instructions. */
static void all_kinds_of_stores(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, 32);
	watch_arm(&watch);
	memset(watch_page(&watch, 5) - 3, 7, 6);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 4, 2);
	memset(watch_page(&watch, 8), 1, 10 * watch.page);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 8, 10);
	memcpy(watch_page(&watch, 20), watch_page(&watch, 8), 2 * watch.page);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 20, 2);
	watch_page(&watch, 31)[watch.page - 1] = 1;
	watch_harvest(&watch);
	watch_must_report_only(&watch, 31, 1);
	AO_fetch_and_add1_full((AO_t *)watch_page(&watch, 29));
	watch_harvest(&watch);
	watch_must_report_only(&watch, 29, 1);
	check(AO_compare_and_swap_full((AO_t *)watch_page(&watch, 30), 1, 2));
	watch_harvest(&watch);
	watch_must_report_only(&watch, 30, 1);
	watch_close(&watch);
}

static void transparent_huge_pages(const struct pgb_backend_info *backend)
{
	enum { HUGE = 2 << 20 };
	size_t small = HUGE / (size_t)sysconf(_SC_PAGESIZE);
	struct watch watch;

	watch_open_aligned(&watch, backend, 4 * small, HUGE);
	/* Where there are none, the case is one of ordinary pages. */
	madvise(watch.base, 4 * HUGE, MADV_HUGEPAGE);
	watch_arm(&watch);
	watch_write(&watch, small + 7);
	watch_harvest(&watch);
	watch_must_report_only(&watch, small + 7, 1);
	watch_write_range(&watch, 2 * small - 1, 2);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 2 * small - 1, 2);
	/* Ranges that begin and end inside a huge page. */
	watch_remove(&watch, 3 * small - 5, 10);
	watch_write_range(&watch, 3 * small - 5, 10);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, 4 * small);
	watch_write(&watch, 3 * small + 5);
	watch_harvest_range(&watch, 3 * small + 5, 1);
	watch_must_report(&watch, 3 * small + 5, 1);
	watch_add(&watch, 3 * small - 5, 10);
	watch_settle(&watch);
	watch_write(&watch, 4 * small - 1);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 4 * small - 1, 1);
	watch_close(&watch);
}

static void one_mapping(const struct pgb_backend_info *backend)
{
	enum { PAGES = 4096 };
	uint64_t random = 3;
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(watch_mappings(&watch), 1);
	for (size_t i = 0; i < PAGES / 4; i++)
		watch_write(&watch, random_next(&random) % PAGES);
	check_int(watch_mappings(&watch), 1);
	watch_harvest(&watch);
	check_int(watch_mappings(&watch), 1);
	watch_close(&watch);
}

static void two_barriers(const struct pgb_backend_info *backend)
{
	struct watch one, other;

	watch_open(&one, backend, 32);
	watch_open(&other, backend, 32);
	watch_arm(&one);
	watch_arm(&other);
	watch_write(&one, 5);
	watch_write(&other, 6);
	watch_harvest(&one);
	watch_must_report_only(&one, 5, 1);
	watch_write(&one, 7);
	watch_harvest(&other);
	watch_must_report_only(&other, 6, 1);
	watch_harvest(&one);
	watch_must_report_only(&one, 7, 1);
	/* The one that was opened first goes first. */
	watch_write(&other, 8);
	watch_close(&one);
	watch_write(&other, 9);
	watch_harvest(&other);
	watch_must_report_only(&other, 8, 2);
	watch_must_work(&other, 0, 32);
	watch_close(&other);
}

/* Barriers of different backends live side by side too. */
static void beside_every_other_backend(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;

	for (size_t i = 0; i < pgb_backend_count(); i++) {
		struct watch one, other;

		check_int(pgb_backend_probe(i, &info, sizeof(info)), 0);
		if (info.status)
			continue;
		watch_open(&one, backend, 16);
		watch_open(&other, &info, 16);
		watch_arm(&one);
		watch_arm(&other);
		watch_write(&one, 3);
		watch_write(&other, 12);
		watch_harvest(&one);
		watch_must_report_only(&one, 3, 1);
		watch_harvest(&other);
		watch_must_report_only(&other, 12, 1);
		watch_close(&one);
		watch_must_work(&other, 0, 16);
		watch_close(&other);
	}
}

static const struct conformance_case cases[] = {
	{"one written page gives that page", one_page, 0},
	{"a clean harvest gives nothing", clean_harvest, PGB_CAP_PAGE_PRECISE},
	{"thousands of runs", many_runs, 0},
	{"every pattern of eight pages", all_patterns, 0},
	{"a harvest without a visitor", null_visitor, 0},
	{"all kinds of stores", all_kinds_of_stores, 0},
	{"transparent huge pages", transparent_huge_pages, 0},
	{"a range stays one mapping", one_mapping, PGB_CAP_ONE_VMA},
	{"two barriers", two_barriers, 0},
	{"beside a barrier of every other backend", beside_every_other_backend, 0},
};

CONFORMANCE_MAIN("exactness", cases)

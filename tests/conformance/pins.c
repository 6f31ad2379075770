/* SPDX-License-Identifier: MIT */
/* pins.c - memory that devices write to is reported at every harvest. */
#include <errno.h>

#include "watch.h"

#define PAGES 32

static void always_reported(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 10, 4);
	for (int round = 0; round < 3; round++) {
		watch_harvest(&watch);
		watch_must_report_only(&watch, 10, 4);
	}
	/* Once more after unpinning: the device's last writes. */
	watch_unpin(&watch, 10, 4);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 10, 4);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void nested(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	for (int i = 0; i < 3; i++)
		watch_pin(&watch, 10, 4);
	for (int i = 0; i < 3; i++) {
		watch_harvest(&watch);
		watch_must_report_only(&watch, 10, 4);
		watch_unpin(&watch, 10, 4);
	}
	watch_harvest(&watch);
	watch_must_report_only(&watch, 10, 4);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	check_int(pgb_unpin(watch.barrier, watch_page(&watch, 10), 4 * watch.page),
		  -ENOENT);
	watch_close(&watch);
}

static void overlapping(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 8, 8);
	watch_pin(&watch, 4, 6);
	watch_pin(&watch, 12, 8);
	watch_pin(&watch, 10, 1);
	watch_pin(&watch, 25, 2);
	watch_harvest(&watch);
	watch_must_report(&watch, 4, 16);
	watch_must_report(&watch, 25, 2);
	watch_must_not_report(&watch, 0, 4);
	watch_must_not_report(&watch, 20, 5);
	watch_must_not_report(&watch, 27, 5);
	watch_unpin(&watch, 8, 8);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_report(&watch, 4, 7);
	watch_must_report(&watch, 12, 8);
	watch_must_not_report(&watch, 11, 1);
	watch_close(&watch);
}

static void among_dirty_pages(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 8, 4);
	watch_pin(&watch, 16, 4);
	/* Before, at the beginning of, within, at the end of and after pins. */
	for (size_t page = 0; page < PAGES; page++) {
		watch_write(&watch, page);
		watch_harvest(&watch);
		watch_must_report(&watch, 8, 4);
		watch_must_report(&watch, 16, 4);
		for (size_t i = 0; i < PAGES; i++) {
			if (i == page)
				watch_must_report(&watch, i, 1);
			else if (i < 8 || (i >= 12 && i < 16) || i >= 20)
				watch_must_not_report(&watch, i, 1);
		}
	}
	watch_write_range(&watch, 0, PAGES);
	watch_harvest(&watch);
	check_int(watch.runs, 1);
	watch_must_report(&watch, 0, PAGES);
	watch_close(&watch);
}

static void outside_of_ranges(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_pin(&watch, 10, 10);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 0);
	/* Straddling the ends of two ranges. */
	watch_add(&watch, 4, 8);
	watch_add(&watch, 18, 8);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_report(&watch, 10, 2);
	watch_must_report(&watch, 18, 2);
	watch_must_not_report(&watch, 4, 6);
	watch_must_not_report(&watch, 20, 6);
	for (size_t i = 12; i < 18; i++)
		check(!watch_reported(&watch, i, 1));
	/* A pin outlives what it pins. */
	watch_remove(&watch, 4, 8);
	watch_harvest(&watch);
	watch_must_report(&watch, 18, 2);
	check(!watch_reported(&watch, 10, 1));
	watch_add(&watch, 4, 14);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 10, 10);
	watch_unpin(&watch, 10, 10);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_close(&watch);
}

static void partial_harvests(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 8, 8);
	watch_harvest_range(&watch, 0, 10);
	watch_must_report_only(&watch, 8, 2);
	watch_unpin(&watch, 8, 8);
	/* Each of its pages is reported once more, whatever parts are asked for. */
	watch_harvest_range(&watch, 0, 10);
	watch_must_report_only(&watch, 8, 2);
	watch_harvest_range(&watch, 10, 10);
	watch_must_report(&watch, 10, 6);
	watch_settle(&watch);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_close(&watch);
}

static void counted(const struct pgb_backend_info *backend)
{
	struct watch watch;
	struct pgb_stats stats;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 8, 8);
	watch_write(&watch, 9);
	watch_write(&watch, 20);
	watch_harvest(&watch);
	stats = watch_stats(&watch);
	if (backend->capabilities & PGB_CAP_PAGE_PRECISE)
		check_int(stats.pages_pinned, 7);
	check_int(stats.pages_reported, PAGES + watch.reported_pages);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"pinned pages are always reported", always_reported, 0},
	{"pins nest", nested, 0},
	{"pins overlap", overlapping, 0},
	{"pins among dirty pages", among_dirty_pages, 0},
	{"pins outside of ranges", outside_of_ranges, 0},
	{"pins and partial harvests", partial_harvests, 0},
	{"pinned pages are counted", counted, 0},
};

CONFORMANCE_MAIN("pins", cases)

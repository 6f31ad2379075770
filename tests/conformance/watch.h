/* SPDX-License-Identifier: MIT */
/*
 * watch.h - a barrier, an area of memory, and what the last harvest said of it.
 *
 * Pages are numbered from 0 in the area.  Every harvest checks the shape of its
 * report: aligned runs in ascending order that neither overlap nor touch, inside the
 * area.  The functions check the library's results unless their names begin with
 * "try_".
 */
#ifndef PGB_CONFORMANCE_WATCH_H
#define PGB_CONFORMANCE_WATCH_H

#include "harness.h"

struct watch {
	struct pgb_barrier *barrier;
	const char *backend;
	uint32_t capabilities;
	size_t page;  /* bytes */
	size_t pages; /* in the area */
	unsigned char *base;
	unsigned char *reserved; /* the area and its guard pages; NULL: the barrier's own */
	size_t reserved_size;
	/* Of the last harvest. */
	unsigned char *reported; /* 0 or 1 for each page */
	size_t reported_pages;
	size_t runs;
	uintptr_t last_end;
	bool misshapen;
};

/*
 * Open a barrier and map an area of fresh memory, which is not watched yet.  Where the
 * backend watches no memory but its own, it is memory of pgb_alloc_range(), and gone when
 * the barrier is closed.
 */
void watch_open(struct watch *watch, const struct pgb_backend_info *backend, size_t pages);
void watch_open_aligned(struct watch *watch, const struct pgb_backend_info *backend,
			size_t pages, size_t alignment);
/* The same, for who knows that it may fail. */
int watch_try_open_aligned(struct watch *watch, const struct pgb_backend_info *backend,
			   size_t pages, size_t alignment);
/* Likewise, with an area of pgb_alloc_range(), which is watched from the start. */
void watch_open_allocated(struct watch *watch, const struct pgb_backend_info *backend,
			  size_t pages);
void watch_close(struct watch *watch);
/*
 * Close the barrier alone.  The area can be written then, all of it, if it is still there:
 * watch->reserved says so.
 */
void watch_close_barrier(struct watch *watch);
/* After that: once more, over the same area if it is still there. */
void watch_reopen(struct watch *watch);

/* Map the area without a barrier: for a second barrier, or for none. */
void watch_map(struct watch *watch, size_t pages, size_t alignment);
void watch_unmap(struct watch *watch);

unsigned char *watch_page(const struct watch *watch, size_t page);
/* Change the page's first byte. */
void watch_write(const struct watch *watch, size_t page);
void watch_write_range(const struct watch *watch, size_t first, size_t pages);

/*
 * Map fresh memory over part of the area, behind the barrier's back; of memory that is the
 * barrier's own, only the content can be new.
 */
void watch_map_anew(const struct watch *watch, size_t first, size_t pages);

void watch_add(struct watch *watch, size_t first, size_t pages);
void watch_remove(struct watch *watch, size_t first, size_t pages);
void watch_pin(struct watch *watch, size_t first, size_t pages);
void watch_unpin(struct watch *watch, size_t first, size_t pages);

int watch_try_harvest(struct watch *watch);
int watch_try_harvest_range(struct watch *watch, size_t first, size_t pages);
void watch_harvest(struct watch *watch);
void watch_harvest_range(struct watch *watch, size_t first, size_t pages);

/* Populate the whole area, watch it and harvest it: all is armed where it can be. */
void watch_arm(struct watch *watch);
/* Arm all that is watched, and throw the report away. */
void watch_settle(struct watch *watch);

/* What the last harvest has to have said. */
bool watch_reported(const struct watch *watch, size_t first, size_t pages);
void watch_must_report(const struct watch *watch, size_t first, size_t pages);
/* Exactly these pages, on a backend that can tell; at least these on any. */
void watch_must_report_only(const struct watch *watch, size_t first, size_t pages);
/* None of these, on a backend that can tell. */
void watch_must_not_report(const struct watch *watch, size_t first, size_t pages);

/* Write to some of these pages, one by one, and see each reported, alone if it can be. */
void watch_must_work(struct watch *watch, size_t first, size_t pages);

struct pgb_stats watch_stats(const struct watch *watch);

/* Mappings in /proc/self/maps that overlap the area. */
size_t watch_mappings(const struct watch *watch);

#endif

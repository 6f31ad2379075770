/* SPDX-License-Identifier: MIT */
/* watch.c - a barrier, an area of memory, and what the last harvest said of it. */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Areas lie far from where the kernel puts mappings that do not say where, so that no one
 * else's gets into the holes that cases make.
 */
#define FAR_AWAY	((uintptr_t)0x200000000000)
#define FROM_EACH_OTHER ((uintptr_t)1 << 32)

static void *next_place(void)
{
	static uintptr_t areas;

	return (void *)(FAR_AWAY + areas++ * FROM_EACH_OTHER);
}

static void make_notes(struct watch *watch)
{
	watch->reported = calloc(watch->pages, 1);
	check(watch->reported != NULL);
}

void watch_map(struct watch *watch, size_t pages, size_t alignment)
{
	uintptr_t first;

	watch->page = (size_t)sysconf(_SC_PAGESIZE);
	watch->pages = pages;
	/* Guard pages keep the area from merging with what happens to lie beside it. */
	watch->reserved_size = (pages + 2) * watch->page + alignment;
	watch->reserved = mmap(next_place(), watch->reserved_size, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(watch->reserved != MAP_FAILED);
	first = (uintptr_t)watch->reserved + watch->page;
	first = (first + alignment - 1) / alignment * alignment;
	watch->base = (unsigned char *)first;
	watch_map_anew(watch, 0, pages);
	make_notes(watch);
}

void watch_unmap(struct watch *watch)
{
	free(watch->reported);
	if (watch->reserved)
		check_int(munmap(watch->reserved, watch->reserved_size), 0);
	memset(watch, 0, sizeof(*watch));
}

static int open_barrier(struct watch *watch, const struct pgb_backend_info *backend,
			size_t pages)
{
	memset(watch, 0, sizeof(*watch));
	watch->backend = backend->name;
	watch->capabilities = backend->capabilities;
	watch->page = (size_t)sysconf(_SC_PAGESIZE);
	watch->pages = pages;
	return pgb_open(&watch->barrier, backend->name);
}

/* Memory of the barrier's, for as many pages as there are to be, and what aligns them. */
static int allocate(struct watch *watch, size_t alignment)
{
	size_t size = watch->pages * watch->page + alignment - watch->page;
	void *memory;
	int err = pgb_alloc_range(watch->barrier, size, &memory);

	if (!err)
		err = pgb_remove(watch->barrier, memory, size);
	if (err)
		return err;
	watch->base = (unsigned char *)(((uintptr_t)memory + alignment - 1) / alignment *
					alignment);
	return 0;
}

int watch_try_open_aligned(struct watch *watch, const struct pgb_backend_info *backend,
			   size_t pages, size_t alignment)
{
	int err = open_barrier(watch, backend, pages);

	if (err)
		return err;
	if (watch->capabilities & PGB_CAP_ANY_MEMORY)
		watch_map(watch, pages, alignment);
	else
		err = allocate(watch, alignment);
	if (err)
		pgb_close(watch->barrier);
	else if (!watch->reported)
		make_notes(watch);
	return err;
}

void watch_open_aligned(struct watch *watch, const struct pgb_backend_info *backend,
			size_t pages, size_t alignment)
{
	check_int(watch_try_open_aligned(watch, backend, pages, alignment), 0);
}

void watch_open(struct watch *watch, const struct pgb_backend_info *backend, size_t pages)
{
	watch_open_aligned(watch, backend, pages, (size_t)sysconf(_SC_PAGESIZE));
}

void watch_open_allocated(struct watch *watch, const struct pgb_backend_info *backend,
			  size_t pages)
{
	void *memory;

	check_int(open_barrier(watch, backend, pages), 0);
	check_int(pgb_alloc_range(watch->barrier, pages * watch->page, &memory), 0);
	watch->base = memory;
	make_notes(watch);
}

void watch_reopen(struct watch *watch)
{
	check_int(pgb_open(&watch->barrier, watch->backend), 0);
	if (!watch->reserved)
		check_int(allocate(watch, watch->page), 0);
}

void watch_close_barrier(struct watch *watch)
{
	pgb_close(watch->barrier);
	if (watch->reserved)
		watch_write_range(watch, 0, watch->pages);
}

void watch_close(struct watch *watch)
{
	pgb_close(watch->barrier);
	watch_unmap(watch);
}

unsigned char *watch_page(const struct watch *watch, size_t page)
{
	return watch->base + page * watch->page;
}

void watch_write(const struct watch *watch, size_t page)
{
	volatile unsigned char *byte = watch_page(watch, page);

	*byte = (unsigned char)(*byte + 1);
}

void watch_write_range(const struct watch *watch, size_t first, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		watch_write(watch, first + i);
}

void watch_map_anew(const struct watch *watch, size_t first, size_t pages)
{
	void *start = watch_page(watch, first);

	if (!watch->reserved) {
		if (pgb_discard_range(watch->barrier, start, pages * watch->page))
			memset(start, 0, pages * watch->page);
		return;
	}
	check(mmap(start, pages * watch->page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start);
}

void watch_add(struct watch *watch, size_t first, size_t pages)
{
	check_int(pgb_add(watch->barrier, watch_page(watch, first), pages * watch->page),
		  0);
}

void watch_remove(struct watch *watch, size_t first, size_t pages)
{
	check_int(pgb_remove(watch->barrier, watch_page(watch, first), pages * watch->page),
		  0);
}

void watch_pin(struct watch *watch, size_t first, size_t pages)
{
	check_int(pgb_pin(watch->barrier, watch_page(watch, first), pages * watch->page),
		  0);
}

void watch_unpin(struct watch *watch, size_t first, size_t pages)
{
	check_int(pgb_unpin(watch->barrier, watch_page(watch, first), pages * watch->page),
		  0);
}

static void forget_report(struct watch *watch)
{
	memset(watch->reported, 0, watch->pages);
	watch->reported_pages = 0;
	watch->runs = 0;
	watch->last_end = 0;
	watch->misshapen = false;
}

/* Runs inside a harvest, maybe with the world stopped: it only takes notes. */
static void take_run(void *arg, uintptr_t start, uintptr_t end)
{
	struct watch *watch = arg;
	uintptr_t base = (uintptr_t)watch->base;
	uintptr_t limit = base + watch->pages * watch->page;
	bool touches = watch->runs && start <= watch->last_end;

	if (touches || start >= end || start < base || end > limit || start % watch->page ||
	    end % watch->page) {
		watch->misshapen = true;
		return;
	}
	memset(watch->reported + (start - base) / watch->page, 1,
	       (end - start) / watch->page);
	watch->reported_pages += (end - start) / watch->page;
	watch->runs++;
	watch->last_end = end;
}

int watch_try_harvest(struct watch *watch)
{
	int err;

	forget_report(watch);
	err = pgb_harvest(watch->barrier, take_run, watch);
	check(!watch->misshapen);
	return err;
}

int watch_try_harvest_range(struct watch *watch, size_t first, size_t pages)
{
	int err;

	forget_report(watch);
	err = pgb_harvest_range(watch->barrier, watch_page(watch, first),
				pages * watch->page, take_run, watch);
	check(!watch->misshapen);
	for (size_t i = 0; i < watch->pages; i++)
		if (i < first || i >= first + pages)
			check(!watch->reported[i]);
	return err;
}

void watch_harvest(struct watch *watch)
{
	check_int(watch_try_harvest(watch), 0);
}

void watch_harvest_range(struct watch *watch, size_t first, size_t pages)
{
	check_int(watch_try_harvest_range(watch, first, pages), 0);
}

void watch_arm(struct watch *watch)
{
	watch_write_range(watch, 0, watch->pages);
	watch_add(watch, 0, watch->pages);
	watch_harvest(watch);
	watch_must_report(watch, 0, watch->pages);
}

void watch_settle(struct watch *watch)
{
	check_int(pgb_harvest(watch->barrier, NULL, NULL), 0);
}

bool watch_reported(const struct watch *watch, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		if (!watch->reported[i])
			return false;
	return true;
}

void watch_must_report(const struct watch *watch, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++) {
		if (watch->reported[i])
			continue;
		note("page %zu of %zu was not reported", i, watch->pages);
		check(watch_reported(watch, first, pages));
	}
}

void watch_must_not_report(const struct watch *watch, size_t first, size_t pages)
{
	if (!(watch->capabilities & PGB_CAP_PAGE_PRECISE))
		return;
	for (size_t i = first; i < first + pages; i++) {
		if (!watch->reported[i])
			continue;
		note("page %zu of %zu was reported", i, watch->pages);
		check(!watch->reported[i]);
	}
}

void watch_must_report_only(const struct watch *watch, size_t first, size_t pages)
{
	watch_must_report(watch, first, pages);
	watch_must_not_report(watch, 0, first);
	watch_must_not_report(watch, first + pages, watch->pages - first - pages);
}

void watch_must_work(struct watch *watch, size_t first, size_t pages)
{
	watch_settle(watch);
	for (size_t i = first; i < first + pages; i += 3) {
		watch_write(watch, i);
		watch_harvest(watch);
		watch_must_report_only(watch, i, 1);
	}
	watch_harvest(watch);
	watch_must_not_report(watch, 0, watch->pages);
}

struct pgb_stats watch_stats(const struct watch *watch)
{
	struct pgb_stats stats;

	check_int(pgb_get_stats(watch->barrier, &stats, sizeof(stats)), 0);
	return stats;
}

size_t watch_mappings(const struct watch *watch)
{
	uintptr_t base = (uintptr_t)watch->base;
	uintptr_t start, end, limit = base + watch->pages * watch->page;
	FILE *maps = fopen("/proc/self/maps", "r");
	size_t count = 0;
	char line[512], *dash;

	check(maps != NULL);
	/* A line begins with "start-end", in hexadecimal. */
	while (fgets(line, sizeof(line), maps)) {
		start = strtoul(line, &dash, 16);
		end = strtoul(dash + 1, NULL, 16);
		count += start < limit && end > base;
	}
	fclose(maps);
	return count;
}

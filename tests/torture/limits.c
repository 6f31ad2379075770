/* SPDX-License-Identifier: MIT */
/* limits.c - up to the limits of a process, and past them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "watch.h"

#define PAGES 64

/* The first number in a file; 0 if there is none. */
static size_t number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[128];
	size_t number = 0;

	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file))
		number = strtoul(line, NULL, 10);
	fclose(file);
	return number;
}

/* Make `count` mappings, by splitting one. */
static void use_up_mappings(size_t count, size_t page)
{
	size_t size = (count + 1) * page;
	char *memory;

	if (!count)
		return;
	memory = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		      -1, 0);
	check(memory != MAP_FAILED);
	for (size_t i = 1; i < count; i += 2)
		check_int(mprotect(memory + i * page, page, PROT_READ), 0);
}

/* Every second page, which under mprotect would be a mapping each, and one in between. */
static void write_every_second(const struct watch *watch)
{
	for (size_t i = 0; i < watch->pages; i += 2)
		watch_write(watch, i);
}

static void must_report_every_second(const struct watch *watch, bool precisely)
{
	for (size_t i = 0; i < watch->pages; i++) {
		if (i % 2 == 0)
			watch_must_report(watch, i, 1);
		else if (precisely)
			watch_must_not_report(watch, i, 1);
	}
}

/* Said once, and counted. */
static void must_say_why(const struct watch *watch, const struct pgb_stats *before, int err)
{
	struct pgb_stats after = watch_stats(watch);

	check_int(err, -ENOMEM);
	check_int(after.last_error, -ENOMEM);
	check_int(after.fallbacks, before->fallbacks + 1);
	check_int(after.pages_unsure, before->pages_unsure + watch->pages);
}

/*
 * As many first writes as make half as many mappings again as there can be.  A backend
 * that makes one for each goes on with larger ones, and says so; the others notice nothing.
 */
static void too_many_mappings(const struct pgb_backend_info *backend)
{
	size_t limit = number_in("/proc/sys/vm/max_map_count");
	struct pgb_stats before;
	struct watch watch;
	size_t room;
	int err;

	if (!limit || limit > 300000)
		skip_because("vm.max_map_count is %zu: too many mappings to use them up",
			     limit);
	room = scaled(limit);
	watch_open(&watch, backend, room + room / 2);
	use_up_mappings(limit - room, watch.page);
	/* Memory that was first touched in pieces stays in pieces. */
	watch_write_range(&watch, 0, watch.pages);
	watch_add(&watch, 0, watch.pages);
	watch_settle(&watch);
	for (int round = 0; round < 2; round++) {
		before = watch_stats(&watch);
		write_every_second(&watch);
		if (backend->capabilities & PGB_CAP_ONE_VMA)
			check_int(watch_mappings(&watch), 1);
		err = watch_try_harvest(&watch);
		must_report_every_second(&watch, !err);
		if (backend->capabilities & PGB_CAP_ONE_VMA)
			check_int(err, 0);
		else
			must_say_why(&watch, &before, err);
	}
	/* Few writes are exact again, and nothing is left protected. */
	watch_must_work(&watch, 0, 30);
	watch_close_barrier(&watch);
	check_int(watch_mappings(&watch), watch.reserved ? 1 : 0);
	watch_unmap(&watch);
}

static void set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	check_int(getrlimit(resource, &limit), 0);
	limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
	check_int(setrlimit(resource, &limit), 0);
}

/* Each failure is seen by one harvest; then all is as it was. */
static void must_recover(struct watch *watch)
{
	watch_try_harvest(watch);
	watch_must_work(watch, 0, PAGES);
}

/* Of memory that came from a descriptor nobody keeps account, but there is other. */
static void must_be_replaced(struct watch *watch)
{
	void *memory;

	check_int(watch_try_harvest(watch), -EBADF);
	watch_must_report(watch, 0, PAGES);
	check_int(pgb_alloc_range(watch->barrier, PAGES * watch->page, &memory), 0);
	check_int(pgb_free_range(watch->barrier, watch->base, PAGES * watch->page), 0);
	watch->base = memory;
	watch_must_work(watch, 0, PAGES);
}

/* Somebody closes them all, and there can be no new ones. */
static void descriptors_gone_for_good(const struct pgb_backend_info *backend)
{
	struct watch watch;
	void *memory;
	int err;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	closefrom(STDERR_FILENO + 1);
	set_limit(RLIMIT_NOFILE, STDERR_FILENO + 1);
	for (size_t i = 0; i < 5; i++) {
		watch_write(&watch, i);
		err = watch_try_harvest(&watch);
		watch_must_report(&watch, i, 1);
		if (err)
			watch_must_report(&watch, 0, PAGES);
	}
	watch_remove(&watch, 10, 10);
	watch_write(&watch, 15);
	watch_add(&watch, 5, 20);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 5, 20);
	if (!watch.reserved)
		check_int(pgb_alloc_range(watch.barrier, watch.page, &memory), -EMFILE);
	set_limit(RLIMIT_NOFILE, 256);
	if (watch.reserved)
		must_recover(&watch);
	else
		must_be_replaced(&watch);
	watch_close(&watch);
}

/* From now on the address space can grow by `room` bytes only. */
static void limit_memory(size_t room)
{
	size_t pages = number_in("/proc/self/statm");

	check(pages != 0);
	set_limit(RLIMIT_AS, pages * (size_t)sysconf(_SC_PAGESIZE) + room);
}

struct room {
	const struct pgb_backend_info *backend;
	size_t bytes;
};

#define ENOUGH 7 /* the exit status of a life that was short of nothing */

/* The area is watched, or in its place as much that is the barrier's own. */
static int begin_to_watch(struct watch *watch)
{
	size_t size = PAGES * watch->page;
	void *memory;
	int err;

	if (watch->capabilities & PGB_CAP_ANY_MEMORY)
		return pgb_add(watch->barrier, watch->base, size);
	err = pgb_alloc_range(watch->barrier, size, &memory);
	if (!err)
		watch->base = memory;
	return err;
}

static void open_in_little_memory(void *arg)
{
	const struct room *room = arg;
	struct watch watch;
	int err, added = -1;

	watch_map(&watch, PAGES, (size_t)sysconf(_SC_PAGESIZE));
	watch.capabilities = room->backend->capabilities;
	limit_memory(room->bytes);
	err = pgb_open(&watch.barrier, room->backend->name);
	if (!err) {
		watch_write_range(&watch, 0, PAGES);
		added = begin_to_watch(&watch);
		if (added)
			check_int(added, -ENOMEM);
		watch_harvest(&watch);
		check_int(watch.reported_pages, added ? 0 : PAGES);
	} else {
		check_int(err, -ENOMEM);
	}
	set_limit(RLIMIT_AS, RLIM_INFINITY);
	if (err)
		check_int(pgb_open(&watch.barrier, room->backend->name), 0);
	if (added)
		check_int(begin_to_watch(&watch), 0);
	watch_harvest(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
	_exit(added ? 0 : ENOUGH);
}

/* More and more room, until it is enough for everything. */
static void little_memory(const struct pgb_backend_info *backend)
{
	struct room room = {backend, 0};
	int status;

	do {
		status = child_wait(child_start(open_in_little_memory, &room));
		check(status == 0 || status == ENOUGH << 8);
		room.bytes += room.bytes < 32 * 4096 ? 4096 : room.bytes / 4;
	} while (!status);
	note("%s: enough with %zu bytes", backend->name, room.bytes);
}

static const struct conformance_case cases[] = {
	{"more mappings than there can be", too_many_mappings, 0},
	{"descriptors are closed and cannot be had", descriptors_gone_for_good, 0},
	{"little memory, and a little more", little_memory, 0},
};

CONFORMANCE_MAIN("limits", cases)

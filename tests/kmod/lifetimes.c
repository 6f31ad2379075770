/* SPDX-License-Identifier: MIT */
/* lifetimes.c - nothing is left of regions that are gone, and their memory is accounted
 * for. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgroup.h"
#include "klog.h"
#include "region.h"

#define PAGES	 16
#define CYCLES	 10000
#define MODES	 (PGBARRIER_MODE_SYNC + 1)
#define MEGABYTE ((size_t)1 << 20)
/* Its bitmaps are much more than the kernel charges beforehand, for each processor. */
#define LARGE ((size_t)1 << 36)

/* Everything that a region can have, in its mode. */
static void live(unsigned mode)
{
	struct pgbarrier_log log = {.entries = 8, .watermark = 4};
	struct pgbarrier_clone clone = {.flags = PGBARRIER_CLONE_HOLD};
	struct region region;
	int other = region_device(), event = eventfd(0, EFD_CLOEXEC), faults = -1;

	region_create(&region, mode, 0, PAGES);
	log.eventfd = event;
	clone.source = region.fd;
	if (mode == PGBARRIER_MODE_SYNC) {
		faults = (int)region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
		check(faults >= 0);
		check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &event), 0);
		check_int(close(faults), 0);
	}
	if (mode == PGBARRIER_MODE_WP)
		check_int(region_call(region.fd, PGBARRIER_IOC_LOG, &log), 0);
	region_write(&region, 0, PAGES);
	check_int(region_harvest(&region), PAGES);
	check_int(region_call(other, PGBARRIER_IOC_CLONE, &clone), 0);
	check_int(region_discard(&region, 0, 4), 0);
	close(event);
	close(other);
	region_close(&region);
}

/* Bytes of this line of /proc/meminfo. */
static long memory(const char *what)
{
	FILE *file = fopen("/proc/meminfo", "r");
	char line[128];
	long kilobytes = -1;

	check(file != NULL);
	while (kilobytes < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, what, strlen(what)))
			kilobytes = strtol(line + strlen(what), NULL, 10);
	fclose(file);
	check(kilobytes >= 0);
	return kilobytes * 1024;
}

/*
 * Of each cycle a page at least would be left, if any were; that is CYCLES pages.  The rest
 * of the machine takes and gives some, too.
 */
static void come_and_go(void)
{
	const long allowed = CYCLES * sysconf(_SC_PAGESIZE) / 4;
	long free_before, slab_before;

	for (unsigned i = 0; i < CYCLES / 20; i++)
		live(i % MODES);
	free_before = memory("MemFree:");
	slab_before = memory("SUnreclaim:");
	for (unsigned i = 0; i < CYCLES; i++)
		live(i % MODES);
	note("%ld bytes less are free, %ld more in slabs", free_before - memory("MemFree:"),
	     memory("SUnreclaim:") - slab_before);
	check(free_before - memory("MemFree:") < allowed);
	check(memory("SUnreclaim:") - slab_before < allowed);
}

static size_t pages_of(size_t bytes)
{
	return bytes / (size_t)sysconf(_SC_PAGESIZE);
}

/* In a group of its own: where its memory has gone to. */
static void charge_pages(void *arg)
{
	const struct cgroup *group = arg;
	struct region region;
	long before, with;

	cgroup_enter(group);
	region_create(&region, PGBARRIER_MODE_DIRTY, 0, pages_of(16 * MEGABYTE));
	before = cgroup_number(group, "memory.current");
	region_write(&region, 0, region.pages);
	with = cgroup_number(group, "memory.current");
	check(with - before >= (long)(16 * MEGABYTE));
	check_int(region_discard(&region, 0, region.pages / 2), 0);
	check(with - cgroup_number(group, "memory.current") >= (long)(7 * MEGABYTE));
	region_close(&region);
	check(with - cgroup_number(group, "memory.current") >= (long)(15 * MEGABYTE));
}

/* Three bitmaps, of a bit for each page: a lot of memory, without any page. */
static void charge_bitmaps(void *arg)
{
	const struct cgroup *group = arg;
	struct region region;
	long before, with, bitmap;

	cgroup_enter(group);
	before = cgroup_number(group, "memory.current");
	region_create(&region, PGBARRIER_MODE_WP, 0, pages_of(LARGE));
	with = cgroup_number(group, "memory.current");
	bitmap = (long)region.bitmap_bytes;
	check(with - before >= 3 * bitmap);
	region_close(&region);
	check(with - cgroup_number(group, "memory.current") >= 2 * bitmap);
}

static void in_a_group(child_body *body)
{
	struct cgroup group = {.root = ""};
	int status;

	close(region_device());
	cgroup_make(&group);
	status = child_wait(child_start(body, &group));
	cgroup_remove(&group);
	check_int(status, 0);
}

static void pages_are_charged(void)
{
	in_a_group(charge_pages);
}

static void charge_bitmaps_in_a_group(void *arg)
{
	(void)arg;
	in_a_group(charge_bitmaps);
}

static void allow_large_regions(void *arg)
{
	(void)arg;
	with_module_parameter("max_user_mb", LARGE / MEGABYTE, charge_bitmaps_in_a_group,
			      NULL);
}

static void bitmaps_are_charged(void)
{
	with_module_parameter("max_region_mb", LARGE / MEGABYTE, allow_large_regions, NULL);
}

struct glutton {
	const struct cgroup *group;
	unsigned mode;
};

static void take_too_much(void *arg)
{
	const struct glutton *glutton = arg;
	struct region region;

	cgroup_enter(glutton->group);
	region_create(&region, glutton->mode, 0, pages_of(64 * MEGABYTE));
	region_write(&region, 0, region.pages);
	check_failed("its memory ends", __FILE__, __LINE__);
}

/* A group that has no more memory loses a process; everybody else goes on. */
static void run_out_of_memory(unsigned mode)
{
	struct glutton glutton = {.mode = mode};
	struct region region;
	struct cgroup group = {.root = ""};
	struct klog log;
	int status, level;

	region_create(&region, mode, 0, PAGES);
	cgroup_make(&group);
	cgroup_set(&group, "memory.max", 16 * MEGABYTE);
	glutton.group = &group;
	klog_open(&log);
	/* The kernel tells a long story of it. */
	level = klog_silence();
	status = child_wait(child_start(take_too_much, &glutton));
	klog_speak(level);
	cgroup_remove(&group);
	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGKILL);
	check(!klog_says_any(&log,
			     (const char *const[]){"BUG:", "WARNING:", "Oops", NULL}));
	klog_close(&log);
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void out_of_memory(void)
{
	for (unsigned mode = 0; mode < MODES; mode++)
		run_out_of_memory(mode);
}

static const struct plain_case cases[] = {
	{"10,000 come and go", come_and_go},
	{"pages are charged to the group", pages_are_charged},
	{"bitmaps are charged to the group", bitmaps_are_charged},
	{"the group has no memory left", out_of_memory},
};

PLAIN_MAIN("lifetimes", cases)

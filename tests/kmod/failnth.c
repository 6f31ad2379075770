/* SPDX-License-Identifier: MIT */
/*
 * failnth.c - every allocation of a region's life fails in turn.
 *
 * The kernel fails the nth one from now on of this thread alone, which needs
 * CONFIG_FAULT_INJECTION.  Whatever fails says ENOMEM, and works when it is tried again.
 * Copies from and to user space fail in turn as well, and say EFAULT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "klog.h"
#include "region.h"

#define PAGES 32
/* No life has so many. */
#define MANY 2000

static int fail_nth;

/* Also those that may wait for memory, and without a word in the kernel's log. */
static void fail_all_kinds(void)
{
	static const char *const settings[] = {
		"failslab/ignore-gfp-wait",	   "failslab/verbose",
		"fail_page_alloc/ignore-gfp-wait", "fail_page_alloc/ignore-gfp-highmem",
		"fail_page_alloc/min-order",	   "fail_page_alloc/verbose",
		"fail_usercopy/verbose",	   "fail_futex/verbose",
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		char path[128];
		int fd;

		snprintf(path, sizeof(path), "/sys/kernel/debug/%s", settings[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		/* There may be allocations of one sort alone, or no copies. */
		if (fd < 0)
			continue;
		check_int(write(fd, "0", 1), 1);
		close(fd);
	}
}

static void open_fail_nth(void)
{
	close(region_device());
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		skip_because("this kernel does not fail allocations: %s", strerror(errno));
	fail_all_kinds();
}

static void begin_to_fail(unsigned nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	check_int(pwrite(fail_nth, text, (size_t)length, 0), length);
}

/* Has one failed by now?  No more does. */
static bool end_to_fail(void)
{
	char text[16] = "";
	ssize_t got = pread(fail_nth, text, sizeof(text) - 1, 0);

	/* It may be these very calls that fail, but only one of them and once. */
	if (pwrite(fail_nth, "0", 1, 0) != 1)
		check_int(pwrite(fail_nth, "0", 1, 0), 1);
	return got > 0 && !strtoul(text, NULL, 10);
}

/* A call that may lack memory. */
static long allow(long result)
{
	if (result < 0 && result != -ENOMEM && result != -ENFILE && result != -EFAULT)
		note("%s", strerror((int)-result));
	check(result >= 0 || result == -ENOMEM || result == -ENFILE || result == -EFAULT);
	return result;
}

struct life {
	unsigned mode;
	int fd, clone, faults;
	bool created;
	unsigned char *base;
};

static void create(struct life *life)
{
	struct pgbarrier_create create = {
		.abi = PGBARRIER_ABI,
		.mode = life->mode,
		.size = PAGES * (uint64_t)sysconf(_SC_PAGESIZE),
	};

	long result = region_call(life->fd, PGBARRIER_IOC_CREATE, &create);

	/* EBUSY: it was made before, and only that could not be said. */
	life->created = result == -EBUSY || !allow(result);
}

static int open_device(void)
{
	int fd = open("/dev/pgbarrier", O_RDWR | O_CLOEXEC);

	allow(fd < 0 ? -errno : fd);
	return fd;
}

static void use(struct life *life)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pgbarrier_harvest harvest = {.len = PAGES * page};
	struct pgbarrier_range range = {.len = 2 * page};
	struct pgbarrier_copy copy = {.dst = 20 * page, .len = 2 * page};
	struct pgbarrier_log log = {.entries = 8, .eventfd = -1};
	struct pgbarrier_clone clone = {.source = life->fd, .flags = PGBARRIER_CLONE_HOLD};

	if (life->mode == PGBARRIER_MODE_WP)
		allow(region_call(life->fd, PGBARRIER_IOC_LOG, &log));
	for (size_t i = 0; life->base && i < 8; i++)
		if (by_process_vm_writev(life->base + i * page) < 0)
			check(errno == EFAULT || errno == ENOMEM);
	allow(region_call(life->fd, PGBARRIER_IOC_HARVEST, &harvest));
	allow(region_call(life->fd, PGBARRIER_IOC_DISCARD, &range));
	allow(region_call(life->fd, PGBARRIER_IOC_COPY, &copy));
	if (life->mode == PGBARRIER_MODE_SYNC)
		life->faults =
			(int)allow(region_call(life->fd, PGBARRIER_IOC_FAULTFD, NULL));
	life->clone = open_device();
	if (life->clone >= 0)
		allow(region_call(life->clone, PGBARRIER_IOC_CLONE, &clone));
}

static void live(struct life *life)
{
	life->fd = open_device();
	if (life->fd < 0)
		return;
	create(life);
	if (!life->created)
		return;
	life->base = mmap(NULL, PAGES * (size_t)sysconf(_SC_PAGESIZE),
			  PROT_READ | PROT_WRITE, MAP_SHARED, life->fd, 0);
	if (life->base == MAP_FAILED) {
		allow(-errno);
		life->base = NULL;
	}
	use(life);
}

/* What is there works, and what could not be had can be. */
static void must_be_sound(struct life *life)
{
	struct region region;

	if (life->faults >= 0)
		close(life->faults);
	if (life->clone >= 0)
		close(life->clone);
	if (life->base)
		check_int(munmap(life->base, PAGES * (size_t)sysconf(_SC_PAGESIZE)), 0);
	if (life->fd < 0)
		life->fd = open_device();
	if (!life->created)
		create(life);
	check(life->created);
	/* So few pages have a bit in one page. */
	region_map(&region, life->fd, PAGES, (size_t)sysconf(_SC_PAGESIZE));
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void sweep(unsigned mode)
{
	unsigned nth = 0;
	struct klog log;
	int fd, level;
	bool failed;

	open_fail_nth();
	fd = region_device();
	klog_open(&log);
	/* The kernel tells a story of each. */
	level = klog_silence();
	do {
		struct life life = {.mode = mode, .fd = -1, .clone = -1, .faults = -1};

		begin_to_fail(++nth);
		live(&life);
		failed = end_to_fail();
		must_be_sound(&life);
		/* Not a byte is charged to us for what has failed. */
		check_int(region_info(fd).used, 0);
	} while (failed && nth < MANY);
	klog_speak(level);
	note("%u failures", nth - 1);
	check(!klog_says_any(&log,
			     (const char *const[]){"BUG:", "WARNING:", "Oops", NULL}));
	klog_close(&log);
	check(nth < MANY);
	/* Or none of them was ours. */
	check(nth > 20);
	close(fd);
}

static const struct moded_case cases[] = {
	IN_EACH_MODE("every allocation fails in turn", sweep),
};

REGION_MAIN("failnth", cases)

/* SPDX-License-Identifier: MIT */
/* region.c - a region of /dev/pgbarrier, its mapping and what its harvests find. */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICE	   "/dev/pgbarrier"
#define PARAMETERS "/sys/module/pgbarrier/parameters/"

int region_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		skip_because("%s cannot be opened: %s", DEVICE, strerror(errno));
	return fd;
}

long region_call(int fd, unsigned long request, const void *argument)
{
	long result = ioctl(fd, request, argument);

	return result < 0 ? -errno : result;
}

struct pgbarrier_info region_info(int fd)
{
	struct pgbarrier_info info;

	memset(&info, 0xff, sizeof(info));
	check_int(region_call(fd, PGBARRIER_IOC_INFO, &info), 0);
	return info;
}

void region_need_helpers(const char *reason)
{
	int fd = region_device();
	struct pgbarrier_info info = region_info(fd);

	close(fd);
	if (info.flags & PGBARRIER_INFO_ZAP)
		skip_because("this kernel has no helpers for dirty bits: %s", reason);
}

static void answer(int faults, const struct pgbarrier_event *event)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pgbarrier_range ack = {.start = event->offset, .len = page};
	struct pgbarrier_copy zeros = {.dst = event->offset, .len = page};

	if (event->kind == PGBARRIER_EVENT_WRITE) {
		check_int(write(faults, &ack, sizeof(ack)), sizeof(ack));
	} else {
		long result = region_call(faults, PGBARRIER_IOC_COPY, &zeros);

		check(!result || result == -EEXIST);
	}
}

static void *answer_all(void *arg)
{
	const struct answerer *answerer = arg;
	struct pollfd pollers[] = {{.fd = answerer->faults, .events = POLLIN},
				   {.fd = answerer->end[0], .events = POLLIN}};
	struct pgbarrier_event events[16];

	while (!pollers[1].revents) {
		ssize_t got;

		check(poll(pollers, 2, -1) > 0);
		got = read(answerer->faults, events, sizeof(events));
		if (got < 0)
			check_int(errno, EAGAIN);
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(events[0]); i++)
			answer(answerer->faults, &events[i]);
	}
	return NULL;
}

void answerer_start(struct answerer *answerer, int faults)
{
	answerer->faults = faults;
	check_int(fcntl(faults, F_SETFL, O_NONBLOCK), 0);
	check_int(pipe2(answerer->end, O_CLOEXEC), 0);
	check_int(pthread_create(&answerer->thread, NULL, answer_all, answerer), 0);
}

void answerer_end(struct answerer *answerer)
{
	check_int(write(answerer->end[1], "", 1), 1);
	check_int(pthread_join(answerer->thread, NULL), 0);
	close(answerer->end[0]);
	close(answerer->end[1]);
	close(answerer->faults);
}

void region_map(struct region *region, int fd, size_t pages, size_t bitmap_bytes)
{
	memset(region, 0, sizeof(*region));
	region->fd = fd;
	region->page = (size_t)sysconf(_SC_PAGESIZE);
	region->pages = pages;
	region->bitmap_bytes = bitmap_bytes;
	region->base = region_map_part(region, 0, pages);
	region->found = mmap(NULL, bitmap_bytes, PROT_READ, MAP_SHARED, fd,
			     (off_t)PGBARRIER_OFFSET_HARVEST);
	check(region->found != MAP_FAILED);
}

void region_create(struct region *region, unsigned mode, unsigned flags, size_t pages)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pgbarrier_create create = {
		.abi = PGBARRIER_ABI,
		.mode = mode,
		.size = pages * page,
		.flags = flags,
	};
	int fd = region_device();

	check_int(region_call(fd, PGBARRIER_IOC_CREATE, &create), 0);
	check_int(1UL << create.page_shift, page);
	check(create.bitmap_bytes * 8 >= pages);
	check_int(create.bitmap_bytes % page, 0);
	region_map(region, fd, pages, create.bitmap_bytes);
	region->mode = mode;
}

static void keep_log(const struct region *region)
{
	struct pgbarrier_log log = {.entries = REGION_LOG_ENTRIES, .eventfd = -1};

	check_int(region_call(region->fd, PGBARRIER_IOC_LOG, &log), 0);
}

void region_open(struct region *region, unsigned kind, size_t pages)
{
	static const unsigned modes[] = {
		[REGION_DIRTY] = PGBARRIER_MODE_DIRTY, [REGION_WP] = PGBARRIER_MODE_WP,
		[REGION_SYNC] = PGBARRIER_MODE_SYNC,   [REGION_ACKED] = PGBARRIER_MODE_SYNC,
		[REGION_LOGGED] = PGBARRIER_MODE_WP,
	};

	region_create(region, modes[kind], 0, pages);
	if (kind == REGION_LOGGED)
		keep_log(region);
	if (kind != REGION_ACKED)
		return;
	region->answered = true;
	answerer_start(&region->answerer,
		       (int)region_call(region->fd, PGBARRIER_IOC_FAULTFD, NULL));
}

void region_close(struct region *region)
{
	if (region->answered)
		answerer_end(&region->answerer);
	check_int(munmap(region->base, region->pages * region->page), 0);
	check_int(munmap((void *)region->found, region->bitmap_bytes), 0);
	check_int(close(region->fd), 0);
	memset(region, 0, sizeof(*region));
}

unsigned char *region_page(const struct region *region, size_t page)
{
	return region->base + page * region->page;
}

unsigned char *region_map_part(const struct region *region, size_t first, size_t pages)
{
	void *base = mmap(NULL, pages * region->page, PROT_READ | PROT_WRITE, MAP_SHARED,
			  region->fd, (off_t)(first * region->page));

	check(base != MAP_FAILED);
	return base;
}

void region_write(const struct region *region, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		++*(volatile unsigned char *)region_page(region, i);
}

void region_read(const struct region *region, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		(void)*(volatile unsigned char *)region_page(region, i);
}

void region_settle(const struct region *region)
{
	region_write(region, 0, region->pages);
	region_must_find_only(region, 0, region->pages);
}

bool region_found(const struct region *region, size_t page)
{
	return region->found[page / 64] >> page % 64 & 1;
}

size_t region_harvest_part(const struct region *region, size_t first, size_t pages)
{
	struct pgbarrier_harvest harvest = {
		.start = first * region->page,
		.len = pages * region->page,
	};
	size_t bits = 0;

	check_int(region_call(region->fd, PGBARRIER_IOC_HARVEST, &harvest), 0);
	for (size_t i = first; i < first + pages; i++)
		bits += region_found(region, i);
	check_int(harvest.nr_dirty, bits);
	return bits;
}

size_t region_harvest(const struct region *region)
{
	return region_harvest_part(region, 0, region->pages);
}

void region_must_find(const struct region *region, size_t first, size_t pages)
{
	region_harvest(region);
	for (size_t i = first; i < first + pages; i++)
		if (!region_found(region, i)) {
			note("page %zu was not found", i);
			check(region_found(region, i));
		}
}

void region_must_find_only(const struct region *region, size_t first, size_t pages)
{
	region_must_find(region, first, pages);
	for (size_t i = 0; i < region->pages; i++)
		if (region_found(region, i) && (i < first || i >= first + pages)) {
			note("page %zu was found", i);
			check(!region_found(region, i));
		}
}

void region_must_work(const struct region *region, size_t first, size_t pages)
{
	region_harvest(region);
	for (size_t i = first; i < first + pages; i++) {
		region_write(region, i, 1);
		region_must_find_only(region, i, 1);
	}
	check_int(region_harvest(region), 0);
}

long region_discard(const struct region *region, size_t first, size_t pages)
{
	struct pgbarrier_range range = {
		.start = first * region->page,
		.len = pages * region->page,
	};

	return region_call(region->fd, PGBARRIER_IOC_DISCARD, &range);
}

static int open_parameter(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", PARAMETERS, name);
	return open(path, flags | O_CLOEXEC);
}

long module_parameter(const char *name)
{
	char text[32] = "";
	int fd = open_parameter(name, O_RDONLY);

	if (fd < 0)
		return -1;
	check(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtol(text, NULL, 10);
}

static void set_parameter(const char *name, long value)
{
	int fd = open_parameter(name, O_WRONLY);

	check(fd >= 0);
	check(dprintf(fd, "%ld\n", value) > 0);
	close(fd);
}

void with_delays(child_body *body, void *arg)
{
	if (module_parameter("test_delay_us") >= 0)
		with_module_parameter("test_delay_us", 300, body, arg);
	else
		child_run(body, arg);
}

void with_module_parameter(const char *name, long value, child_body *body, void *arg)
{
	long before;
	int status;

	close(region_device());
	if (geteuid())
		skip_because("only root sets the module's parameters");
	before = module_parameter(name);
	check(before >= 0);
	set_parameter(name, value);
	status = child_wait(child_start(body, arg));
	set_parameter(name, before);
	check_int(status, 0);
}

/* SPDX-License-Identifier: MIT */
/* stage.c - a fault channel, an area of memory in it, and threads that get stopped there.
 */
#include "stage.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Areas are apart, so that no mapping merges with what happens to lie beside it. */
#define FAR_AWAY	((uintptr_t)0x300000000000)
#define FROM_EACH_OTHER ((uintptr_t)1 << 36)

static void *next_place(void)
{
	static uintptr_t areas;

	return (void *)(FAR_AWAY + areas++ * FROM_EACH_OTHER);
}

void stage_need(unsigned kinds, unsigned actions)
{
	struct pgb_fault_info info;

	check_int(pgb_fault_probe(&info, sizeof(info)), 0);
	if (info.status)
		skip_because("%s", info.reason);
	if (kinds & ~info.kinds || actions & ~info.actions)
		skip_because("this kernel is %s", info.reason);
}

static void prepare(struct stage *stage, size_t pages)
{
	memset(stage, 0, sizeof(*stage));
	stage->page = (size_t)sysconf(_SC_PAGESIZE);
	stage->pages = pages;
	stage->memfd = -1;
}

void stage_map(struct stage *stage, size_t pages)
{
	prepare(stage, pages);
	stage->base = mmap(next_place(), pages * stage->page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(stage->base != MAP_FAILED);
}

void stage_map_shared(struct stage *stage, size_t pages)
{
	prepare(stage, pages);
	stage->memfd = memfd_create("stage", MFD_CLOEXEC);
	check(stage->memfd >= 0);
	check_int(ftruncate(stage->memfd, (off_t)(pages * stage->page)), 0);
	stage->base = mmap(next_place(), pages * stage->page, PROT_READ | PROT_WRITE,
			   MAP_SHARED, stage->memfd, 0);
	check(stage->base != MAP_FAILED);
	stage->alias = mmap(next_place(), pages * stage->page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, stage->memfd, 0);
	check(stage->alias != MAP_FAILED);
	memset(stage->alias, 0, pages * stage->page);
}

static void add(struct stage *stage, unsigned kinds)
{
	stage->kinds = kinds;
	check_int(pgb_fault_open(&stage->channel, 0), 0);
	check_int(pgb_fault_add(stage->channel, stage->base, stage->pages * stage->page,
				kinds),
		  0);
}

void stage_open(struct stage *stage, size_t pages, unsigned kinds)
{
	stage_need(kinds, 0);
	stage_map(stage, pages);
	add(stage, kinds);
}

void stage_open_shared(struct stage *stage, size_t pages, unsigned kinds)
{
	stage_need(kinds, 0);
	stage_map_shared(stage, pages);
	add(stage, kinds);
}

void stage_close(struct stage *stage)
{
	size_t size = stage->pages * stage->page;

	pgb_fault_close(stage->channel);
	check_int(munmap(stage->base, size), 0);
	if (stage->memfd >= 0) {
		check_int(munmap(stage->alias, size), 0);
		close(stage->memfd);
	}
	memset(stage, 0, sizeof(*stage));
}

unsigned char *stage_page(const struct stage *stage, size_t page)
{
	return stage->base + page * stage->page;
}

struct pgb_page_run stage_run(const struct stage *stage, size_t first, size_t pages)
{
	uintptr_t start = (uintptr_t)stage_page(stage, first);

	return (struct pgb_page_run){start, start + pages * stage->page};
}

void stage_protect(const struct stage *stage, unsigned kind, size_t first, size_t pages)
{
	struct pgb_page_run run = stage_run(stage, first, pages);

	check_int(pgb_fault_protect(stage->channel, kind, &run, 1), 0);
}

void stage_unprotect(const struct stage *stage, unsigned kind, size_t first, size_t pages)
{
	struct pgb_page_run run = stage_run(stage, first, pages);

	check_int(pgb_fault_unprotect(stage->channel, kind, &run, 1), 0);
}

struct pgb_fault stage_next(const struct stage *stage)
{
	struct pollfd poller = {.fd = pgb_fault_fd(stage->channel), .events = POLLIN};
	struct pgb_fault fault;
	int got;

	while ((got = pgb_fault_read(stage->channel, &fault, 1)) == -EAGAIN) {
		if (poll(&poller, 1, -1) < 0)
			check_int(errno, EINTR);
		else
			check_int(poller.revents, POLLIN);
	}
	check_int(got, 1);
	return fault;
}

struct pgb_fault stage_expect(const struct stage *stage, unsigned kind, size_t page)
{
	struct pgb_fault fault = stage_next(stage);

	check_int(fault.kind, kind);
	check_int((fault.address - (uintptr_t)stage->base) / stage->page, page);
	check_int(fault.reserved, 0);
	return fault;
}

void stage_quiet(const struct stage *stage)
{
	struct pollfd poller = {.fd = pgb_fault_fd(stage->channel), .events = POLLIN};
	struct pgb_fault fault;

	check_int(pgb_fault_read(stage->channel, &fault, 1), -EAGAIN);
	check_int(poll(&poller, 1, 0), 0);
}

int stage_ack(const struct stage *stage, enum pgb_ack_action action, size_t first,
	      size_t pages, const void *source)
{
	struct pgb_ack ack = {
		.start = (uintptr_t)stage_page(stage, first),
		.length = pages * stage->page,
		.action = action,
		.result = 1,
		.source = source,
	};
	int err = pgb_fault_ack(stage->channel, &ack, 1);

	check_int(err, ack.result == -EEXIST ? 0 : ack.result);
	return ack.result;
}

struct pgb_fault_stats stage_stats(const struct stage *stage)
{
	struct pgb_fault_stats stats;

	check_int(pgb_fault_get_stats(stage->channel, &stats, sizeof(stats)), 0);
	return stats;
}

size_t stage_mappings(const struct stage *stage)
{
	uintptr_t base = (uintptr_t)stage->base;
	uintptr_t start, end, limit = base + stage->pages * stage->page;
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

void stage_split(const struct stage *stage, size_t page)
{
	check_int(madvise(stage_page(stage, page), (stage->pages - page) * stage->page,
			  MADV_DONTFORK),
		  0);
	check_int(stage_mappings(stage), 2);
}

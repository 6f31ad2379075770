/* SPDX-License-Identifier: MIT */
/*
 * region.h - a region of /dev/pgbarrier, its mapping and what its harvests find.
 *
 * Pages are numbered from 0 in the region.  The functions check what the device answers,
 * and end the case as skipped where there is no device.
 */
#ifndef PGB_KMOD_REGION_H
#define PGB_KMOD_REGION_H

#include <linux/pgbarrier.h>
#include <pthread.h>

#include "harness.h"

/* Ways to notice a write: a mode of the module, and who answers its faults. */
enum region_kind {
	REGION_DIRTY,
	REGION_WP,
	REGION_SYNC,   /* nobody listens */
	REGION_ACKED,  /* PGBARRIER_MODE_SYNC, and a thread acknowledges */
	REGION_LOGGED, /* PGBARRIER_MODE_WP, and the kernel keeps a log */
};

#define REGION_LOG_ENTRIES 4096

/* A case for each of them. */
#define IN_EACH_KIND(text, run)                                                            \
	{"dirty: " text, run, REGION_DIRTY}, {"wp: " text, run, REGION_WP},                \
		{"sync: " text, run, REGION_SYNC}, {"acked: " text, run, REGION_ACKED},    \
	{                                                                                  \
		"logged: " text, run, REGION_LOGGED                                        \
	}

/* A case for each mode of the module. */
#define IN_EACH_MODE(text, run)                                                            \
	{"dirty: " text, run, PGBARRIER_MODE_DIRTY},                                       \
		{"wp: " text, run, PGBARRIER_MODE_WP},                                     \
	{                                                                                  \
		"sync: " text, run, PGBARRIER_MODE_SYNC                                    \
	}

#define REGION_MAIN(topic, cases)                                                          \
	int main(void)                                                                     \
	{                                                                                  \
		return moded_main(topic, cases, sizeof(cases) / sizeof((cases)[0]));       \
	}

/* A thread that answers whatever stops: writes may go on, absent pages are zeros. */
struct answerer {
	pthread_t thread;
	int faults;
	int end[2];
};

void answerer_start(struct answerer *answerer, int faults);
void answerer_end(struct answerer *answerer);

struct region {
	int fd;
	unsigned mode;
	size_t page; /* bytes */
	size_t pages;
	unsigned char *base;
	size_t bitmap_bytes;
	const uint64_t *found; /* the bitmap of the harvest */
	bool answered;
	struct answerer answerer;
};

/* A file of the device that is no region yet. */
int region_device(void);
/* What the call returns, or -errno. */
long region_call(int fd, unsigned long request, const void *argument);
struct pgbarrier_info region_info(int fd);
/* Ends the case as skipped where harvests drop page table entries, for this reason. */
void region_need_helpers(const char *reason);

/* A region of one of the kinds, all of which is mapped, without pages. */
void region_open(struct region *region, unsigned kind, size_t pages);
/* The same with a mode and flags of the module's, and nobody who answers. */
void region_create(struct region *region, unsigned mode, unsigned flags, size_t pages);
/* The same of a file that is a region already. */
void region_map(struct region *region, int fd, size_t pages, size_t bitmap_bytes);
/* Neither mappings nor the file are left. */
void region_close(struct region *region);

unsigned char *region_page(const struct region *region, size_t page);
/* Another mapping of a part, to read and write. */
unsigned char *region_map_part(const struct region *region, size_t first, size_t pages);
/* Change a byte of each, or only look at it. */
void region_write(const struct region *region, size_t first, size_t pages);
void region_read(const struct region *region, size_t first, size_t pages);
/* Every page is there and mapped, and none is reported by the next harvest. */
void region_settle(const struct region *region);

/* How many pages were found; so many bits are set. */
size_t region_harvest(const struct region *region);
size_t region_harvest_part(const struct region *region, size_t first, size_t pages);
bool region_found(const struct region *region, size_t page);
/* Harvest; these pages are found, whatever else is. */
void region_must_find(const struct region *region, size_t first, size_t pages);
/* Harvest; these pages are found, and no others. */
void region_must_find_only(const struct region *region, size_t first, size_t pages);
/* Writes to these are noticed, each by itself, and only once. */
void region_must_work(const struct region *region, size_t first, size_t pages);

long region_discard(const struct region *region, size_t first, size_t pages);

/* A parameter of the module; -1: there is none. */
long module_parameter(const char *name);
/* Runs the body in a child while the module has it so; all goes well, or the case fails. */
void with_module_parameter(const char *name, long value, child_body *body, void *arg);

/* The same, where the module can wait in the windows of its races, with it waiting there.
 */
void with_delays(child_body *body, void *arg);

#endif

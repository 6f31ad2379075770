/* SPDX-License-Identifier: MIT */
/* record.c - this process's record on the stats page. */
#include "record.h"

#include <atomic_ops.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct pgb_stats_page *page;
	struct pgb_stats_process *process; /* of `pid` */
	pid_t pid;
} mine;

uint64_t record_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct pgb_stats_page *map_page(int fd)
{
	struct pgb_stats_page *page;
	struct stat file;

	if (fstat(fd, &file) || (size_t)file.st_size < sizeof(*page))
		return NULL;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return NULL;
	if (page->head.magic == PGB_STATS_MAGIC && page->head.size == sizeof(*page))
		return page;
	munmap(page, sizeof(*page));
	return NULL;
}

static void read_program_name(char *name, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", name, size - 1);

	name[length > 0 ? length : 0] = '\0';
}

static struct pgb_stats_process *claim_any(pid_t pid)
{
	for (size_t i = 0; i < PGB_STATS_PROCESSES; i++)
		if (AO_compare_and_swap_full((AO_t *)&mine.page->process[i].pid, 0,
					     (AO_t)pid))
			return &mine.page->process[i];
	AO_fetch_and_add1((AO_t *)&mine.page->processes_left_out);
	return NULL;
}

/* What a child has in common with its parent when it comes to its own record. */
static void inherit(struct pgb_stats_process *child, const struct pgb_stats_process *parent)
{
	if (!child || !parent)
		return;
	child->parent = parent->pid;
	memcpy(child->libgc, parent->libgc, sizeof(child->libgc));
	memcpy(child->libgc_version, parent->libgc_version, sizeof(child->libgc_version));
	memcpy(child->backend, parent->backend, sizeof(child->backend));
	memcpy(child->design, parent->design, sizeof(child->design));
	memcpy(child->mode, parent->mode, sizeof(child->mode));
	memcpy(child->reason, parent->reason, sizeof(child->reason));
}

struct pgb_stats_process *record(void)
{
	struct pgb_stats_process *parent = mine.process;
	pid_t pid;

	if (!mine.page)
		return NULL;
	pid = getpid();
	if (pid == mine.pid)
		return mine.process;
	mine.pid = pid;
	mine.process = claim_any(pid);
	inherit(mine.process, parent);
	if (mine.process) {
		mine.process->started_ns = record_now();
		read_program_name(mine.process->program, sizeof(mine.process->program));
	}
	return mine.process;
}

void record_open(const char *path)
{
	int fd;

	if (!path)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	mine.page = map_page(fd);
	close(fd);
}

bool record_is_open(void)
{
	return mine.page;
}

void record_text(char *field, size_t size, const char *text)
{
	snprintf(field, size, "%s", text);
}

void record_fallback(const char *reason)
{
	struct pgb_stats_process *process = record();

	if (!process)
		return;
	for (size_t i = 0; i < PGB_STATS_FALLBACKS; i++) {
		struct pgb_stats_fallback *fallback = &process->fallbacks[i];

		if (!fallback->reason[0])
			record_text(fallback->reason, sizeof(fallback->reason), reason);
		if (strncmp(fallback->reason, reason, sizeof(fallback->reason) - 1))
			continue;
		fallback->count++;
		return;
	}
}

void record_harvest(uint64_t nanoseconds, const struct pgb_stats *stats,
		    uint64_t pages_unarmed)
{
	struct pgb_stats_process *process = record();

	if (!process)
		return;
	process->harvests++;
	process->pages_reported = stats->pages_reported;
	process->pages_harvested = stats->pages_harvested;
	process->pages_watched = stats->pages_watched;
	process->pages_unsure = stats->pages_unsure;
	process->pages_unarmed = pages_unarmed;
	pgb_histogram_add(&process->harvest_ns, nanoseconds);
}

void record_walk_skipped(void)
{
	struct pgb_stats_process *process = record();

	if (process)
		process->walks_skipped++;
}

static void keep_pause(struct pgb_stats_process *process, uint64_t began,
		       uint64_t nanoseconds)
{
	uint64_t index = process->pause_ns.count;

	/* A child of fork(2) comes to its record at the end of its first stop. */
	if (!index && began < process->started_ns)
		process->started_ns = began;
	if (index < PGB_STATS_PAUSES)
		process->pauses[index] = (struct pgb_stats_pause){
			.start_ns = began - process->started_ns,
			.duration_ns = nanoseconds,
		};
}

void record_pause(uint64_t began, uint64_t nanoseconds, uint64_t collections,
		  uint64_t heap_bytes)
{
	struct pgb_stats_process *process = record();

	if (!process)
		return;
	process->collections = collections;
	process->heap_bytes = heap_bytes;
	keep_pause(process, began, nanoseconds);
	pgb_histogram_add(&process->pause_ns, nanoseconds);
}

void record_at_exit(uint64_t vmas)
{
	struct pgb_stats_process *process = record();

	if (!process)
		return;
	process->vmas_at_exit = vmas;
	process->lasted_ns = record_now() - process->started_ns;
}

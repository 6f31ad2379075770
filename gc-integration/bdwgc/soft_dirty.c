/* SPDX-License-Identifier: MIT */
/* soft_dirty.c - design A: be the soft-dirty bits that libgc asks the kernel for. */
#include "soft_dirty.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "heap.h"
#include "os/descriptor.h"
#include "os/memory.h"
#include "os/pagemap.h"
#include "pagebits.h"
#include "walk.h"

#define SOFT_DIRTY ((uint64_t)1 << 55) /* Documentation/admin-guide/mm/soft-dirty.rst */

/* In memory of our own: a position in pagemap is an address in disguise. */
static struct soft_dirty {
	struct pgb_descriptor pagemap, clear_refs;
	off_t position;
	unsigned page_shift;
	struct pgb_pagebits found; /* by harvests since the last reset */
	uint64_t harvested_stop;   /* the stop that the last harvest was in */
	bool told;		   /* any of it is dirty, for all that is known */
	/*
	 * There was no reset yet, or the last one came while mutators ran: libgc's
	 * GC_enable_incremental does one after it has started the world again, and has
	 * thrown away what it read before.  Until the next reset nothing is called clean,
	 * not even the page outside of the heap on which libgc tries whether writes show.
	 */
	bool doubtful;
} * files;

int soft_dirty_init(void)
{
	files = pgb_memory_map(sizeof(*files));
	if (!files)
		return -ENOMEM;
	files->pagemap = files->clear_refs = PGB_DESCRIPTOR_NONE;
	files->page_shift = (unsigned)__builtin_ctzl(pgb_page_size());
	files->doubtful = true;
	return pgb_pagebits_init(&files->found);
}

int soft_dirty_make_room(uintptr_t start, uintptr_t end)
{
	return pgb_pagebits_reserve(&files->found, start, end);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

static struct pgb_descriptor *file_of_path(const char *path)
{
	if (strncmp(path, "/proc/", strlen("/proc/")))
		return NULL;
	if (ends_with(path, "/pagemap"))
		return &files->pagemap;
	if (ends_with(path, "/clear_refs"))
		return &files->clear_refs;
	return NULL;
}

/*
 * libgc gets a real descriptor, so that what it does with it beyond our calls works.  It
 * is of no file that matters: a program that closes all it did not open, and opens files
 * of its own under these numbers, harms nobody.
 */
static int open_file(struct pgb_descriptor *file)
{
	int fd;

	if (file->fd >= 0)
		return 0;
	fd = pgb_pagemap_open();
	return fd < 0 ? fd : pgb_descriptor_adopt(file, fd);
}

int soft_dirty_prepare(void)
{
	int err = open_file(&files->pagemap);

	return err ? err : open_file(&files->clear_refs);
}

bool soft_dirty_open(const char *path, int *result)
{
	struct pgb_descriptor *file = file_of_path(path);
	int err;

	if (!file || heap_activate())
		return false;
	err = open_file(file);
	if (err)
		errno = -err;
	*result = err ? -1 : file->fd;
	return true;
}

static bool is(const struct pgb_descriptor *file, int fd)
{
	return fd >= 0 && file->fd == fd;
}

int soft_dirty_keep_apart(int fd)
{
	int other;

	if (!is(&files->pagemap, fd) && !is(&files->clear_refs, fd))
		return fd;
	other = fcntl(fd, F_DUPFD, fd + 1);
	close(fd);
	return other;
}

bool soft_dirty_close(int fd, int *result)
{
	if (is(&files->pagemap, fd))
		pgb_descriptor_close(&files->pagemap);
	else if (is(&files->clear_refs, fd))
		pgb_descriptor_close(&files->clear_refs);
	else
		return false;
	*result = 0;
	return true;
}

bool soft_dirty_lseek(int fd, off_t offset, int whence, off_t *result)
{
	if (!is(&files->pagemap, fd))
		return false;
	if (whence != SEEK_SET || offset < 0) {
		errno = EINVAL;
		*result = -1;
		return true;
	}
	*result = files->position = offset;
	return true;
}

/*
 * While mutators run there is no such thing as the harvest of this stop: every read has
 * to look again.  What is found adds up until the reset.
 */
static bool is_harvested(void)
{
	return events_is_stop(files->harvested_stop);
}

static void note_step(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	pgb_pagebits_set_range(&files->found, start, end);
}

static void note(void *arg, uintptr_t start, uintptr_t end)
{
	files->told = true;
	note_step(arg, start, end);
}

static void harvest(void)
{
	heap_harvest(note, NULL);
	walk_prepare(files->told || files->doubtful, note_step, NULL);
}

/* The entries of pages from `start` on, as libgc reads them. */
struct answer {
	uint64_t *entries;
	uintptr_t start;
};

static void answer_dirty(const struct answer *answer, uintptr_t from, uintptr_t to)
{
	uint64_t *entry = &answer->entries[(from - answer->start) >> files->page_shift];
	uint64_t *end = entry + ((to - from) >> files->page_shift);

	while (entry < end)
		*entry++ = SOFT_DIRTY;
}

/* All of [from, to) is followed. */
static void answer_found(const struct answer *answer, uintptr_t from, uintptr_t to)
{
	size_t first = (from - answer->start) >> files->page_shift;
	size_t count = (to - from) >> files->page_shift;
	uintptr_t run_end;

	memset(&answer->entries[first], 0, count * sizeof(*answer->entries));
	for (; pgb_pagebits_next_run(&files->found, &from, to, &run_end); from = run_end)
		answer_dirty(answer, from, run_end);
}

/* Of the pages up to `end` all are dirty but for what is known. */
static void answer_up_to(const struct answer *answer, uintptr_t end)
{
	const struct pgb_range_table *followed = heap_ranges();
	uintptr_t at = answer->start;
	size_t i = files->doubtful ? followed->count : pgb_range_table_find(followed, at);

	for (; i < followed->count && followed->range[i].start < end; i++) {
		uintptr_t from = followed->range[i].start, to = followed->range[i].end;

		if (from < at)
			from = at;
		if (to > end)
			to = end;
		answer_dirty(answer, at, from);
		answer_found(answer, from, to);
		at = to;
	}
	answer_dirty(answer, at, end);
}

void soft_dirty_preclean(void)
{
	heap_preclean(note, NULL);
}

bool soft_dirty_read(int fd, void *buffer, size_t size, ssize_t *result)
{
	uintptr_t start;

	if (!is(&files->pagemap, fd))
		return false;
	if ((size_t)files->position % sizeof(uint64_t) || size % sizeof(uint64_t)) {
		errno = EINVAL;
		*result = -1;
		return true;
	}
	if (!is_harvested())
		harvest();
	files->harvested_stop = events_stop_number();
	start = (uintptr_t)files->position / sizeof(uint64_t) << files->page_shift;
	answer_up_to(&(struct answer){.entries = buffer, .start = start},
		     start + (size / sizeof(uint64_t) << files->page_shift));
	files->position += (off_t)size;
	*result = (ssize_t)size;
	return true;
}

static void forget_found(void)
{
	const struct pgb_range_table *followed = heap_ranges();

	for (size_t i = 0; i < followed->count; i++)
		pgb_pagebits_clear_range(&files->found, followed->range[i].start,
					 followed->range[i].end);
}

bool soft_dirty_write(int fd, size_t size, ssize_t *result)
{
	if (!is(&files->clear_refs, fd))
		return false;
	if (!is_harvested())
		heap_harvest(NULL, NULL);
	forget_found();
	files->told = false;
	files->harvested_stop = 0;
	files->doubtful = !events_stop_number();
	*result = (ssize_t)size;
	return true;
}

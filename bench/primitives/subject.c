/* SPDX-License-Identifier: MIT */
/*
 * subject.c - what is compared: the backends that run here, plain mprotect, and nothing.
 */
#include "subject.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bare.h"
#include "os/memory.h"

static const struct subject without_library[] = {
	{.name = "bare mprotect", .kind = BARE},
	{.name = "none", .kind = WRITABLE},
	{.name = "untouched", .kind = UNTOUCHED},
};

#define WITHOUT_LIBRARY (sizeof(without_library) / sizeof(*without_library))

static int open_backend(struct subjects *subjects, size_t index, struct results *results)
{
	struct subject *subject = &subjects->subject[subjects->count];
	struct pgb_backend_info info;
	int err = pgb_backend_probe(index, &info, sizeof(info));

	if (err)
		return err;
	/* It arms nothing, and reports everything. */
	if (!strcmp(info.name, "null"))
		return 0;
	if (info.status)
		return results_skip(results, info.name, info.reason);
	*subject = (struct subject){.name = info.name, .capabilities = info.capabilities};
	err = pgb_open(&subject->barrier, info.name);
	if (err)
		return results_skip(results, info.name, strerror(-err));
	subjects->count++;
	return 0;
}

int subjects_open(struct subjects *subjects, struct results *results)
{
	size_t backends = pgb_backend_count();
	int err = 0;

	subjects->count = 0;
	subjects->subject = calloc(backends + WITHOUT_LIBRARY, sizeof(*subjects->subject));
	if (!subjects->subject)
		return -ENOMEM;
	for (size_t i = 0; !err && i < backends; i++)
		err = open_backend(subjects, i, results);
	for (size_t i = 0; i < WITHOUT_LIBRARY; i++)
		subjects->subject[subjects->count++] = without_library[i];
	return err;
}

void subjects_close(struct subjects *subjects)
{
	for (size_t i = 0; i < subjects->count; i++)
		pgb_close(subjects->subject[i].barrier);
	free(subjects->subject);
}

const struct subject *subjects_find(const struct subjects *subjects, const char *name)
{
	for (size_t i = 0; i < subjects->count; i++)
		if (!strcmp(subjects->subject[i].name, name))
			return &subjects->subject[i];
	return NULL;
}

static int attach_barrier(const struct subject *subject, const struct region *region,
			  struct region *watched)
{
	void *start;
	int err;

	if (subject->capabilities & PGB_CAP_ANY_MEMORY)
		return pgb_add(subject->barrier, region->start, region->bytes);
	if (region->huge)
		return -EOPNOTSUPP;
	err = pgb_alloc_range(subject->barrier, region->bytes, &start);
	if (err)
		return err;
	watched->start = start;
	memset(start, 1, region->bytes);
	return 0;
}

int subject_attach(const struct subject *subject, const struct region *region,
		   struct region *watched)
{
	*watched = *region;
	switch (subject->kind) {
	case BARRIER:
		return attach_barrier(subject, region, watched);
	case BARE:
		return bare_begin(region->start, region->bytes);
	default:
		return 0;
	}
}

void subject_detach(const struct subject *subject, const struct region *watched)
{
	if (subject->kind == BARE)
		bare_end();
	else if (subject->kind == UNTOUCHED)
		region_renew(watched);
	else if (subject->kind == BARRIER && subject->capabilities & PGB_CAP_ANY_MEMORY)
		pgb_remove(subject->barrier, watched->start, watched->bytes);
	else if (subject->kind == BARRIER)
		pgb_free_range(subject->barrier, watched->start, watched->bytes);
}

static void count_pages(void *argument, uintptr_t start, uintptr_t end)
{
	size_t *pages = argument;

	*pages += (end - start) / pgb_page_size();
}

int subject_harvest(const struct subject *subject, const struct region *watched,
		    size_t *pages)
{
	*pages = 0;
	switch (subject->kind) {
	case BARRIER:
		return pgb_harvest(subject->barrier, count_pages, pages);
	case BARE:
		return bare_harvest(pages);
	case UNTOUCHED:
		return madvise(watched->start, watched->bytes, MADV_DONTNEED) ? -errno : 0;
	default:
		/* Soft-dirty protects all of the process, this memory too. */
		memset(watched->start, 1, watched->bytes);
		return 0;
	}
}

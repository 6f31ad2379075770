/* SPDX-License-Identifier: MIT */
/* kmod_region.c - memory of the kernel module's that is mapped here. */
#include "backend/kmod_region.h"

#include <errno.h>
#include <unistd.h>

#include "os/kmod.h"
#include "os/memory.h"
#include "os/peek.h"

#define WORD_PAGES ((size_t)64) /* of the module's bitmap */

/* Another region may take the place between the two, but not with this start and that end.
 */
bool pgb_kmod_region_extent(const struct pgb_kmod_region *region, uintptr_t *start,
			    uintptr_t *end)
{
	do {
		*start = AO_load_full(&region->start);
		*end = AO_load_full(&region->end);
	} while (*start != AO_load_full(&region->start));
	return *start;
}

static size_t size_of(const struct pgb_kmod_region *region)
{
	return region->end - region->start;
}

/* The bitmap of `fd`, and whoever answers its faults: what a region has beside its pages.
 */
static int equip(struct pgb_kmod_region *region, int fd, uintptr_t bitmap_at,
		 size_t bitmap_bytes)
{
	region->bitmap = pgb_kmod_map_bitmap(fd, bitmap_at, bitmap_bytes);
	if (!region->bitmap)
		return -errno;
	region->bitmap_bytes = bitmap_bytes;
	return region->mode == PGBARRIER_MODE_SYNC ? pgb_kmod_answer_faults(fd) : 0;
}

static void unmap_bitmap(struct pgb_kmod_region *region)
{
	if (region->bitmap)
		pgb_memory_unmap((void *)region->bitmap, region->bitmap_bytes);
	region->bitmap = 0;
}

/* `fd` is closed if that fails. */
static int adopt(struct pgb_kmod_region *region, int fd)
{
	region->number = pgb_kmod_region(fd);
	if (region->number)
		return pgb_descriptor_adopt(&region->file, fd);
	close(fd);
	return -EBADF;
}

/* `fd` is closed if that fails. */
static int map_file(struct pgb_kmod_region *region, int fd, size_t size,
		    size_t bitmap_bytes)
{
	uintptr_t start = pgb_kmod_map(fd, 0, size);
	int err = start ? equip(region, fd, 0, bitmap_bytes) : -errno;

	if (err) {
		close(fd);
		goto err_start;
	}
	err = adopt(region, fd);
	if (err)
		goto err_start;
	AO_store_full(&region->end, start + size);
	AO_store_full(&region->start, start);
	return 0;

err_start:
	unmap_bitmap(region);
	if (start)
		pgb_memory_unmap((void *)start, size);
	return err;
}

int pgb_kmod_region_create(struct pgb_kmod_region *region, enum pgbarrier_mode mode,
			   size_t size)
{
	int fd = pgb_kmod_open(), err;
	size_t bitmap_bytes;

	if (fd < 0)
		return fd;
	err = pgb_kmod_create(fd, mode, size, &bitmap_bytes);
	if (err) {
		close(fd);
		return err;
	}
	region->mode = mode;
	region->file = PGB_DESCRIPTOR_NONE;
	region->bitmap = 0;
	region->lost = 0;
	region->is_plain = false;
	return map_file(region, fd, size, bitmap_bytes);
}

static bool has_its_file(const struct pgb_kmod_region *region)
{
	return pgb_descriptor_is_ours(&region->file) &&
	       pgb_kmod_region(region->file.fd) == region->number;
}

bool pgb_kmod_region_is_whole(const struct pgb_kmod_region *region)
{
	return region->start && !region->lost && has_its_file(region);
}

static void close_file(struct pgb_kmod_region *region)
{
	if (has_its_file(region))
		close(region->file.fd);
	region->file = PGB_DESCRIPTOR_NONE;
}

void pgb_kmod_region_abandon(struct pgb_kmod_region *region)
{
	AO_store_full(&region->start, 0);
	close_file(region);
}

void pgb_kmod_region_destroy(struct pgb_kmod_region *region)
{
	uintptr_t start = region->start;
	size_t size = size_of(region);

	pgb_kmod_region_abandon(region);
	unmap_bitmap(region);
	pgb_memory_unmap((void *)start, size);
}

/* 0, or why there is no file that could be asked.  Whether it is this region's it says. */
static int check_file(const struct pgb_kmod_region *region)
{
	if (region->lost)
		return region->lost;
	return pgb_descriptor_is_ours(&region->file) ? 0 : -EBADF;
}

/* Words of the bitmap may reach over, to pages before and behind, of earlier harvests. */
static void take_bits(const struct pgb_kmod_region *region, size_t first, size_t end,
		      const struct pgb_pagebits *dirty)
{
	const volatile uint64_t *bitmap = (const uint64_t *)region->bitmap;

	for (size_t page = first / WORD_PAGES * WORD_PAGES; page < end;
	     page += WORD_PAGES) {
		uint64_t word = bitmap[page / WORD_PAGES];

		if (page < first)
			word &= ~UINT64_C(0) << (first - page);
		if (end - page < WORD_PAGES)
			word &= ~(~UINT64_C(0) << (end - page));
		if (word)
			pgb_pagebits_set_word(
				dirty, region->start + (page << pgb_pagebits_shift(dirty)),
				word);
	}
}

int pgb_kmod_region_harvest(const struct pgb_kmod_region *region, uintptr_t start,
			    uintptr_t end, const struct pgb_pagebits *dirty)
{
	size_t offset = start - region->start;
	int err = check_file(region);
	uint64_t count;

	if (!err)
		err = pgb_kmod_harvest(region->file.fd, region->number, offset, end - start,
				       &count);
	if (!err && count)
		take_bits(region, offset >> pgb_pagebits_shift(dirty),
			  (end - region->start) >> pgb_pagebits_shift(dirty), dirty);
	return err;
}

int pgb_kmod_region_discard(const struct pgb_kmod_region *region, uintptr_t start,
			    uintptr_t end)
{
	int err = region->is_plain ? pgb_memory_discard(start, end) : check_file(region);

	if (!err && !region->is_plain)
		err = pgb_kmod_discard(region->file.fd, region->number,
				       start - region->start, end - start);
	return err;
}

static int clone_held(const struct pgb_kmod_region *region, size_t *bitmap_bytes)
{
	int err = check_file(region), fd;

	if (err)
		return err;
	fd = pgb_kmod_open();
	if (fd < 0)
		return fd;
	err = pgb_kmod_clone_held(fd, region->file.fd, region->number, bitmap_bytes);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* What cannot be read, as somebody has protected it, the child has as zeros. */
static void copy_run(uintptr_t to, uintptr_t from, uintptr_t end)
{
	size_t page = pgb_page_size();

	while (from < end) {
		ssize_t copied = pgb_peek(from, (void *)to, end - from);
		size_t done = copied > 0 ? (size_t)copied / page * page : 0;

		if (!done)
			done = page;
		from += done;
		to += done;
	}
}

static void *copy_of(const struct pgb_kmod_region *region, const struct pgb_pagebits *used)
{
	void *copy = pgb_memory_map(size_of(region));
	uintptr_t run = region->start, run_end;

	for (; copy && pgb_pagebits_next_run(used, &run, region->end, &run_end);
	     run = run_end)
		copy_run((uintptr_t)copy + (run - region->start), run, run_end);
	return copy;
}

void pgb_kmod_region_bequeath(struct pgb_kmod_region *region,
			      const struct pgb_pagebits *used)
{
	region->legacy.copy = NULL;
	region->legacy.fd = -ENOENT;
	if (region->is_plain)
		return;
	region->legacy.fd = clone_held(region, &region->legacy.bitmap_bytes);
	if (region->legacy.fd < 0)
		region->legacy.copy = copy_of(region, used);
}

void pgb_kmod_region_keep(struct pgb_kmod_region *region)
{
	if (region->legacy.fd >= 0) {
		pgb_kmod_release(region->legacy.fd);
		close(region->legacy.fd);
	}
	pgb_memory_unmap(region->legacy.copy, size_of(region));
}

static int inherit_clone(struct pgb_kmod_region *region)
{
	int fd = region->legacy.fd, err;

	if (!pgb_kmod_map(fd, region->start, size_of(region))) {
		err = -errno;
		pgb_kmod_region_abandon(region);
	} else {
		err = equip(region, fd, region->bitmap, region->legacy.bitmap_bytes);
	}
	if (err)
		close(fd);
	return err ? err : adopt(region, fd);
}

static int inherit_copy(struct pgb_kmod_region *region)
{
	int err = region->legacy.copy ? pgb_memory_relocate(region->legacy.copy,
							    size_of(region), region->start)
				      : region->legacy.fd;

	if (err)
		pgb_kmod_region_abandon(region);
	region->is_plain = !err;
	/* The mapping of the parent's was not inherited. */
	region->bitmap = 0;
	return region->legacy.fd;
}

/* The parent's file goes first: while it is open, its pages stay. */
void pgb_kmod_region_inherit(struct pgb_kmod_region *region)
{
	if (region->is_plain)
		return;
	close_file(region);
	region->lost =
		region->legacy.fd >= 0 ? inherit_clone(region) : inherit_copy(region);
}

/* SPDX-License-Identifier: MIT */
/*
 * region.c - memory that is measured on, and orders to write its pages in.
 */
#include "region.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../measure.h"
#include "../memory.h"
#include "os/memory.h"

#define CLUSTER	  64
#define HUGE_PAGE (UINT64_C(2) << 20) /* of x86-64, and of arm64 with pages of 4 KiB */
#define SEED	  1

/* Half of what is free is for others, and for the tables of the backends. */
static bool is_affordable(size_t bytes)
{
	return bytes / 1024 <= memory_available_kib() / 2;
}

int region_map(struct region *region, size_t bytes, bool huge)
{
	size_t slack = HUGE_PAGE;
	uintptr_t start;

	*region = (struct region){0};
	if (!is_affordable(bytes))
		return -ENOMEM;
	region->start = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region->start == MAP_FAILED)
		return -ENOMEM;
	/* Where huge pages begin; what is left over is given back. */
	start = ((uintptr_t)region->start + slack - 1) & ~(slack - 1);
	if (start > (uintptr_t)region->start)
		munmap(region->start, start - (uintptr_t)region->start);
	munmap((char *)start + bytes, (uintptr_t)region->start + slack - start);
	region->start = (char *)start;
	region->bytes = bytes;
	region->pages = bytes / pgb_page_size();
	region->huge = huge;
	/* Fails where the kernel has no huge pages, which shows. */
	madvise(region->start, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(region->start, 1, bytes);
	return 0;
}

void region_unmap(struct region *region)
{
	if (region->start)
		munmap(region->start, region->bytes);
	region->start = NULL;
}

void region_renew(const struct region *region)
{
	madvise(region->start, region->bytes, MADV_DONTNEED);
	memset(region->start, 1, region->bytes);
}

bool region_has_huge_pages(const struct region *region)
{
	/* Nothing else in this process asks for any, or is large enough to be given some.
	 */
	return region->huge &&
	       memory_kib_in("/proc/self/smaps_rollup", "AnonHugePages:") * 1024 >=
		       region->bytes;
}

uint32_t *region_order(const struct region *region, enum pattern pattern)
{
	size_t clusters = (region->pages + CLUSTER - 1) / CLUSTER, filled = 0;
	uint32_t *order, *first;

	if (pattern == RANDOM)
		return shuffled_indices(region->pages, SEED);
	order = malloc(region->pages * sizeof(*order));
	first = shuffled_indices(clusters, SEED);
	if (!order)
		fail("cannot allocate memory", -ENOMEM);
	for (size_t i = 0; i < clusters; i++) {
		size_t page = (size_t)(pattern == CLUSTERED ? first[i] : i) * CLUSTER;

		for (size_t j = 0; j < CLUSTER && page < region->pages; j++, page++)
			order[filled++] = (uint32_t)page;
	}
	free(first);
	return order;
}

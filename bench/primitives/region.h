/* SPDX-License-Identifier: MIT */
/*
 * region.h - memory that is measured on, and orders to write its pages in.
 */
#ifndef BENCH_PRIMITIVES_REGION_H
#define BENCH_PRIMITIVES_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pattern { NO_PATTERN, SEQUENTIAL, RANDOM, CLUSTERED };

struct region {
	char *start;
	size_t bytes, pages;
	bool huge; /* huge pages are wanted; else there are none */
};

/*
 * Private anonymous memory, each of its pages written once.  0 or -ENOMEM, also where it is
 * more than what the machine has free.
 */
int region_map(struct region *region, size_t bytes, bool huge);
void region_unmap(struct region *region);

/* Take its pages away and write all of them anew: huge ones that were split are whole
 * again. */
void region_renew(const struct region *region);

/* Are there huge pages in the process?  To be asked after region_map() with `huge`. */
bool region_has_huge_pages(const struct region *region);

/* Every page once, to be freed: CLUSTERED are runs of 64 at random places. */
uint32_t *region_order(const struct region *region, enum pattern pattern);

static inline void region_write(const struct region *region, uint32_t page,
				size_t page_size)
{
	/* Not the same cache line of every page: those share few cache sets. */
	size_t offset = (size_t)page * 64 % page_size;

	*(volatile char *)(region->start + page * page_size + offset) = 1;
}

#endif

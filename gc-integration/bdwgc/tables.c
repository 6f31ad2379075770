/* SPDX-License-Identifier: MIT */
/* tables.c - libgc's own tables, kept together and on huge pages. */
#include "tables.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "os/huge_pages.h"
#include "os/memory.h"

enum {
	/*
	 * libgc maps its tables by MINHINCR blocks, which is as much as it expands a small
	 * heap by.  A piece of heap that is taken for a table is no worse than others, but
	 * that its first write splits a huge page.
	 */
	PIECE = 64 << 10,
	/* Programs with less are not to pay for a huge page that they hardly use. */
	SMALL = 2 << 20,
	/* Of what is given, reserved at once: so many mappings, and no more. */
	GROWTH = 2,
	CHUNK_MOST = 64 << 20,
	/* Of pages of 64 KiB a huge one is 512 MiB, and the kernel fills it with zeros. */
	HUGE_MOST = 4 << 20,
};

/* In memory of our own: page addresses in .bss would be roots to libgc. */
static struct tables {
	uintptr_t free, end; /* of the chunk that is being given out */
	size_t given;
	size_t huge; /* bytes of a huge page */
	int (*follow)(uintptr_t start, uintptr_t end);
} * tables;

int tables_init(int (*follow)(uintptr_t start, uintptr_t end))
{
	size_t huge = pgb_huge_page_size_on_request();

	if (!huge || huge > HUGE_MOST)
		return 0;
	tables = pgb_memory_map(sizeof(*tables));
	if (!tables)
		return -ENOMEM;
	tables->huge = huge;
	tables->follow = follow;
	return 0;
}

/* Chunks are whole pieces, so nothing is left of the one before. */
static bool begin_chunk(void)
{
	size_t size = tables->given / GROWTH & ~(tables->huge - 1);
	void *chunk;

	if (size > CHUNK_MOST)
		size = CHUNK_MOST;
	if (size < tables->huge)
		size = tables->huge;
	chunk = pgb_memory_map_huge(size, tables->huge);
	if (!chunk)
		return false;
	if (tables->follow((uintptr_t)chunk, (uintptr_t)chunk + size)) {
		pgb_memory_unmap(chunk, size);
		return false;
	}
	tables->free = (uintptr_t)chunk;
	tables->end = tables->free + size;
	return true;
}

void *tables_give(size_t length)
{
	uintptr_t piece;

	if (!tables || length != PIECE)
		return NULL;
	if (tables->given < SMALL) {
		tables->given += PIECE;
		return NULL;
	}
	if (tables->free == tables->end && !begin_chunk())
		return NULL;
	piece = tables->free;
	tables->free += PIECE;
	tables->given += PIECE;
	return (void *)piece;
}

/* SPDX-License-Identifier: MIT */
/*
 * sparse.h - a table of the address space, in sparse memory.
 *
 * Two levels: a directory of leaves, each for 2^15 pages, of as many bytes as whoever has
 * the table needs for them.  Room for a range is reserved beforehand and begins as zeros;
 * to look it up allocates nothing, takes no lock and may be done in a signal handler and
 * with the world stopped.
 */
#ifndef PGB_SPARSE_H
#define PGB_SPARSE_H

#include <atomic_ops.h>
#include <stddef.h>
#include <stdint.h>

#include "os/memory.h"

#define PGB_SPARSE_SHIFT 15
#define PGB_SPARSE_PAGES ((uintptr_t)1 << PGB_SPARSE_SHIFT) /* of a leaf */

struct pgb_sparse {
	AO_t *directory;    /* pointers to leaves; 0: no room */
	size_t first, last; /* entries of the directory that may have been used */
	size_t leaf_bytes;
	unsigned page_shift;
};

int pgb_sparse_init(struct pgb_sparse *table, size_t leaf_bytes); /* -ENOMEM */
void pgb_sparse_destroy(struct pgb_sparse *table);

/* Callers of this one keep each other out.  -ENOMEM; -EINVAL: no such addresses. */
int pgb_sparse_reserve(struct pgb_sparse *table, uintptr_t start, uintptr_t end);

static inline size_t pgb_sparse_entries(const struct pgb_sparse *table)
{
	return (size_t)1 << (PGB_ADDRESS_BITS - table->page_shift - PGB_SPARSE_SHIFT);
}

/* The leaf of page number `page`, or NULL. */
static inline void *pgb_sparse_leaf(const struct pgb_sparse *table, uintptr_t page)
{
	uintptr_t i = page >> PGB_SPARSE_SHIFT;

	return i < pgb_sparse_entries(table) ? (void *)AO_load_acquire(&table->directory[i])
					     : NULL;
}

#endif

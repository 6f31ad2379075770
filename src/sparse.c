/* SPDX-License-Identifier: MIT */
/* sparse.c - a table of the address space, in sparse memory. */
#include "sparse.h"

#include <errno.h>

int pgb_sparse_init(struct pgb_sparse *table, size_t leaf_bytes)
{
	table->page_shift = (unsigned)__builtin_ctzl(pgb_page_size());
	table->leaf_bytes = leaf_bytes;
	table->first = pgb_sparse_entries(table);
	table->last = 0;
	table->directory = pgb_memory_map(pgb_sparse_entries(table) * sizeof(AO_t));
	return table->directory ? 0 : -ENOMEM;
}

void pgb_sparse_destroy(struct pgb_sparse *table)
{
	if (!table->directory)
		return;
	for (size_t i = table->first; i <= table->last; i++)
		pgb_memory_unmap((void *)table->directory[i], table->leaf_bytes);
	pgb_memory_unmap(table->directory, pgb_sparse_entries(table) * sizeof(AO_t));
	table->directory = NULL;
}

int pgb_sparse_reserve(struct pgb_sparse *table, uintptr_t start, uintptr_t end)
{
	uintptr_t first = start >> table->page_shift >> PGB_SPARSE_SHIFT;
	uintptr_t last = (end - 1) >> table->page_shift >> PGB_SPARSE_SHIFT;

	if (last >= pgb_sparse_entries(table))
		return -EINVAL;
	for (uintptr_t i = first; i <= last; i++) {
		void *leaf;

		if (table->directory[i])
			continue;
		leaf = pgb_memory_map(table->leaf_bytes);
		if (!leaf)
			return -ENOMEM;
		if (i < table->first)
			table->first = i;
		if (i > table->last)
			table->last = i;
		AO_store_release(&table->directory[i], (AO_t)leaf);
	}
	return 0;
}

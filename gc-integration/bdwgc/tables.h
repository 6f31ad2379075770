/* SPDX-License-Identifier: MIT */
/*
 * tables.h - libgc's own tables, kept together and on huge pages.
 *
 * libgc has a header with the mark bytes for each block of the heap, and looks it up for
 * each pointer that it marks from.  These headers are a twelfth of the heap, in pieces that
 * it maps one at a time; with pages of 4 KiB nearly every look misses the TLB.
 *
 * libgc calls these with its allocation lock held, or before it has threads.
 */
#ifndef PGB_BDWGC_TABLES_H
#define PGB_BDWGC_TABLES_H

#include <stddef.h>
#include <stdint.h>

/*
 * -ENOMEM.  Without this tables_give() gives nothing.  `follow` is called for what it will
 * give, some at a time, and may fail.
 */
int tables_init(int (*follow)(uintptr_t start, uintptr_t end));

/*
 * Memory for a mapping of `length` bytes that libgc asks for, if that is likely to be for
 * tables: followed already, and libgc may do with it what it may with one of its own.
 * NULL: that is to be made.
 */
void *tables_give(size_t length);

#endif

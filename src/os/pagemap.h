/* SPDX-License-Identifier: MIT */
/*
 * pagemap.h - /proc/self/pagemap and its PAGEMAP_SCAN (Linux 6.7).
 *
 * Everything returns a negative errno on failure.  World-stopped safe.
 */
#ifndef PGB_OS_PAGEMAP_H
#define PGB_OS_PAGEMAP_H

#include <stddef.h>
#include <stdint.h>

#include "os/uapi.h"

/* Belongs to the memory of the process that opened it, in a child of fork(2) too. */
int pgb_pagemap_open(void);

/*
 * Take the written pages of [*start, end) and write-protect them again, atomically
 * for each page.  Returns how many regions were filled in; *start moves to where the
 * scan has to go on, or to `end` when it is finished.  On an error nothing is known of
 * [*start, end): pages may have been protected that no region tells of.
 */
int pgb_pagemap_take_written(int pagemap, uintptr_t *start, uintptr_t end,
			     struct page_region *regions, size_t count);

/*
 * The same, but only look, and at memory without WP_ASYNC too: written is what is not
 * write-protected, of memory that is registered with a userfaultfd.  Whether it is has to
 * be known.  An error has changed nothing; -ENOTTY: before 6.7.
 */
int pgb_pagemap_find_written(int pagemap, uintptr_t *start, uintptr_t end,
			     struct page_region *regions, size_t count);

/*
 * No more regions than this in one call: for a larger vector the kernel gets more memory
 * than its allocator has at hand, which takes longer than a scan of 1 MiB (6.18).
 */
#define PGB_PAGEMAP_REGIONS 256

/* Bits of an entry.  Documentation/admin-guide/mm/pagemap.rst */
#define PGB_PAGEMAP_SOFT_DIRTY ((uint64_t)1 << 55)
#define PGB_PAGEMAP_UFFD_WP    ((uint64_t)1 << 57) /* 5.14 */
#define PGB_PAGEMAP_SWAPPED    ((uint64_t)1 << 62)
#define PGB_PAGEMAP_PRESENT    ((uint64_t)1 << 63)

/* The entries of `count` pages from `start` on, all of them. */
int pgb_pagemap_read(int pagemap, uintptr_t start, uint64_t *entries, size_t count);

#endif

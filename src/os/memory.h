/* SPDX-License-Identifier: MIT */
/*
 * memory.h - memory of our own, straight from the kernel.
 *
 * Not malloc: a harvest may not allocate, a collector may have replaced malloc, and
 * libgc scans .data and .bss but not mappings that it did not make.
 */
#ifndef PGB_OS_MEMORY_H
#define PGB_OS_MEMORY_H

#include <stdbool.h>
#include <atomic_ops.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of an address that a page of memory can have, unless mmap was given a hint. */
#define PGB_ADDRESS_BITS 48

size_t pgb_page_size(void);

/* Zeroed, page-aligned, untouched and not reserved.  NULL: the kernel has none. */
void *pgb_memory_map(size_t size);
void pgb_memory_unmap(void *memory, size_t size);

/*
 * As pgb_memory_map(), of whole huge pages of `huge` bytes, and in them if the kernel has
 * them at the first touch.
 */
void *pgb_memory_map_huge(size_t size, size_t huge);

/*
 * As pgb_memory_map(), and all zeros again in a child of fork(2).  That is how a child
 * is told from its parent: process ids repeat across namespaces, zeros do not lie.
 */
void *pgb_memory_map_wiped_on_fork(size_t size);

/*
 * Protect [start, end), any memory of this process, with PROT_*.  0 or a negative errno:
 * then part of it may have been protected, up to a hole or to a mapping too many.
 * Signal and world-stopped safe.
 */
int pgb_memory_protect(uintptr_t start, uintptr_t end, int protection);

/* Have what is at `memory` be at `to` instead, whatever is there.  0 or a negative errno.
 */
int pgb_memory_relocate(void *memory, size_t size, uintptr_t to);

/*
 * The same at *where, for all of the process and for ever, unless it is there already.
 * -ENOMEM
 */
int pgb_memory_map_once_wiped_on_fork(AO_t *where, size_t size);

/*
 * Have every page of [start, end) there to be read.
 *
 * -EFAULT  to read it raises SIGBUS.
 * -ENOMEM  not all of it is mapped, or there is no memory.
 * -EINVAL  not all of it may be read; or it is before Linux 5.14, see below.
 */
int pgb_memory_populate(uintptr_t start, uintptr_t end);
bool pgb_memory_can_populate(void);

/*
 * Give the content of [start, end), any memory of this process, back: private anonymous
 * memory reads as zeros; that of a shared file is only taken out of the page table.
 * -ENOMEM  not all of it is mapped.
 */
int pgb_memory_discard(uintptr_t start, uintptr_t end);

#endif

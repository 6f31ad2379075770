/* SPDX-License-Identifier: MIT */
/* peek.h - read memory that may not be there. */
#ifndef PGB_OS_PEEK_H
#define PGB_OS_PEEK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Copy what lies from `start` on, up to `size` bytes, to `buffer`.  Returns how many bytes
 * could be read before the first page that cannot be (unmapped, PROT_NONE), which may be 0;
 * a negative errno if there is no reading at all: -ENOSYS from a kernel without
 * process_vm_readv(2), what a filter answers instead of it.  World-stopped safe.
 */
ssize_t pgb_peek(uintptr_t start, void *buffer, size_t size);

#endif

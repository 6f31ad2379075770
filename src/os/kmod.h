/* SPDX-License-Identifier: MIT */
/*
 * kmod.h - /dev/pgbarrier, the device of the kernel module.
 *
 * include/linux/pgbarrier.h says what each call does; all give 0 or a negative errno, and
 * make a call again that a signal interrupted.  `region` is the one that a descriptor has
 * to be still, or the call fails with -EBADF.  World-stopped safe.
 */
#ifndef PGB_OS_KMOD_H
#define PGB_OS_KMOD_H

#include <linux/pgbarrier.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor, of no region yet, or a negative errno. */
int pgb_kmod_open(void);

int pgb_kmod_info(int fd, struct pgbarrier_info *info);

/* The number of the region that `fd` is now; 0: it is none. */
uint64_t pgb_kmod_region(int fd);

/* Both make `fd` a region, and say how large its bitmap is. */
int pgb_kmod_create(int fd, enum pgbarrier_mode mode, size_t size, size_t *bitmap_bytes);
int pgb_kmod_clone_held(int fd, int source, uint64_t region, size_t *bitmap_bytes);

int pgb_kmod_release(int fd);

/* Have the kernel answer the faults of the region by itself. */
int pgb_kmod_answer_faults(int fd);

/* `dirty`: how many pages are set in the bitmap now. */
int pgb_kmod_harvest(int fd, uint64_t region, size_t offset, size_t length,
		     uint64_t *dirty);
int pgb_kmod_discard(int fd, uint64_t region, size_t offset, size_t length);

/*
 * Map the pages of a region, or its bitmap for reading: at `at`, over whatever is there, or
 * where there is room if that is 0.  The address, or 0 with errno set.
 */
uintptr_t pgb_kmod_map(int fd, uintptr_t at, size_t size);
uintptr_t pgb_kmod_map_bitmap(int fd, uintptr_t at, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * kmod_region.h - memory of the kernel module's that is mapped here.
 *
 * A region is one open file of the device.  Its mappings are not inherited by a child of
 * fork(2), which would have to share the parent's pages.  So the parent leaves the child a
 * copy: before the fork a clone of the region, which holds its threads still, or, where
 * there is none to be had, private memory, of which no write will be noticed.
 *
 * Harvests look for the region of an address without a lock, while others come and go.
 */
#ifndef PGB_BACKEND_KMOD_REGION_H
#define PGB_BACKEND_KMOD_REGION_H

#include <atomic_ops.h>
#include <linux/pgbarrier.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/descriptor.h"
#include "pagebits.h"

struct pgb_kmod_region {
	AO_t start, end; /* start is written last, and cleared first; 0: none is here */
	enum pgbarrier_mode mode;
	struct pgb_descriptor file;
	uint64_t number; /* the module's, of the file; all of its files have one inode */
	uintptr_t bitmap;
	size_t bitmap_bytes;
	int lost;      /* negative errno: why there is no file; all is dirty */
	bool is_plain; /* private anonymous memory instead, which children inherit */
	/* What a child is to have, while this process forks. */
	struct {
		int fd; /* of a clone; or a negative errno, why there is none */
		size_t bitmap_bytes;
		void *copy; /* in its place; NULL: none */
	} legacy;
};

/* Its extent at one moment; false: there is none. */
bool pgb_kmod_region_extent(const struct pgb_kmod_region *region, uintptr_t *start,
			    uintptr_t *end);

/* Into `region`, which is empty: `size` bytes.  0 or a negative errno. */
int pgb_kmod_region_create(struct pgb_kmod_region *region, enum pgbarrier_mode mode,
			   size_t size);
void pgb_kmod_region_destroy(struct pgb_kmod_region *region);

/* It has become somebody else's: leave its addresses alone. */
void pgb_kmod_region_abandon(struct pgb_kmod_region *region);

/* Does the module keep account of it? */
bool pgb_kmod_region_is_whole(const struct pgb_kmod_region *region);

/*
 * Set what was written of [start, end), which is in the region, in `dirty`, and begin a new
 * cycle.  0, or a negative errno: there is no telling.  World-stopped safe.
 */
int pgb_kmod_region_harvest(const struct pgb_kmod_region *region, uintptr_t start,
			    uintptr_t end, const struct pgb_pagebits *dirty);

/* Have it read as zeros.  World-stopped safe. */
int pgb_kmod_region_discard(const struct pgb_kmod_region *region, uintptr_t start,
			    uintptr_t end);

/*
 * Around a fork(2): before, and after it in the parent and in the child.  In between,
 * threads that touch the region wait; so the caller does not.  `used`: the pages that are
 * in use.
 */
void pgb_kmod_region_bequeath(struct pgb_kmod_region *region,
			      const struct pgb_pagebits *used);
void pgb_kmod_region_keep(struct pgb_kmod_region *region);
void pgb_kmod_region_inherit(struct pgb_kmod_region *region);

#endif

// SPDX-License-Identifier: GPL-2.0
/* How a region begins and ends. */
#include "region.h"

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "faults.h"
#include "filesystem.h"
#include "log.h"
#include "planted.h"

#define BITMAP_FLAGS (GFP_KERNEL_ACCOUNT | __GFP_ZERO)

struct pgb_region *pgb_region_new(struct file *file)
{
	struct pgb_region *region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);

	if (!region)
		return ERR_PTR(-ENOMEM);
	region->inode = pgb_inode_new();
	if (IS_ERR(region->inode)) {
		int err = PTR_ERR(region->inode);

		kfree(region);
		return ERR_PTR(err);
	}
	region->inode->i_private = region;
	region->inode->i_mapping->a_ops = &pgb_address_space_operations;
	region->file = file;
	xa_init_flags(&region->pages, XA_FLAGS_ACCOUNT);
	mutex_init(&region->lock);
	init_waitqueue_head(&region->stopped);
	return region;
}

static void free_tables(struct pgb_region *region)
{
	pgb_faults_free(region->faults);
	region->faults = NULL;
	kvfree(region->live);
	if (!pgb_planted(PGB_LEAK)) {
		kvfree(region->late);
		vfree(region->harvested);
	}
	region->live = NULL;
	region->late = NULL;
	region->harvested = NULL;
}

void pgb_region_undo_setup(struct pgb_region *region)
{
	pgb_pages_free(region);
	free_tables(region);
	pgb_user_uncharge(region->user, (u64)region->npages << PAGE_SHIFT);
}

/*
 * Every mapping, fault fd and clone has held the file: nothing faults any more.  But a page may
 * be dirtied, and logged, as long as it is the region's: direct I/O comes back when it likes.
 */
void pgb_region_free(struct pgb_region *region)
{
	pgb_clone_release(region);
	if (pgb_region_is_ready(region))
		pgb_region_undo_setup(region);
	pgb_log_free(region->log);
	pgb_inode_free(region->inode);
	kfree(region);
	if (pgb_planted(PGB_USE_AFTER_FREE))
		atomic_set(&region->cycle, 1);
}

/* A region is made once, by one caller. */
int pgb_region_begin_setup(struct pgb_region *region)
{
	return atomic_cmpxchg(&region->state, PGB_NEW, PGB_SETTING_UP) == PGB_NEW ? 0 : -EBUSY;
}

void pgb_region_end_setup(struct pgb_region *region, int err)
{
	atomic_set_release(&region->state, err ? PGB_NEW : PGB_READY);
}

static bool can_stop(u32 mode, u32 flags)
{
	return mode == PGBARRIER_MODE_SYNC || flags & PGBARRIER_CREATE_ABSENT;
}

static atomic64_t last_id;

static int allocate_tables(struct pgb_region *region)
{
	size_t bytes = PAGE_ALIGN(BITS_TO_LONGS(region->npages) * sizeof(long));

	region->bitmap_bytes = bytes;
	region->live = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	region->late = kvzalloc(bytes, GFP_KERNEL_ACCOUNT);
	/* Single pages, which can be mapped.  vmalloc_user() would not charge them. */
	region->harvested = __vmalloc(bytes, BITMAP_FLAGS);
	if (!region->live || !region->late || !region->harvested)
		return -ENOMEM;
	if (can_stop(region->mode, region->flags))
		region->faults = pgb_faults_new(bytes);
	return PTR_ERR_OR_ZERO(region->faults);
}

/**
 * pgb_region_setup - give a region its limits and tables
 * @region: between pgb_region_begin_setup() and pgb_region_end_setup()
 * @mode: enum pgbarrier_mode
 * @flags: PGBARRIER_CREATE_*
 * @size: in bytes
 *
 * Return: 0, or an errno of PGBARRIER_IOC_CREATE, and nothing is left behind.
 */
int pgb_region_setup(struct pgb_region *region, u32 mode, u32 flags, u64 size)
{
	struct pgb_user *user;
	int err;

	/* As userfaultfd(2): whoever can stop the kernel at will can win its races. */
	if (can_stop(mode, flags) && !(flags & PGBARRIER_CREATE_USER_FAULTS) &&
	    !capable(CAP_SYS_PTRACE))
		return -EPERM;
	if (size > pgb_max_region())
		return -EFBIG;
	user = pgb_user_charge(size);
	if (IS_ERR(user))
		return PTR_ERR(user);
	region->user = user;
	region->npages = size >> PAGE_SHIFT;
	region->mode = mode;
	region->flags = flags;
	region->id = atomic64_inc_return(&last_id);
	err = allocate_tables(region);
	if (err) {
		if (IS_ERR(region->faults))
			region->faults = NULL;
		free_tables(region);
		pgb_user_uncharge(user, size);
	}
	return err;
}

int pgb_region_create(struct pgb_region *region, struct pgbarrier_create *create)
{
	int err;

	if (create->abi != PGBARRIER_ABI || create->mode > PGBARRIER_MODE_SYNC ||
	    create->flags & ~(PGBARRIER_CREATE_ABSENT | PGBARRIER_CREATE_USER_FAULTS) ||
	    !create->size || create->size & ~PAGE_MASK)
		return -EINVAL;
	err = pgb_region_begin_setup(region);
	if (err)
		return err;
	err = pgb_region_setup(region, create->mode, create->flags, create->size);
	create->page_shift = PAGE_SHIFT;
	create->bitmap_bytes = region->bitmap_bytes;
	pgb_region_end_setup(region, err);
	return err;
}

/* The pages of a range that a user gave; -EINVAL. */
int pgb_region_range(const struct pgb_region *region, u64 start, u64 len, pgoff_t *first,
		     pgoff_t *count)
{
	u64 size = (u64)region->npages << PAGE_SHIFT;

	if ((start | len) & ~PAGE_MASK || !len || start >= size || len > size - start)
		return -EINVAL;
	*first = start >> PAGE_SHIFT;
	*count = len >> PAGE_SHIFT;
	return 0;
}

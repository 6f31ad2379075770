// SPDX-License-Identifier: GPL-2.0
/*
 * A region that begins as a copy of another.
 *
 * Pages are copied at once.  To share them until one side writes, a page would need two regions:
 * folio->mapping, by which a dirty page finds its account, is one.
 */
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>

#include "compat.h"
#include "planted.h"
#include "region.h"

/*
 * Wait for the faults that this process has in hand: one that has not looked at ->held may still
 * map its page, long after.  Processes that it shares the region with are not waited for.
 */
static int drain_faults(const struct pgb_region *source)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct vma_iterator vmas;

	vma_iter_init(&vmas, mm, 0);
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	for_each_vma(vmas, vma)
		if (vma->vm_file && vma->vm_file == source->file)
			vma_start_write(vma);
	mmap_write_unlock(mm);
	return 0;
}

static void let_go(struct pgb_region *source)
{
	if (pgb_planted(PGB_NO_HOLD))
		return;
	atomic_dec(&source->held);
	wake_up_all(&source->stopped);
}

/* From here on no access from user mode comes through. */
static int hold_still(struct pgb_region *source)
{
	int err;

	if (pgb_planted(PGB_NO_HOLD))
		return 0;
	atomic_inc(&source->held);
	/* Held, now look at the pages; pairs with region_fault(). */
	smp_mb__after_atomic();
	err = drain_faults(source);
	if (err)
		let_go(source);
	else
		unmap_mapping_pages(source->inode->i_mapping, 0, source->npages, false);
	return err;
}

static int copy_one(struct pgb_region *region, struct folio *from, bool hold)
{
	struct folio *to;
	int err;

	if (PageHWPoison(folio_page(from, 0)))
		return -EHWPOISON;
	to = pgb_page_alloc(region, from->index, 0);
	if (!to)
		return -ENOMEM;
	folio_lock(from);
	if (hold && folio_mapped(from))
		unmap_mapping_pages(from->mapping, from->index, 1, false);
	copy_highpage(folio_page(to, 0), folio_page(from, 0));
	folio_unlock(from);
	err = pgb_page_insert(region, to);
	if (err)
		pgb_page_free(to);
	else
		set_bit(from->index, region->late);
	return err;
}

/* source->lock keeps pages from being discarded. */
static int copy_pages(struct pgb_region *region, struct pgb_region *source, bool hold, u64 *copied)
{
	struct folio *folio;
	unsigned long index;
	int err = 0;

	xa_for_each(&source->pages, index, folio) {
		err = signal_pending(current) ? -EINTR : copy_one(region, folio, hold);
		if (err)
			break;
		++*copied;
		cond_resched();
	}
	return err;
}

static int copy_region(struct pgb_region *region, struct pgb_region *source, bool hold,
		       u64 *copied)
{
	int err;

	err = hold ? hold_still(source) : 0;
	if (err)
		return err;
	err = mutex_lock_interruptible(&source->lock) ? -EINTR : 0;
	if (!err) {
		err = copy_pages(region, source, hold, copied);
		mutex_unlock(&source->lock);
	}
	if (err && hold)
		let_go(source);
	return err;
}

static int make_clone(struct pgb_region *region, struct file *file, struct pgbarrier_clone *clone)
{
	struct pgb_region *source = file->private_data;
	bool hold = clone->flags & PGBARRIER_CLONE_HOLD;
	int err;

	err = pgb_region_setup(region, source->mode, source->flags,
			       (u64)source->npages << PAGE_SHIFT);
	if (err)
		return err;
	err = copy_region(region, source, hold, &clone->copied);
	if (err) {
		pgb_region_undo_setup(region);
		return err;
	}
	if (hold)
		region->holds = get_file(file);
	clone->bitmap_bytes = region->bitmap_bytes;
	return 0;
}

int pgb_clone(struct pgb_region *region, struct pgbarrier_clone *clone)
{
	struct file *file;
	int err = -EINVAL;

	clone->copied = 0;
	if (clone->flags & ~PGBARRIER_CLONE_HOLD)
		return -EINVAL;
	file = fget(clone->source);
	if (!file)
		return -EINVAL;
	if (file->f_op != &pgb_device_operations || !pgb_region_is_ready(file->private_data))
		goto out;
	err = pgb_region_check(file->private_data, clone->region) ?:
	      pgb_region_begin_setup(region);
	if (err)
		goto out;
	err = make_clone(region, file, clone);
	pgb_region_end_setup(region, err);
out:
	fput(file);
	return err;
}

/* -ENOENT: this clone holds nothing. */
int pgb_clone_release(struct pgb_region *region)
{
	struct file *file = xchg(&region->holds, NULL);

	if (!file)
		return -ENOENT;
	let_go(file->private_data);
	fput(file);
	return 0;
}

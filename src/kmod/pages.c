// SPDX-License-Identifier: GPL-2.0
/* The pages of a region: found, filled, dropped. */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "faults.h"
#include "log.h"
#include "planted.h"
#include "region.h"

/* It is in the next harvest, and in the log. */
void pgb_page_note_late(struct pgb_region *region, pgoff_t index)
{
	if (!test_bit(index, region->late) && !test_and_set_bit(index, region->late))
		pgb_log_late(region, index);
}

/*
 * What becomes dirty without a fault of ours comes by here: a dirty page table entry that is
 * zapped, a page that somebody unpins.  PG_dirty is never set, since callers would skip this if
 * it were.  It must not set a bit in ->live, which in PGBARRIER_MODE_SYNC means acknowledged.
 * The caller keeps folio->mapping from changing.
 */
static bool dirty_folio(struct address_space *mapping, struct folio *folio)
{
	struct pgb_region *region = mapping->host->i_private;
	pgoff_t index = folio->index;

	if (pgb_planted(PGB_NO_DIRTY_FOLIO))
		return false;
	pgb_page_note_late(region, index);
	pgb_test_spin();
	return false;
}

const struct address_space_operations pgb_address_space_operations = {
	.dirty_folio = dirty_folio,
};

/* With a reference; NULL: there is none. */
struct folio *pgb_page_get(struct pgb_region *region, pgoff_t index)
{
	struct folio *folio;

	rcu_read_lock();
	while ((folio = xa_load(&region->pages, index))) {
		if (!folio_try_get(folio))
			continue;
		/* It may have been freed before, and be somebody else's. */
		if (folio == xa_load(&region->pages, index))
			break;
		folio_put(folio);
	}
	rcu_read_unlock();
	return folio;
}

/* Locked too, so that it stays the region's. */
struct folio *pgb_page_get_locked(struct pgb_region *region, pgoff_t index)
{
	struct folio *folio;

	while ((folio = pgb_page_get(region, index))) {
		folio_lock(folio);
		if (folio->mapping)
			break;
		folio_unlock(folio);
		folio_put(folio);
	}
	return folio;
}

/* Charged to the memory cgroup of whoever needs it. */
struct folio *pgb_page_alloc(struct pgb_region *region, pgoff_t index, gfp_t zero)
{
	struct folio *folio = folio_alloc(GFP_HIGHUSER | __GFP_ACCOUNT | zero, 0);

	if (folio) {
		folio->mapping = region->inode->i_mapping;
		folio->index = index;
	}
	return folio;
}

/* Takes the reference over.  -EEXIST, -ENOMEM: the caller still has it. */
int pgb_page_insert(struct pgb_region *region, struct folio *folio)
{
	int err = xa_insert(&region->pages, folio->index, folio, GFP_KERNEL_ACCOUNT);

	return err == -EBUSY ? -EEXIST : err;
}

/* Somebody may have it pinned still, and dirty it when he is done. */
void pgb_page_free(struct folio *folio)
{
	folio_lock(folio);
	folio->mapping = NULL;
	folio_unlock(folio);
	folio_put(folio);
}

/* Nothing maps them any more. */
void pgb_pages_free(struct pgb_region *region)
{
	struct folio *folio;
	unsigned long index;

	xa_for_each(&region->pages, index, folio) {
		pgb_page_free(folio);
		cond_resched();
	}
	xa_destroy(&region->pages);
}

/* A fault that had found it before it was unmapped may have mapped it again. */
static void discard_page(struct pgb_region *region, struct folio *folio)
{
	pgoff_t index = folio->index;

	folio_lock(folio);
	xa_erase(&region->pages, index);
	if (folio_mapped(folio))
		unmap_mapping_pages(region->inode->i_mapping, index, 1, false);
	folio->mapping = NULL;
	folio_unlock(folio);
	folio_put(folio);
	pgb_page_note_late(region, index);
}

int pgb_pages_discard(struct pgb_region *region, struct pgbarrier_range *range)
{
	pgoff_t first, count;
	struct folio *folio;
	unsigned long index;
	int err;

	if (range->flags || range->reserved)
		return -EINVAL;
	err = pgb_region_check(region, range->region) ?:
	      pgb_region_range(region, range->start, range->len, &first, &count);
	if (err)
		return err;
	if (mutex_lock_interruptible(&region->lock))
		return -EINTR;
	unmap_mapping_pages(region->inode->i_mapping, first, count, false);
	xa_for_each_range(&region->pages, index, folio, first, first + count - 1) {
		if (signal_pending(current)) {
			err = -EINTR;
			break;
		}
		discard_page(region, folio);
		cond_resched();
	}
	pgb_faults_ask_again(region);
	mutex_unlock(&region->lock);
	return err;
}

/* No lock is held: this memory may be a region's as well, and absent. */
static int fill_page(struct folio *folio, u64 source)
{
	unsigned long left;
	void *kernel;

	kernel = kmap_local_folio(folio, 0);
	left = copy_from_user(kernel, u64_to_user_ptr(source), PAGE_SIZE);
	kunmap_local(kernel);
	flush_dcache_folio(folio);
	return left ? -EFAULT : 0;
}

static int copy_page_in(struct pgb_region *region, pgoff_t index, u64 source)
{
	struct folio *folio = pgb_page_alloc(region, index, source ? 0 : __GFP_ZERO);
	int err = 0;

	if (!folio)
		return -ENOMEM;
	if (source)
		err = fill_page(folio, source);
	if (!err)
		err = pgb_page_insert(region, folio);
	if (err)
		pgb_page_free(folio);
	else if (!(region->flags & PGBARRIER_CREATE_ABSENT))
		pgb_page_note_late(region, index); /* from zeros */
	return err;
}

int pgb_pages_copy(struct pgb_region *region, struct pgbarrier_copy *copy)
{
	pgoff_t first, count, done = 0;
	int err;

	copy->copied = 0;
	if (copy->flags || copy->reserved)
		return -EINVAL;
	err = pgb_region_range(region, copy->dst, copy->len, &first, &count);
	for (; !err && done < count; done++) {
		u64 source = copy->src ? copy->src + ((u64)done << PAGE_SHIFT) : 0;

		err = signal_pending(current) ? -EINTR :
		      copy_page_in(region, first + done, source);
		if (err)
			break;
		cond_resched();
	}
	copy->copied = (u64)done << PAGE_SHIFT;
	wake_up_all(&region->stopped);
	return err;
}

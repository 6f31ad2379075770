// SPDX-License-Identifier: GPL-2.0
/*
 * Which pages were written, and a new cycle for them.
 *
 * What is known of a write is in three places, and goes from one to the next: a fault sets ->live
 * before the page table entry becomes writable; the processor sets the entry's dirty bit; who
 * zaps a dirty entry sets ->late.  A harvest looks in that order, so that nothing gets past it.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>
#include <linux/slab.h>

#include "compat.h"
#include "faults.h"
#include "planted.h"
#include "region.h"

/*
 * Moves what is set of a range into ->harvested; was there anything?  Taking is a full barrier: a
 * fault that looks at ->live later finds it clear.
 */
static bool take(struct pgb_region *region, unsigned long *from, pgoff_t first, pgoff_t count)
{
	pgoff_t last = first + count - 1, word;
	bool found = false;

	for (word = BIT_WORD(first); word <= BIT_WORD(last); word++) {
		unsigned long mask = pgb_word_mask(word, first, last), bits = 0;
		unsigned long *to = &region->harvested[word];

		if (READ_ONCE(from[word]) & mask)
			bits = atomic_long_fetch_andnot(mask, (atomic_long_t *)&from[word]) & mask;
		if (bits) {
			WRITE_ONCE(*to, *to | bits);
			found = true;
		}
		if (!(word % 4096))
			cond_resched();
	}
	return found;
}

static u64 count_found(const struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	pgoff_t last = first + count - 1, word;
	u64 found = 0;

	for (word = BIT_WORD(first); word <= BIT_WORD(last); word++) {
		found += hweight_long(region->harvested[word] & pgb_word_mask(word, first, last));
		if (!(word % 4096))
			cond_resched();
	}
	return found;
}

typedef void look_at_page(struct pgb_region *region, struct folio *folio, struct xa_state *xas);

/* Pages are removed with the lock held alone: there is no need for references. */
static __always_inline void look_at_range(struct pgb_region *region, pgoff_t first, pgoff_t end,
					  look_at_page *look)
{
	struct folio *folio;
	XA_STATE(xas, &region->pages, first);

	lockdep_assert_held(&region->lock);
	rcu_read_lock();
	xas_for_each(&xas, folio, end - 1) {
		if (xas_retry(&xas, folio))
			continue;
		look(region, folio, &xas);
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
}

/* Of those in ->harvested. */
static __always_inline void look_at_found(struct pgb_region *region, pgoff_t first, pgoff_t end,
					  look_at_page *look)
{
	pgoff_t run_end;

	while ((first = find_next_bit(region->harvested, end, first)) < end) {
		run_end = find_next_zero_bit(region->harvested, end, first);
		look_at_range(region, first, run_end, look);
		first = run_end;
	}
}

static void wait_if_locked(struct pgb_region *region, struct folio *folio, struct xa_state *xas)
	__must_hold(RCU)
{
	if (!folio_test_locked(folio))
		return;
	xas_pause(xas);
	rcu_read_unlock();
	folio_wait_locked(folio);
	rcu_read_lock();
}

/*
 * A bit of ->live may be that of a fault which has yet to make its entry writable.  It has the
 * page locked, and must be over before entries are write-protected, or the page would stay
 * writable and not be reported again.
 */
static void wait_for_faults(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	if (!pgb_planted(PGB_NO_PAGE_WAIT))
		look_at_found(region, first, first + count, wait_if_locked);
}

static void take_live(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	take(region, region->live, first, count);
	wait_for_faults(region, first, count);
}

#if IS_ENABLED(CONFIG_MAPPING_DIRTY_HELPERS)
static bool zap;
module_param(zap, bool, 0644);
MODULE_PARM_DESC(zap, "harvest by dropping page table entries, as without the kernel's helpers");

bool pgb_harvest_zaps(void)
{
	return READ_ONCE(zap);
}

static unsigned long clean_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	unsigned long *bitmap = region->harvested, changed;
	pgoff_t begin = 0, end = 0;

	if (pgb_planted(PGB_NO_CLEAN))
		return 0;
	if (pgb_planted(PGB_NO_DIRTY_ENTRIES))
		bitmap = kvzalloc(region->bitmap_bytes, GFP_KERNEL | __GFP_NOFAIL);
	changed = clean_record_shared_mapping_range(region->inode->i_mapping, first, count, 0,
						    bitmap, &begin, &end);
	if (bitmap != region->harvested)
		kvfree(bitmap);
	return changed;
}

static unsigned long protect_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	return wp_shared_mapping_range(region->inode->i_mapping, first, count);
}

static unsigned long take_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	unsigned long changed = 0;

	if (region->mode == PGBARRIER_MODE_DIRTY)
		return clean_entries(region, first, count);
	if (pgb_planted(PGB_PROTECT_FIRST)) {
		changed = protect_entries(region, first, count);
		pgb_test_delay();
	}
	take_live(region, first, count);
	if (!pgb_planted(PGB_PROTECT_FIRST))
		changed = protect_entries(region, first, count);
	/*
	 * mprotect(2) and NUMA hinting make an entry that is dirty writable without asking us,
	 * see can_change_pte_writable(): none may stay so.  And whatever has let an entry become
	 * writable, a write through it has made it dirty.
	 */
	clean_entries(region, first, count);
	/* Between the two it may have happened once more; the next write has to fault still. */
	if (pgb_region_must_fault(region) &&
	    (protect_entries(region, first, count) | clean_entries(region, first, count)))
		unmap_mapping_pages(region->inode->i_mapping, first, count, false);
	return changed;
}
#else
bool pgb_harvest_zaps(void)
{
	return true;
}

static unsigned long take_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	return 0;
}
#endif

/*
 * Debian's cloud kernels have no helpers.  Whoever zaps an entry that is dirty sets ->late; the
 * price is a fault for the next access, a read too.
 */
static void drop_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	WRITE_ONCE(region->zapper, current);
	unmap_mapping_pages(region->inode->i_mapping, first, count, false);
	WRITE_ONCE(region->zapper, NULL);
}

static unsigned long walk_entries(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	if (!pgb_harvest_zaps())
		return take_entries(region, first, count);
	take_live(region, first, count);
	drop_entries(region, first, count);
	return 0;
}

static void note_if_pinned(struct pgb_region *region, struct folio *folio, struct xa_state *xas)
{
	if (pgb_folio_is_pinned(folio))
		pgb_page_note_late(region, xas->xa_index);
}

/* Who maps it tells, and who harvests is usually the same. */
static bool may_be_pinned(const struct pgb_region *region)
{
	return !pgb_planted(PGB_NO_PINS) &&
	       (READ_ONCE(region->is_shared) || READ_ONCE(region->mm) != current->mm ||
		pgb_may_have_pinned(current->mm));
}

/*
 * Who zaps a dirty entry sets ->late, then has the TLBs flushed, and then lets go of the page
 * table.  Until they are flushed threads still write to the page, without leaving a trace, and
 * without write faults that bit of ->late is all there will ever be of it.  So if any was taken,
 * wait until no such zap goes on: a walk takes the lock of each page table, and flushes itself
 * where others have yet to.
 */
static unsigned long wait_for_zaps(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	if (region->mode != PGBARRIER_MODE_DIRTY || pgb_planted(PGB_NO_ZAP_WAIT))
		return 0;
	return walk_entries(region, first, count);
}

/*
 * What a device writes through a pin changes no page table entry, and not everybody says at the
 * end that it was written to: io_uring does not.  So a page that is pinned is in this harvest and
 * in the next one, which goes on until one after the pin was dropped.  Where there are write
 * faults, it was in ->live when it was pinned, and so is among those that were found.  In
 * PGBARRIER_MODE_DIRTY an entry may be writable and clean when its page is pinned, so that all
 * pages have to be looked at.
 */
static unsigned long take_late(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	bool pins = may_be_pinned(region);
	unsigned long changed = 0;

	if (pins && region->mode == PGBARRIER_MODE_DIRTY)
		look_at_range(region, first, first + count, note_if_pinned);
	if (take(region, region->late, first, count))
		changed = wait_for_zaps(region, first, count);
	if (pins)
		look_at_found(region, first, first + count, note_if_pinned);
	return changed;
}

/**
 * pgb_harvest_pages - take what was written of a range into ->harvested, and protect it anew
 * @region: its lock is held
 * @first: page
 * @count: of pages, at least one
 * @result: what is found is added to its counters
 *
 * Whoever waits for an answer has to be told with pgb_faults_ask_again().
 */
void pgb_harvest_pages(struct pgb_region *region, pgoff_t first, pgoff_t count,
		       struct pgbarrier_harvest *result)
{
	lockdep_assert_held(&region->lock);
	bitmap_clear(region->harvested, first, count);
	result->nr_entries += walk_entries(region, first, count);
	pgb_test_delay();
	result->nr_entries += take_late(region, first, count);
	result->nr_dirty += count_found(region, first, count);
}

int pgb_harvest(struct pgb_region *region, struct pgbarrier_harvest *harvest)
{
	pgoff_t first, count;
	int err;

	if (harvest->flags || harvest->reserved)
		return -EINVAL;
	err = pgb_region_check(region, harvest->region) ?:
	      pgb_region_range(region, harvest->start, harvest->len, &first, &count);
	if (err)
		return err;
	harvest->nr_dirty = 0;
	harvest->nr_entries = 0;
	if (mutex_lock_interruptible(&region->lock))
		return -EINTR;
	if (pgb_planted(PGB_LOCK_INVERSION)) {
		mmap_read_lock(current->mm);
		mmap_read_unlock(current->mm);
	}
	pgb_harvest_pages(region, first, count, harvest);
	pgb_faults_ask_again(region);
	mutex_unlock(&region->lock);
	return 0;
}

/* Its caller was not told: what was found is in the next harvest as well. */
void pgb_harvest_undo(struct pgb_region *region, const struct pgbarrier_harvest *harvest)
{
	pgoff_t first, count, last, word;

	if (pgb_region_range(region, harvest->start, harvest->len, &first, &count))
		return;
	last = first + count - 1;
	mutex_lock(&region->lock);
	for (word = BIT_WORD(first); word <= BIT_WORD(last); word++) {
		atomic_long_or(region->harvested[word] & pgb_word_mask(word, first, last),
			       (atomic_long_t *)&region->late[word]);
		if (!(word % 4096))
			cond_resched();
	}
	mutex_unlock(&region->lock);
}

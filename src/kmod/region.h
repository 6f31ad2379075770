/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A region: pages, who wrote to them, and who is told.
 *
 * An open file of the device is one region.  Its pages are ours: neither on an LRU nor in a page
 * cache, so that nothing reclaims or migrates them behind a harvest's back.  Their ->mapping is
 * that of an inode of the region's own, since what write-protects, cleans and unmaps page table
 * entries acts on a whole address space.
 *
 * Lifetime: the file holds the region; mappings, fault fds and held clones hold the file.
 */
#ifndef PGBARRIER_REGION_H
#define PGBARRIER_REGION_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pgbarrier.h>
#include <linux/wait.h>
#include <linux/xarray.h>

struct pgb_faults;
struct pgb_log;
struct pgb_user;

enum pgb_state {
	PGB_NEW,
	PGB_SETTING_UP,
	PGB_READY,
};

struct pgb_region {
	struct inode *inode;
	struct file *file;		/* no reference; the other way round */
	atomic_t state;			/* enum pgb_state; what follows is fixed when READY */
	u64 id;				/* pgbarrier_info.region */
	u32 mode;
	u32 flags;
	pgoff_t npages;
	struct pgb_user *user;		/* who is charged for it */

	struct xarray pages;		/* struct folio *; removed under ->lock */
	struct mm_struct *mm;		/* who mapped it first; only to be compared */
	bool is_shared;			/* others have, too */

	/*
	 * A bit a page.  live: PGBARRIER_MODE_WP and _SYNC, written in this cycle, or in SYNC
	 * allowed to be.  late: dirtied in some other way, see pgb_dirty_folio().  Any bit of
	 * either is in the next harvest.  harvested: what the last harvest found, mapped by
	 * users; written under ->lock.
	 */
	unsigned long *live;
	unsigned long *late;
	unsigned long *harvested;
	size_t bitmap_bytes;
	atomic_t cycle;			/* see pgb_faults_ask_again() */

	/* One harvest, discard, reset or clone at a time.  No user memory is touched under it. */
	struct mutex lock;
	struct task_struct *zapper;	/* who harvests by zapping now; not to be followed */

	wait_queue_head_t stopped;	/* threads that wait for an answer, or while held */
	struct pgb_faults *faults;	/* where nothing can stop: NULL */
	struct pgb_log *log;		/* set once; store-release */

	atomic_t held;			/* clones that want it still */
	struct file *holds;		/* the region that this clone holds; xchg */
};

/* region.c */
struct pgb_region *pgb_region_new(struct file *file);
void pgb_region_free(struct pgb_region *region);
int pgb_region_begin_setup(struct pgb_region *region);
int pgb_region_setup(struct pgb_region *region, u32 mode, u32 flags, u64 size);
void pgb_region_end_setup(struct pgb_region *region, int err);
void pgb_region_undo_setup(struct pgb_region *region);
int pgb_region_create(struct pgb_region *region, struct pgbarrier_create *create);
int pgb_region_range(const struct pgb_region *region, u64 start, u64 len, pgoff_t *first,
		     pgoff_t *count);

/* Is a write that does not fault a loss, though the next harvest has it? */
static inline bool pgb_region_must_fault(const struct pgb_region *region)
{
	return region->mode == PGBARRIER_MODE_SYNC || READ_ONCE(region->log);
}

/* Of word @word of a bitmap, the bits of pages @first to @last. */
static inline unsigned long pgb_word_mask(pgoff_t word, pgoff_t first, pgoff_t last)
{
	unsigned long mask = ~0UL;

	if (word == BIT_WORD(first))
		mask &= BITMAP_FIRST_WORD_MASK(first);
	if (word == BIT_WORD(last))
		mask &= BITMAP_LAST_WORD_MASK(last + 1);
	return mask;
}

static inline bool pgb_region_is_ready(const struct pgb_region *region)
{
	return atomic_read_acquire(&region->state) == PGB_READY;
}

/* Is it the one that a caller means, who says 0 if he does not care? */
static inline int pgb_region_check(const struct pgb_region *region, u64 id)
{
	return id && id != region->id ? -ESTALE : 0;
}

/* pages.c */
struct folio *pgb_page_get(struct pgb_region *region, pgoff_t index);
struct folio *pgb_page_get_locked(struct pgb_region *region, pgoff_t index);
struct folio *pgb_page_alloc(struct pgb_region *region, pgoff_t index, gfp_t zero);
int pgb_page_insert(struct pgb_region *region, struct folio *folio);
void pgb_page_free(struct folio *folio);
void pgb_page_note_late(struct pgb_region *region, pgoff_t index);
void pgb_pages_free(struct pgb_region *region);
int pgb_pages_discard(struct pgb_region *region, struct pgbarrier_range *range);
int pgb_pages_copy(struct pgb_region *region, struct pgbarrier_copy *copy);
extern const struct address_space_operations pgb_address_space_operations;

/* mapping.c */
int pgb_mmap(struct file *file, struct vm_area_struct *vma);
int pgb_map_vmalloc(struct vm_area_struct *vma, void *memory, size_t bytes, pgoff_t offset);

/* harvest.c */
int pgb_harvest(struct pgb_region *region, struct pgbarrier_harvest *harvest);
void pgb_harvest_pages(struct pgb_region *region, pgoff_t first, pgoff_t count,
		       struct pgbarrier_harvest *result);
void pgb_harvest_undo(struct pgb_region *region, const struct pgbarrier_harvest *harvest);
bool pgb_harvest_zaps(void);

/* clone.c */
int pgb_clone(struct pgb_region *region, struct pgbarrier_clone *clone);
int pgb_clone_release(struct pgb_region *region);

/* main.c */
extern const struct file_operations pgb_device_operations;

/* user.c */
u64 pgb_max_region(void);
u64 pgb_max_user(void);
u64 pgb_user_used(void);
struct pgb_user *pgb_user_charge(u64 bytes);
void pgb_user_uncharge(struct pgb_user *user, u64 bytes);

#endif

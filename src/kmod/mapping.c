// SPDX-License-Identifier: GPL-2.0
/* Mappings of a region, and their page faults. */
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "faults.h"
#include "log.h"
#include "planted.h"
#include "region.h"

#define PGOFF_HARVEST (PGBARRIER_OFFSET_HARVEST >> PAGE_SHIFT)
#define PGOFF_LOG     (PGBARRIER_OFFSET_LOG >> PAGE_SHIFT)

static int add_zero_page(struct pgb_region *region, pgoff_t index)
{
	struct folio *folio = pgb_page_alloc(region, index, __GFP_ZERO);
	int err;

	if (!folio)
		return -ENOMEM;
	err = pgb_page_insert(region, folio);
	if (err)
		pgb_page_free(folio);
	return err == -EEXIST ? 0 : err;
}

/* The kernel's own accesses are not held, or anybody could stop it so. */
static bool must_hold(const struct vm_fault *vmf, const struct pgb_region *region)
{
	return vmf->flags & FAULT_FLAG_USER && atomic_read(&region->held);
}

static vm_fault_t give_back(struct folio *folio, vm_fault_t result)
{
	folio_unlock(folio);
	folio_put(folio);
	return result;
}

/*
 * The page stays locked until the core has put it into the page table, so that a discard and a
 * clone can wait for that.
 */
static vm_fault_t region_fault(struct vm_fault *vmf)
{
	struct pgb_region *region = vmf->vma->vm_private_data;
	pgoff_t index = vmf->pgoff;
	struct folio *folio;
	bool held, stopped;

	if (index >= region->npages)
		return VM_FAULT_SIGBUS;
	while (!(folio = pgb_page_get_locked(region, index))) {
		/* A core dump does without; whoever would fill it may be a thread that ended. */
		if (current->flags & PF_DUMPCORE)
			return VM_FAULT_SIGBUS;
		if (pgb_faults_must_stop(region, index, PGBARRIER_EVENT_ABSENT))
			return pgb_faults_stop(vmf, region, PGBARRIER_EVENT_ABSENT);
		if (add_zero_page(region, index))
			return VM_FAULT_OOM;
	}
	/* The core would evict it, as a page that a cache holds, and our reference with it. */
	if (PageHWPoison(folio_page(folio, 0)))
		return give_back(folio, VM_FAULT_HWPOISON);
	if (pgb_planted(PGB_LOCK_INVERSION)) {
		mutex_lock(&region->lock);
		mutex_unlock(&region->lock);
	}
	/* The page was inserted and locked, now look; pairs with hold_still(). */
	smp_mb();
	held = must_hold(vmf, region);
	stopped = pgb_faults_is_write(vmf, region) &&
		  pgb_faults_must_stop(region, index, PGBARRIER_EVENT_WRITE);
	if (held || stopped) {
		give_back(folio, 0);
		return held ? pgb_faults_stop_held(vmf, region) :
			      pgb_faults_stop(vmf, region, PGBARRIER_EVENT_WRITE);
	}
	vmf->page = folio_page(folio, 0);
	return VM_FAULT_LOCKED;
}

/* Without one, kernels since 6.7 take the lock of the whole address space for a fault. */
static vm_fault_t region_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	return 0;
}

/*
 * The first write to a page in a cycle.  The page stays locked until the core has made the entry
 * writable, so that a harvest can wait for that.  vmf->flags say nothing here, and the fault lock
 * must be kept: what has to stop is made ->fault's business, which can.
 */
static vm_fault_t region_page_mkwrite(struct vm_fault *vmf)
{
	struct pgb_region *region = vmf->vma->vm_private_data;
	struct folio *folio = page_folio(vmf->page);
	pgoff_t index = vmf->pgoff;

	folio_lock(folio);
	if (folio->mapping != region->inode->i_mapping) {
		folio_unlock(folio);
		return VM_FAULT_NOPAGE;
	}
	/* The page was locked, now look at ->live; pairs with wait_for_faults(). */
	smp_mb();
	if (test_bit(index, region->live))
		return VM_FAULT_LOCKED;
	if (pgb_faults_must_stop(region, index, PGBARRIER_EVENT_WRITE)) {
		folio_unlock(folio);
		pgb_faults_send_back(region, index);
		return VM_FAULT_NOPAGE;
	}
	/* The bit first: who finds the entry and resets it has to wait for this page. */
	set_bit(index, region->live);
	pgb_test_delay();
	pgb_log_write(region, index);
	return VM_FAULT_LOCKED;
}

/* Pins are noted by process, see may_be_pinned(). */
static void note_mm(struct pgb_region *region, struct mm_struct *mm)
{
	struct mm_struct *first = cmpxchg(&region->mm, NULL, mm);

	if (first && first != mm)
		WRITE_ONCE(region->is_shared, true);
}

/* A mapping is split or moved, or a child of fork(2) gets it after MADV_DOFORK. */
static void region_open(struct vm_area_struct *vma)
{
	note_mm(vma->vm_private_data, vma->vm_mm);
}

static const struct vm_operations_struct noticing_operations = {
	.open		= region_open,
	.fault		= region_fault,
	.map_pages	= region_map_pages,
	.page_mkwrite	= region_page_mkwrite,
};

/* No write faults: entries are writable and clean from the start. */
static const struct vm_operations_struct dirty_operations = {
	.open		= region_open,
	.fault		= region_fault,
	.map_pages	= region_map_pages,
};

static int map_region(struct pgb_region *region, struct vm_area_struct *vma)
{
	unsigned long count = vma_pages(vma);

	/*
	 * What is written to a private copy escapes us.  A harvest's walk ends at the first mapping
	 * that is not shared, or could never be written to; as all are of one file, none is.
	 */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (count > region->npages || vma->vm_pgoff > region->npages - count)
		return -ENXIO;
	vm_flags_mod(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTCOPY | VM_NOHUGEPAGE, 0);
	note_mm(region, vma->vm_mm);
	vma->vm_private_data = region;
	vma->vm_ops = region->mode == PGBARRIER_MODE_DIRTY ? &dirty_operations :
							     &noticing_operations;
	return 0;
}

/**
 * pgb_map_vmalloc - have users read memory of the kernel's
 * @vma: a new mapping of it, of @offset on
 * @memory: from __vmalloc()
 * @bytes: how much of it may be mapped
 * @offset: into it, in pages
 *
 * As remap_vmalloc_range(), which wants memory of vmalloc_user(), and that is not charged.
 *
 * Return: 0; -EPERM to write; -ENXIO outside of it; what vm_insert_page() says.
 */
int pgb_map_vmalloc(struct vm_area_struct *vma, void *memory, size_t bytes, pgoff_t offset)
{
	unsigned long pages = bytes >> PAGE_SHIFT, count = vma_pages(vma), i;
	int err = 0;

	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	if (count > pages || offset > pages - count)
		return -ENXIO;
	vm_flags_mod(vma, VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTCOPY, VM_MAYWRITE);
	for (i = 0; !err && i < count; i++)
		err = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT),
				     vmalloc_to_page(memory + ((offset + i) << PAGE_SHIFT)));
	return err;
}

int pgb_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pgb_region *region = file->private_data;

	if (!pgb_region_is_ready(region))
		return -ENXIO;
	if (vma->vm_pgoff >= PGOFF_LOG)
		return pgb_log_mmap(region, vma, vma->vm_pgoff - PGOFF_LOG);
	if (vma->vm_pgoff >= PGOFF_HARVEST)
		return pgb_map_vmalloc(vma, region->harvested, region->bitmap_bytes,
				       vma->vm_pgoff - PGOFF_HARVEST);
	return map_region(region, vma);
}

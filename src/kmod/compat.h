/* SPDX-License-Identifier: GPL-2.0 */
/* Where kernels from 6.1 on differ. */
#ifndef PGBARRIER_COMPAT_H
#define PGBARRIER_COMPAT_H

#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/version.h>

/* VMAs have locks of their own since 6.4; faults come here with one of those since 6.6. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
static inline void vma_start_write(struct vm_area_struct *vma)
{
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline void release_fault_lock(struct vm_fault *vmf)
{
	mmap_read_unlock(vmf->vma->vm_mm);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/*
 * May a process have pinned pages (FOLL_PIN)?  Before 6.5 direct I/O of every file system took
 * plain references, as some, over a network, still does.
 */
static inline bool pgb_may_have_pinned(struct mm_struct *mm)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return true;
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
	return test_bit(MMF_HAS_PINNED, &mm->flags);
#else
	return mm_flags_test(MMF_HAS_PINNED, mm);
#endif
}

/* One reference is the region's. */
static inline bool pgb_folio_is_pinned(struct folio *folio)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	if (folio_ref_count(folio) > page_mapcount(folio_page(folio, 0)) + 1)
		return true;
#endif
	return folio_maybe_dma_pinned(folio);
}

static inline void pgb_eventfd_signal(struct eventfd_ctx *eventfd)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(eventfd, 1);
#else
	eventfd_signal(eventfd);
#endif
}

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* First writes are answered by the kernel, which logs them in a ring. */
#ifndef PGBARRIER_LOG_H
#define PGBARRIER_LOG_H

#include "region.h"

int pgb_log_open(struct pgb_region *region, const struct pgbarrier_log *request);
int pgb_log_reset(struct pgb_region *region, struct pgbarrier_log_reset *reset);
int pgb_log_mmap(struct pgb_region *region, struct vm_area_struct *vma, pgoff_t offset);
void pgb_log_free(struct pgb_log *log);

/* A page is about to become writable; it is locked, and not in ->live. */
void pgb_log_write(struct pgb_region *region, pgoff_t index);
/* A page has got into ->late.  Any context. */
void pgb_log_late(struct pgb_region *region, pgoff_t index);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Inodes for regions. */
#ifndef PGBARRIER_FILESYSTEM_H
#define PGBARRIER_FILESYSTEM_H

#include <linux/fs.h>

/* An inode with an address space of its own, or an ERR_PTR. */
struct inode *pgb_inode_new(void);
void pgb_inode_free(struct inode *inode);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes for regions, on a filesystem that nobody sees.
 *
 * It is mounted while there are regions: a mount that stands holds the module for good.
 */
#include "filesystem.h"

#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#define MAGIC 0x50474221

static int init_fs_context(struct fs_context *context)
{
	return init_pseudo(context, MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type filesystem = {
	.name		 = "pgbarrier",
	.owner		 = THIS_MODULE,
	.init_fs_context = init_fs_context,
	.kill_sb	 = kill_anon_super,
};

static struct vfsmount *mount;
static int mount_count;

struct inode *pgb_inode_new(void)
{
	struct inode *inode;
	int err = simple_pin_fs(&filesystem, &mount, &mount_count);

	if (err)
		return ERR_PTR(err);
	inode = alloc_anon_inode(mount->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&mount, &mount_count);
	return inode;
}

void pgb_inode_free(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&mount, &mount_count);
}

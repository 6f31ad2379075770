/* SPDX-License-Identifier: MIT */
/*
 * scan.c - the system call that a harvest by uffd-async is, without the library.
 */
#include "scan.h"

#include <errno.h>
#include <fcntl.h>

#include "os/uapi.h"

int scan_open(void)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	return pagemap < 0 ? -errno : pagemap;
}

int scan_clean(int pagemap, const struct region *region)
{
	struct page_region found;
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = (uintptr_t)region->start,
		.end = (uintptr_t)region->start + region->bytes,
		.vec = (uintptr_t)&found, /* without it the kernel takes another path */
		.vec_len = 1,
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int filled = ioctl(pagemap, PAGEMAP_SCAN, &scan);

	if (filled < 0)
		return -errno;
	return filled ? -EBADMSG : 0;
}

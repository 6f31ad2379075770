/* SPDX-License-Identifier: MIT */
/* pagemap.c - /proc/self/pagemap and its PAGEMAP_SCAN. */
#include "os/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/memory.h"

int pgb_pagemap_open(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static uintptr_t larger(uintptr_t a, uintptr_t b)
{
	return a > b ? a : b;
}

int pgb_pagemap_take_written(int pagemap, uintptr_t *start, uintptr_t end,
			     struct page_region *regions, size_t count)
{
	/*
	 * WRITTEN alone in both masks is what the kernel has a quick path for.
	 * CHECK_WPASYNC makes unregistered memory an error; without it such memory
	 * would be passed over in silence, and read clean.
	 */
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC,
		.start = *start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = count,
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int filled;

	filled = ioctl(pagemap, PAGEMAP_SCAN, &scan);
	if (filled < 0)
		return -errno;
	/*
	 * Only a full vector means that there is more.  walk_end alone will not do:
	 * after the kernel's own 512-entry buffer has been full once, it can be left
	 * at an old value (seen on 6.18), and the scan would report pages twice.
	 */
	*start = (size_t)filled < count ? end
					: larger(scan.walk_end, regions[filled - 1].end);
	return filled;
}

int pgb_pagemap_read(int pagemap, uintptr_t start, uint64_t *entries, size_t count)
{
	off_t offset = (off_t)(start / pgb_page_size() * sizeof(*entries));
	size_t size = count * sizeof(*entries), done = 0;
	ssize_t got;

	while (done < size) {
		got = pread(pagemap, (char *)entries + done, size - done,
			    offset + (off_t)done);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			return -ENXIO;
		if (got > 0)
			done += (size_t)got;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* pagemap.c - /proc/self/pagemap and its PAGEMAP_SCAN. */
#include "os/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/memory.h"

#include "os/inject.h"

int pgb_pagemap_open(void)
{
	int fd = PGB_OS_CALL(PGB_OS_PAGEMAP_OPEN,
			     open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

static uintptr_t larger(uintptr_t a, uintptr_t b)
{
	return a > b ? a : b;
}

/* WRITTEN alone in both masks is what the kernel has a quick path for. */
static int scan_written(int pagemap, uint64_t flags, uintptr_t *start, uintptr_t end,
			struct page_region *regions, size_t count)
{
	struct pm_scan_arg scan = {
		.size = sizeof(scan),
		.flags = flags,
		.start = *start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = count,
		.category_mask = PAGE_IS_WRITTEN,
		.return_mask = PAGE_IS_WRITTEN,
	};
	int filled;

	/* Not made again: what an interrupted scan has protected no region tells of. */
	filled = PGB_OS_CALL_SHORT(PGB_OS_PAGEMAP_SCAN, scan.vec_len, 1,
				   ioctl(pagemap, PAGEMAP_SCAN, &scan));
	if (filled < 0)
		return -errno;
	/*
	 * Only a full vector means that there is more.  walk_end alone will not do:
	 * after the kernel's own 512-entry buffer has been full once, it can be left
	 * at an old value (seen on 6.18), and the scan would report pages twice.
	 */
	*start = (size_t)filled < scan.vec_len
			 ? end
			 : larger(scan.walk_end, regions[filled - 1].end);
	return filled;
}

int pgb_pagemap_take_written(int pagemap, uintptr_t *start, uintptr_t end,
			     struct page_region *regions, size_t count)
{
	/*
	 * CHECK_WPASYNC makes unregistered memory an error; without it such memory
	 * would be passed over in silence, and read clean.
	 */
	uint64_t flags = PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC;

	return scan_written(pagemap, flags, start, end, regions, count);
}

int pgb_pagemap_find_written(int pagemap, uintptr_t *start, uintptr_t end,
			     struct page_region *regions, size_t count)
{
	return scan_written(pagemap, 0, start, end, regions, count);
}

int pgb_pagemap_read(int pagemap, uintptr_t start, uint64_t *entries, size_t count)
{
	off_t offset = (off_t)(start / pgb_page_size() * sizeof(*entries));
	size_t size = count * sizeof(*entries), done = 0;

	while (done < size) {
		size_t rest = size - done;
		ssize_t got;

		got = PGB_OS_AGAIN(PGB_OS_CALL_SHORT(PGB_OS_PAGEMAP_READ, rest,
						     sizeof(*entries),
						     pread(pagemap, (char *)entries + done,
							   rest, offset + (off_t)done)));
		if (got <= 0)
			return got ? -errno : -ENXIO;
		done += (size_t)got;
	}
	return 0;
}

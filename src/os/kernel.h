/* SPDX-License-Identifier: MIT */
/* kernel.h - which Linux this is, for what cannot be tried. */
#ifndef PGB_OS_KERNEL_H
#define PGB_OS_KERNEL_H

#include <stdbool.h>

/* Is `release`, as uname(2) gives it, of this version or a later one? */
bool pgb_kernel_release_has(const char *release, unsigned major, unsigned minor);

/*
 * PAGEMAP_SCAN is of 6.7, but before 6.9 (2c7ad9a590d1) its quick path for written pages
 * did not ask whether a page is there: it took bits of a swap entry for the page's own, and
 * some pages that were written and swapped out for protected ones.
 */
bool pgb_kernel_scans_swapped_pages(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * scan.h - the system call that a harvest by uffd-async is, without the library.
 */
#ifndef BENCH_PRIMITIVES_SCAN_H
#define BENCH_PRIMITIVES_SCAN_H

#include "region.h"

/* A pagemap to scan: a descriptor to be closed, or a negative errno. */
int scan_open(void);

/*
 * Go over a region that is armed and clean.  0 or a negative errno; -EBADMSG: a page is
 * dirty, which no harvest would tell of any more.
 */
int scan_clean(int pagemap, const struct region *region);

#endif

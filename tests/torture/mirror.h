/* SPDX-License-Identifier: MIT */
/*
 * mirror.h - a copy of watched memory that learns of writes from harvests alone.
 *
 * What a harvest loses stays wrong in it.
 */
#ifndef PGB_TORTURE_MIRROR_H
#define PGB_TORTURE_MIRROR_H

#include "watch.h"

struct mirror {
	const struct watch *watch;
	unsigned char *copy;
};

/* Of all pages, as they are now. */
void mirror_make(struct mirror *mirror, const struct watch *watch);
void mirror_destroy(struct mirror *mirror);

/* Copy what the last harvest reported.  Writers may be at it: then it is due again. */
void mirror_take(struct mirror *mirror);

/* Nobody writes, and a harvest has been taken since: it is all as in the memory. */
void mirror_check(const struct mirror *mirror, size_t first, size_t pages);

#endif

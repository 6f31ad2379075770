/* SPDX-License-Identifier: MIT */
/* ring.h - a region with a log, and what is in it. */
#ifndef PGB_KMOD_RING_H
#define PGB_KMOD_RING_H

#include "region.h"

struct ring {
	struct region region;
	const struct pgbarrier_log_header *header;
	const uint64_t *entry;
	size_t bytes; /* of the mapping */
};

/* A region of its own; watermark and eventfd as in struct pgbarrier_log. */
void ring_open(struct ring *ring, unsigned mode, size_t pages, unsigned entries,
	       unsigned watermark, int eventfd);
void ring_close(struct ring *ring);

/* Entries that were not reset. */
uint64_t ring_count(const struct ring *ring);
/* The page that this entry, counted from the first there ever was, is about. */
size_t ring_page(const struct ring *ring, uint64_t entry);
/* How many entries were reset; 0: all that there are. */
uint64_t ring_reset(const struct ring *ring, uint64_t count);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * walk_steps.h - have libgc's walk over block headers taken in short steps.
 *
 * Between two stops libgc marks in steps, of which an allocation call makes at least one.
 * While it looks for dirty blocks (GC_push_next_marked_dirty), a step ends at each that it
 * finds.  Where dirty pages are kept from it that would be the end of the heap, which takes
 * 4 ms with 256 MiB and 17 with 1 GiB; so a page here and there is called dirty that may
 * not be.
 */
#ifndef PGB_BDWGC_WALK_STEPS_H
#define PGB_BDWGC_WALK_STEPS_H

#include "collector.h"
#include "pgbarrier.h"

void walk_steps_init(const struct collector *collector);

/*
 * Pass one in 8192 pages of the heap on to *visit, but one of each range.  With libgc's
 * allocation lock held, where dirty_pages.h keeps pages: there libgc has what this takes.
 */
void walk_steps_end(pgb_visitor *visit, void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * dirty_pages.h - mark from dirty pages, in the place of libgc.
 *
 * libgc notes dirty pages in a table of 2^18 bits, so with a heap of more than 1 GiB pages
 * share bits, and each dirty one has others marked from that are not.  It marks from them
 * with one thread, and from all of a large object as soon as one page of it is dirty.  So
 * pages are kept from libgc where it is known how to mark from them, and the rest is done
 * by a procedure that its markers call: all of them at once, a page at a time.
 */
#ifndef PGB_BDWGC_DIRTY_PAGES_H
#define PGB_BDWGC_DIRTY_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"
#include "pgbarrier.h"

/*
 * -ENOMEM.  Where libgc lacks a function that this takes, all pages are reported.  Pages of
 * large objects are kept always, others where libgc can be spared its walk (empty_walk.h),
 * where the heap has `table_mib` MiB or more, or as dirty_pages_keep_small() says.
 */
int dirty_pages_init(const struct collector *collector, unsigned table_mib);

/*
 * To be called while GC_init() runs, when libgc can allocate, and before anything else can.
 * Without this, or if it is not as expected, all pages are reported.
 */
void dirty_pages_prepare(void);

/* Does a procedure of the program's push roots?  Unknown counts as yes. */
bool dirty_pages_has_programs_roots(void);

/*
 * Once a marker finds no page any more, and pages of small objects are kept, ask
 * *more: it harvests and returns true, or false.  It is asked while no other marker looks
 * for a page.
 */
void dirty_pages_ask(bool (*more)(void));

/*
 * Keep pages of small objects whatever the size of the heap, from the next harvest on, or
 * not any more.
 */
void dirty_pages_keep_small(bool always);

/* Before a page of [start, end) is reported.  -ENOMEM, -EINVAL: no such addresses. */
int dirty_pages_make_room(uintptr_t start, uintptr_t end);

/*
 * These with libgc's allocation lock held; world-stopped safe.  A harvest begins; what is
 * left of earlier ones is passed on to *visit if nobody will mark from it any more.
 * Without `visit` nobody wants to know, as a collection that marks everything begins, and
 * what is left is forgotten.
 */
void dirty_pages_begin_harvest(pgb_visitor *visit, void *arg);

/*
 * Has a collection begun that marks everything, so that mark bits do not tell any more what
 * survived the last one?  False where that cannot be known.
 */
bool dirty_pages_marks_are_cleared(void);

/* Has none begun, for certain, since objects were marked for the last time? */
bool dirty_pages_marks_hold(void);

/* In this harvest hardly any page is passed on: those of small objects are kept, too. */
bool dirty_pages_keeps_small(void);

/* Pass [start, end) on to *visit, but for what will be marked from. */
void dirty_pages_report(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg);

/* So many pages were passed on, all in all; the rest is marked from by us. */
uint64_t dirty_pages_passed_on(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * page_marking.h - push what the objects of a page point to on libgc's mark stack.
 *
 * For a procedure that libgc's markers call (GC_mark_proc of gc_mark.h); by several of them
 * at once.
 */
#ifndef PGB_BDWGC_PAGE_MARKING_H
#define PGB_BDWGC_PAGE_MARKING_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"

struct mark_stack {
	struct collector_mark_entry *top, *limit;
	/*
	 * Entries look as collector.h has them, so one is pushed for each run of
	 * objects, and libgc looks at their words, and counts them, itself.  As with its
	 * own entries, that may be after the program has freed an object.  Otherwise
	 * each word is pushed.
	 */
	bool is_known;
};

void page_marking_init(const struct collector *collector);

/* Heap lies within [least, most), or what of it is not is not to be marked. */
void page_marking_push(uintptr_t page, uintptr_t least, uintptr_t most,
		       struct mark_stack *stack);

#endif

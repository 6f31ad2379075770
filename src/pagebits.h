/* SPDX-License-Identifier: MIT */
/*
 * pagebits.h - a bit for each page of the address space, in sparse memory.
 *
 * Room for a range is reserved beforehand; everything else allocates nothing, takes no
 * lock and may be used in a signal handler and with the world stopped.  Single bits are
 * atomic in memory order; pages without room read as 0.
 */
#ifndef PGB_PAGEBITS_H
#define PGB_PAGEBITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sparse.h"

struct pgb_pagebits {
	struct pgb_sparse table;
};

/* Of a page, in bits of an address. */
static inline unsigned pgb_pagebits_shift(const struct pgb_pagebits *bits)
{
	return bits->table.page_shift;
}

int pgb_pagebits_init(struct pgb_pagebits *bits); /* -ENOMEM */
void pgb_pagebits_destroy(struct pgb_pagebits *bits);

/* Callers of this one keep each other out.  -ENOMEM; -EINVAL: no such addresses. */
int pgb_pagebits_reserve(struct pgb_pagebits *bits, uintptr_t start, uintptr_t end);

/* Atomic; the page must have room.  Returns whether the bit was set before. */
bool pgb_pagebits_set(const struct pgb_pagebits *bits, uintptr_t page);
bool pgb_pagebits_test(const struct pgb_pagebits *bits, uintptr_t page);

void pgb_pagebits_set_range(const struct pgb_pagebits *bits, uintptr_t start,
			    uintptr_t end);
void pgb_pagebits_clear_range(const struct pgb_pagebits *bits, uintptr_t start,
			      uintptr_t end);

/* Set the bits of 64 pages, from `start` on, that are set in `word`, lowest first. */
void pgb_pagebits_set_word(const struct pgb_pagebits *bits, uintptr_t start, uint64_t word);

/* Clear the bits of a range in `from`, and set those that were set in `to`. */
void pgb_pagebits_move(const struct pgb_pagebits *from, const struct pgb_pagebits *to,
		       uintptr_t start, uintptr_t end);

/* The first page in [*page, end) whose bit is set: true, and *page is it. */
bool pgb_pagebits_next(const struct pgb_pagebits *bits, uintptr_t *page, uintptr_t end);

/*
 * The first run of set bits in [*start, end): true, and *start, *run_end are it; false:
 * there is none.
 */
bool pgb_pagebits_next_run(const struct pgb_pagebits *bits, uintptr_t *start, uintptr_t end,
			   uintptr_t *run_end);

#endif

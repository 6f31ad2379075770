/* SPDX-License-Identifier: MIT */
/* pagebits.c - a bit for each page of the address space, in sparse memory. */
#include "pagebits.h"

#include <limits.h>

#define WORD_BITS (sizeof(AO_t) * CHAR_BIT)

int pgb_pagebits_init(struct pgb_pagebits *bits)
{
	return pgb_sparse_init(&bits->table, PGB_SPARSE_PAGES / CHAR_BIT);
}

void pgb_pagebits_destroy(struct pgb_pagebits *bits)
{
	pgb_sparse_destroy(&bits->table);
}

int pgb_pagebits_reserve(struct pgb_pagebits *bits, uintptr_t start, uintptr_t end)
{
	return pgb_sparse_reserve(&bits->table, start, end);
}

/* The word with the bit of page number `page`, or NULL. */
static AO_t *word_of(const struct pgb_pagebits *bits, uintptr_t page)
{
	AO_t *leaf = pgb_sparse_leaf(&bits->table, page);

	return leaf ? &leaf[page % PGB_SPARSE_PAGES / WORD_BITS] : NULL;
}

static AO_t bit_of(uintptr_t page)
{
	return (AO_t)1 << page % WORD_BITS;
}

bool pgb_pagebits_set(const struct pgb_pagebits *bits, uintptr_t page)
{
	uintptr_t number = page >> bits->table.page_shift;
	AO_t *word = word_of(bits, number);
	bool before = AO_load_acquire(word) & bit_of(number);

	AO_or_full(word, bit_of(number));
	return before;
}

bool pgb_pagebits_test(const struct pgb_pagebits *bits, uintptr_t page)
{
	uintptr_t number = page >> bits->table.page_shift;
	AO_t *word = word_of(bits, number);

	return word && (AO_load_acquire(word) & bit_of(number));
}

/* The bits of one word that lie in pages [page, end); *next is the first one after. */
static AO_t mask_of(uintptr_t page, uintptr_t end, uintptr_t *next)
{
	AO_t mask = ~(AO_t)0 << page % WORD_BITS;

	*next = (page | (WORD_BITS - 1)) + 1;
	if (*next > end) {
		mask &= ~(AO_t)0 >> (*next - end);
		*next = end;
	}
	return mask;
}

void pgb_pagebits_set_range(const struct pgb_pagebits *bits, uintptr_t start, uintptr_t end)
{
	uintptr_t next;

	end >>= bits->table.page_shift;
	for (uintptr_t page = start >> bits->table.page_shift; page < end; page = next) {
		AO_t *word = word_of(bits, page);
		AO_t mask = mask_of(page, end, &next);

		if (word)
			AO_or_full(word, mask);
	}
}

void pgb_pagebits_clear_range(const struct pgb_pagebits *bits, uintptr_t start,
			      uintptr_t end)
{
	uintptr_t next;

	end >>= bits->table.page_shift;
	for (uintptr_t page = start >> bits->table.page_shift; page < end; page = next) {
		AO_t *word = word_of(bits, page);
		AO_t mask = mask_of(page, end, &next);

		if (word && AO_load(word) & mask)
			AO_and_full(word, ~mask);
	}
}

static void set_if_room(AO_t *word, AO_t mask)
{
	if (word && mask)
		AO_or_full(word, mask);
}

void pgb_pagebits_set_word(const struct pgb_pagebits *bits, uintptr_t start, uint64_t word)
{
	uintptr_t page = start >> bits->table.page_shift;
	unsigned misfit = page % WORD_BITS;

	set_if_room(word_of(bits, page), word << misfit);
	if (misfit)
		set_if_room(word_of(bits, page + WORD_BITS), word >> (WORD_BITS - misfit));
}

/* Clear the bits of `mask`; returns those that were set, each to one caller only. */
static AO_t take(AO_t *word, AO_t mask)
{
	AO_t before;

	do {
		before = AO_load_acquire(word);
		if (!(before & mask))
			return 0;
	} while (!AO_compare_and_swap_full(word, before, before & ~mask));
	return before & mask;
}

void pgb_pagebits_move(const struct pgb_pagebits *from, const struct pgb_pagebits *to,
		       uintptr_t start, uintptr_t end)
{
	uintptr_t next;

	end >>= from->table.page_shift;
	for (uintptr_t page = start >> from->table.page_shift; page < end; page = next) {
		AO_t *word = word_of(from, page);
		AO_t mask = mask_of(page, end, &next);
		AO_t taken = word ? take(word, mask) : 0;

		if (taken)
			AO_or_full(word_of(to, page), taken);
	}
}

/* The first page of [page, end) whose bit, exclusive-ored with `flip`, is 1; or `end`. */
static uintptr_t find(const struct pgb_pagebits *bits, uintptr_t page, uintptr_t end,
		      AO_t flip)
{
	uintptr_t next;

	for (; page < end; page = next) {
		AO_t *word = word_of(bits, page);
		AO_t found = ((word ? AO_load_acquire(word) : 0) ^ flip) &
			     mask_of(page, end, &next);

		/* What has no room may be terabytes. */
		if (!word)
			next = (page | (PGB_SPARSE_PAGES - 1)) + 1;
		if (found)
			return page / WORD_BITS * WORD_BITS +
			       (unsigned)__builtin_ctzl(found);
	}
	return end;
}

bool pgb_pagebits_next(const struct pgb_pagebits *bits, uintptr_t *page, uintptr_t end)
{
	uintptr_t last = end >> bits->table.page_shift;
	uintptr_t found = find(bits, *page >> bits->table.page_shift, last, 0);

	*page = found << bits->table.page_shift;
	return found < last;
}

bool pgb_pagebits_next_run(const struct pgb_pagebits *bits, uintptr_t *start, uintptr_t end,
			   uintptr_t *run_end)
{
	unsigned shift = bits->table.page_shift;
	uintptr_t first = find(bits, *start >> shift, end >> shift, 0);
	uintptr_t last = find(bits, first, end >> shift, ~(AO_t)0);

	*start = first << shift;
	*run_end = last << shift;
	return first < last;
}

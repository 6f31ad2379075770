/* SPDX-License-Identifier: MIT */
/* pagebits.c - a bit for each page of the address space, in sparse memory. */
#include "pagebits.h"

#include <errno.h>
#include <limits.h>

#include "os/memory.h"

#define WORD_BITS	  (sizeof(AO_t) * CHAR_BIT)
#define CHUNK_PAGES_SHIFT 15
#define CHUNK_PAGES	  ((uintptr_t)1 << CHUNK_PAGES_SHIFT)
#define CHUNK_BYTES	  (CHUNK_PAGES / CHAR_BIT)

static size_t directory_entries(const struct pgb_pagebits *bits)
{
	return (size_t)1 << (PGB_ADDRESS_BITS - bits->page_shift - CHUNK_PAGES_SHIFT);
}

int pgb_pagebits_init(struct pgb_pagebits *bits)
{
	bits->page_shift = (unsigned)__builtin_ctzl(pgb_page_size());
	bits->first = directory_entries(bits);
	bits->last = 0;
	bits->directory = pgb_memory_map(directory_entries(bits) * sizeof(AO_t));
	return bits->directory ? 0 : -ENOMEM;
}

void pgb_pagebits_destroy(struct pgb_pagebits *bits)
{
	if (!bits->directory)
		return;
	for (size_t i = bits->first; i <= bits->last; i++)
		pgb_memory_unmap((void *)bits->directory[i], CHUNK_BYTES);
	pgb_memory_unmap(bits->directory, directory_entries(bits) * sizeof(AO_t));
	bits->directory = NULL;
}

int pgb_pagebits_reserve(struct pgb_pagebits *bits, uintptr_t start, uintptr_t end)
{
	uintptr_t first = start >> bits->page_shift >> CHUNK_PAGES_SHIFT;
	uintptr_t last = (end - 1) >> bits->page_shift >> CHUNK_PAGES_SHIFT;

	if (last >= directory_entries(bits))
		return -EINVAL;
	for (uintptr_t i = first; i <= last; i++) {
		void *chunk;

		if (bits->directory[i])
			continue;
		chunk = pgb_memory_map(CHUNK_BYTES);
		if (!chunk)
			return -ENOMEM;
		if (i < bits->first)
			bits->first = i;
		if (i > bits->last)
			bits->last = i;
		AO_store_release(&bits->directory[i], (AO_t)chunk);
	}
	return 0;
}

/* The word with the bit of page number `page`, or NULL. */
static AO_t *word_of(const struct pgb_pagebits *bits, uintptr_t page)
{
	uintptr_t i = page >> CHUNK_PAGES_SHIFT;
	AO_t *chunk;

	if (i >= directory_entries(bits))
		return NULL;
	chunk = (AO_t *)AO_load_acquire(&bits->directory[i]);
	return chunk ? &chunk[page % CHUNK_PAGES / WORD_BITS] : NULL;
}

static AO_t bit_of(uintptr_t page)
{
	return (AO_t)1 << page % WORD_BITS;
}

bool pgb_pagebits_set(const struct pgb_pagebits *bits, uintptr_t page)
{
	uintptr_t number = page >> bits->page_shift;
	AO_t *word = word_of(bits, number);
	bool before = AO_load_acquire(word) & bit_of(number);

	AO_or_full(word, bit_of(number));
	return before;
}

bool pgb_pagebits_test(const struct pgb_pagebits *bits, uintptr_t page)
{
	uintptr_t number = page >> bits->page_shift;
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

	end >>= bits->page_shift;
	for (uintptr_t page = start >> bits->page_shift; page < end; page = next) {
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

	end >>= bits->page_shift;
	for (uintptr_t page = start >> bits->page_shift; page < end; page = next) {
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
	uintptr_t page = start >> bits->page_shift;
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

	end >>= from->page_shift;
	for (uintptr_t page = start >> from->page_shift; page < end; page = next) {
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
			next = (page | (CHUNK_PAGES - 1)) + 1;
		if (found)
			return page / WORD_BITS * WORD_BITS +
			       (unsigned)__builtin_ctzl(found);
	}
	return end;
}

bool pgb_pagebits_next(const struct pgb_pagebits *bits, uintptr_t *page, uintptr_t end)
{
	uintptr_t last = end >> bits->page_shift;
	uintptr_t found = find(bits, *page >> bits->page_shift, last, 0);

	*page = found << bits->page_shift;
	return found < last;
}

bool pgb_pagebits_next_run(const struct pgb_pagebits *bits, uintptr_t *start, uintptr_t end,
			   uintptr_t *run_end)
{
	unsigned shift = bits->page_shift;
	uintptr_t first = find(bits, *start >> shift, end >> shift, 0);
	uintptr_t last = find(bits, first, end >> shift, ~(AO_t)0);

	*start = first << shift;
	*run_end = last << shift;
	return first < last;
}

/* SPDX-License-Identifier: MIT */
/* hot.c - pages that are written in every cycle, and are not worth a fault. */
#include "hot.h"

#include "os/memory.h"

/*
 * Cycles until all is armed again.  With 8 of them instead of 16 twice as many faults of
 * young pages remain.
 */
#define PERIOD 16

int pgb_hot_init(struct pgb_hot *hot, struct pgb_hot_limit limit)
{
	int err;

	*hot = (struct pgb_hot){.limit = limit, .page_size = pgb_page_size()};
	err = pgb_pagebits_init(&hot->hot);
	if (err)
		return err;
	err = pgb_pagebits_init(&hot->warm);
	if (err)
		pgb_pagebits_destroy(&hot->hot);
	return err;
}

void pgb_hot_destroy(struct pgb_hot *hot)
{
	pgb_pagebits_destroy(&hot->hot);
	pgb_pagebits_destroy(&hot->warm);
}

int pgb_hot_make_room(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	int err = pgb_pagebits_reserve(&hot->hot, start, end);

	return err ? err : pgb_pagebits_reserve(&hot->warm, start, end);
}

void pgb_hot_forget(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_clear_range(&hot->hot, start, end);
	pgb_pagebits_clear_range(&hot->warm, start, end);
}

static void cool(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_clear_range(&hot->warm, start, end);
	pgb_pagebits_move(&hot->hot, &hot->warm, start, end);
}

bool pgb_hot_begin_cycle(struct pgb_hot *hot, const struct pgb_range_table *watched)
{
	hot->turn = (hot->turn + 1) % PERIOD;
	hot->current = 0;
	for (size_t i = 0; !hot->turn && i < watched->count; i++)
		cool(hot, watched->range[i].start, watched->range[i].end);
	return !hot->turn;
}

/* Twice, because whatever has just come into use is dirty, and may never be again. */
static void note_chunk(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	if (pgb_pagebits_test(&hot->warm, start))
		pgb_pagebits_set_range(&hot->hot, start, end);
	else
		pgb_pagebits_set_range(&hot->warm, start, end);
}

/* What was hot until now is dirty unseen in the first cycle of a period. */
void pgb_hot_note(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	size_t size = hot->limit.chunk * hot->page_size, before;
	uintptr_t next;

	if (!hot->limit.chunk || !hot->turn)
		return;
	for (; start < end; start = next) {
		uintptr_t chunk = start & ~(size - 1);

		if (chunk != hot->current) {
			hot->current = chunk;
			hot->dirty = 0;
		}
		next = chunk + size < end ? chunk + size : end;
		before = hot->dirty;
		hot->dirty += (next - start) / hot->page_size;
		if (before < hot->limit.nearly_all && hot->dirty >= hot->limit.nearly_all)
			note_chunk(hot, chunk, chunk + size);
	}
}

bool pgb_hot_next(const struct pgb_hot *hot, uintptr_t *start, uintptr_t end,
		  uintptr_t *run_end)
{
	return pgb_pagebits_next_run(&hot->hot, start, end, run_end);
}

/* SPDX-License-Identifier: MIT */
/* hot.c - pages that are written in every cycle, and are not worth a fault. */
#include "hot.h"

#include <string.h>

/*
 * Cycles until all is armed again.  With 8 of them instead of 16 twice as many faults of
 * young pages remain.
 */
#define PERIOD 16

/* Cycles in a row, where a look is dear. */
#define DEAR_TIMES 3

/*
 * Of a chunk, kept for its first PGB_HOT_CHUNK pages.  It is read and written as one, since
 * a range may be removed beside a harvest: whoever meets either sees all of it or nothing.
 */
struct heat {
	uint8_t times; /* it was found dirty, in cycles in a row; or HOT */
	uint8_t turn;  /* the last of these */
};
typedef unsigned short heat_cell;
_Static_assert(sizeof(struct heat) == sizeof(heat_cell), "heat is read as one");

/* Dirty, for all that anybody knows. */
#define HOT UINT8_MAX

int pgb_hot_init(struct pgb_hot *hot, struct pgb_hot_limit limit)
{
	*hot = (struct pgb_hot){.limit = limit, .page_size = pgb_page_size()};
	return pgb_sparse_init(&hot->heat,
			       PGB_SPARSE_PAGES / PGB_HOT_CHUNK * sizeof(heat_cell));
}

void pgb_hot_destroy(struct pgb_hot *hot)
{
	pgb_sparse_destroy(&hot->heat);
}

int pgb_hot_make_room(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	return pgb_sparse_reserve(&hot->heat, start, end);
}

static size_t chunk_bytes(const struct pgb_hot *hot)
{
	return hot->limit.chunk * hot->page_size;
}

static uintptr_t chunk_of(const struct pgb_hot *hot, uintptr_t address)
{
	return address & ~(chunk_bytes(hot) - 1);
}

static heat_cell *cell_of(const struct pgb_hot *hot, uintptr_t chunk)
{
	uintptr_t page = chunk / hot->page_size;
	heat_cell *leaf = pgb_sparse_leaf(&hot->heat, page);

	return leaf ? &leaf[page % PGB_SPARSE_PAGES / PGB_HOT_CHUNK] : NULL;
}

/* What has no room is cold. */
static struct heat heat_of(const struct pgb_hot *hot, uintptr_t chunk)
{
	const heat_cell *cell = cell_of(hot, chunk);
	heat_cell value = cell ? AO_short_load(cell) : 0;
	struct heat heat;

	memcpy(&heat, &value, sizeof(heat));
	return heat;
}

static void set_heat(const struct pgb_hot *hot, uintptr_t chunk, struct heat heat)
{
	heat_cell *cell = cell_of(hot, chunk), value;

	memcpy(&value, &heat, sizeof(value));
	if (cell)
		AO_short_store(cell, value);
}

static bool is_hot(const struct pgb_hot *hot, uintptr_t chunk)
{
	return heat_of(hot, chunk).times == HOT;
}

/* What else is on the chunk is harvested next time: unarmed, it is found dirty then. */
void pgb_hot_forget(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	uintptr_t chunk = chunk_of(hot, start);

	for (; hot->limit.chunk && chunk < end; chunk += chunk_bytes(hot))
		set_heat(hot, chunk, (struct heat){0});
}

/*
 * What is hot counts as found dirty in this turn, 0; all else is cold.  From the chunk
 * `from` on, or of the range; returns the first one after it.
 */
static uintptr_t cool(struct pgb_hot *hot, uintptr_t from, const struct pgb_range *range)
{
	uintptr_t chunk = chunk_of(hot, range->start);

	if (chunk < from)
		chunk = from;
	for (; chunk < range->end; chunk += chunk_bytes(hot))
		set_heat(hot, chunk, (struct heat){.times = is_hot(hot, chunk)});
	return chunk;
}

bool pgb_hot_begin_cycle(struct pgb_hot *hot, const struct pgb_range_table *watched)
{
	uintptr_t next = 0;

	hot->turn = (hot->turn + 1) % PERIOD;
	hot->current = 0;
	if (hot->turn)
		return false;
	for (size_t i = 0; hot->limit.chunk && i < watched->count; i++)
		next = cool(hot, next, &watched->range[i]);
	return true;
}

static bool is_dear(const struct pgb_hot *hot, uintptr_t chunk)
{
	return hot->is_dear && hot->is_dear(chunk, chunk + chunk_bytes(hot));
}

/* Once is not enough: whatever has just come into use is dirty, and may never be again. */
static void note_chunk(struct pgb_hot *hot, uintptr_t chunk)
{
	struct heat heat = heat_of(hot, chunk);
	bool is_first = !heat.times, in_a_row = heat.turn + 1u == hot->turn;

	if (heat.times == HOT)
		return;
	heat.times = in_a_row ? heat.times + 1 : 1;
	heat.turn = (uint8_t)hot->turn;
	if (!is_first && (heat.times >= DEAR_TIMES || !is_dear(hot, chunk)))
		heat.times = HOT;
	set_heat(hot, chunk, heat);
}

/* What was hot until now is dirty unseen in the first cycle of a period. */
void pgb_hot_note(struct pgb_hot *hot, uintptr_t start, uintptr_t end)
{
	size_t before;
	uintptr_t next;

	if (!hot->limit.chunk || !hot->turn)
		return;
	for (; start < end; start = next) {
		uintptr_t chunk = chunk_of(hot, start);

		if (chunk != hot->current) {
			hot->current = chunk;
			hot->dirty = 0;
		}
		next = chunk + chunk_bytes(hot) < end ? chunk + chunk_bytes(hot) : end;
		before = hot->dirty;
		hot->dirty += (next - start) / hot->page_size;
		if (before < hot->limit.nearly_all && hot->dirty >= hot->limit.nearly_all)
			note_chunk(hot, chunk);
	}
}

bool pgb_hot_next(const struct pgb_hot *hot, uintptr_t *start, uintptr_t end,
		  uintptr_t *run_end)
{
	uintptr_t chunk = chunk_of(hot, *start);

	if (!hot->limit.chunk)
		return false;
	while (chunk < end && !is_hot(hot, chunk))
		chunk += chunk_bytes(hot);
	if (chunk >= end)
		return false;
	if (chunk > *start)
		*start = chunk;
	/* It may have been forgotten by now, and would be nobody's if it were looked at
	 * anew. */
	do {
		chunk += chunk_bytes(hot);
	} while (chunk < end && is_hot(hot, chunk));
	*run_end = chunk < end ? chunk : end;
	return true;
}

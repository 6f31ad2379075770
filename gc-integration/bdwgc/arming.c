/* SPDX-License-Identifier: MIT */
/* arming.c - which pages of libgc's memory are worth a fault. */
#include "arming.h"

#include <errno.h>

#include "os/memory.h"
#include "pagebits.h"

enum {
	/* No build of libgc has smaller ones; each that is in use has a header. */
	BLOCK = 512,
	/*
	 * Fewer pages between used ones count as used: a harvest is a system call for each
	 * run.  Not more of them, since libgc maps its tables in pieces of 16 pages.
	 */
	BRIDGED = 15,
	/*
	 * Measured with 40 to 62 of 64: the same, and the fewer pages are dirty only by
	 * their neighbours the better.  With 8 harvests instead of 16 twice as many faults
	 * of young pages remain.
	 */
	CHUNK = 64,
	NEARLY_ALL = 60,
	PERIOD = 16, /* cycles until all is armed again */
};

enum plane {
	USED,  /* has been heap at some time */
	ARMED, /* used, and not hot now */
	WARM,  /* in a chunk that was found dirty once in this period */
	PLANES,
};

/* In memory of our own: addresses in .bss would be roots to libgc. */
static struct arming {
	const struct collector_api *api;
	size_t page_size;
	size_t bridged; /* bytes */
	bool in_parts;
	bool surveyed; /* since the last harvest */
	struct pgb_pagebits plane[PLANES];
	unsigned turn; /* cycles of this period */
	bool counts;   /* this harvest is of a whole cycle */
	bool collection_over;
	uintptr_t chunk; /* the one that dirty pages are being counted of */
	size_t dirty;
} * arming;

int arming_init(const struct collector *collector, bool in_parts, bool by_signals)
{
	int err = 0;

	arming = pgb_memory_map(sizeof(*arming));
	if (!arming)
		return -ENOMEM;
	arming->api = &collector->api;
	arming->page_size = pgb_page_size();
	arming->in_parts = in_parts;
	arming->bridged = by_signals ? 0 : BRIDGED * arming->page_size;
	for (enum plane plane = 0; !err && plane < PLANES; plane++)
		err = pgb_pagebits_init(&arming->plane[plane]);
	return err;
}

int arming_make_room(uintptr_t start, uintptr_t end)
{
	int err = 0;

	for (enum plane plane = 0; !err && plane < PLANES; plane++)
		err = pgb_pagebits_reserve(&arming->plane[plane], start, end);
	return err;
}

static void set(enum plane plane, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_set_range(&arming->plane[plane], start, end);
}

static void clear(enum plane plane, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_clear_range(&arming->plane[plane], start, end);
}

static bool next_run(enum plane plane, uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	return pgb_pagebits_next_run(&arming->plane[plane], start, end, run_end);
}

void arming_forget(uintptr_t start, uintptr_t end)
{
	for (enum plane plane = 0; plane < PLANES; plane++)
		clear(plane, start, end);
}

static void mark_used(uintptr_t start, uintptr_t end)
{
	set(USED, start, end);
	set(ARMED, start, end);
}

static bool is_heap(uintptr_t page)
{
	for (uintptr_t block = page; block < page + arming->page_size; block += BLOCK)
		if (arming->api->is_heap_ptr((const void *)block))
			return true;
	return false;
}

/* Pages [start, end) have not been used so far; the last that has ends at `used_end`. */
static void survey_gap(uintptr_t used_end, uintptr_t start, uintptr_t end)
{
	for (uintptr_t page = start; page < end; page += arming->page_size) {
		if (!is_heap(page))
			continue;
		if (page - used_end > arming->bridged)
			used_end = page;
		mark_used(used_end, page + arming->page_size);
		used_end = page + arming->page_size;
	}
}

static void survey_range(uintptr_t at, uintptr_t end)
{
	uintptr_t used_end = 0, run, run_end;

	for (; at < end; used_end = at = run_end) {
		run = at;
		if (!next_run(USED, &run, end, &run_end))
			run = run_end = end;
		survey_gap(used_end, at, run);
	}
}

/* Of a libgc that cannot be asked, everything counts as used. */
void arming_survey(const struct pgb_range_table *followed)
{
	bool can_ask = arming->api->is_heap_ptr;

	if (!arming->api->is_init_called())
		return;
	for (size_t i = 0; i < followed->count; i++)
		(can_ask ? survey_range : mark_used)(followed->range[i].start,
						     followed->range[i].end);
	arming->surveyed = true;
}

static void arm_all_used(uintptr_t at, uintptr_t end)
{
	uintptr_t run_end;

	clear(WARM, at, end);
	for (; next_run(USED, &at, end, &run_end); at = run_end)
		set(ARMED, at, run_end);
}

/* Of a collection's harvests, only the first finds what was written in a whole cycle. */
static void begin_cycle(const struct pgb_range_table *followed)
{
	arming->turn = (arming->turn + 1) % PERIOD;
	arming->chunk = 0;
	for (size_t i = 0; !arming->turn && i < followed->count; i++)
		arm_all_used(followed->range[i].start, followed->range[i].end);
}

bool arming_begin_harvest(const struct pgb_range_table *followed)
{
	if (!arming->surveyed)
		arming_survey(followed);
	if (!arming->surveyed)
		return false;
	arming->surveyed = false;
	arming->counts = !arming->in_parts || arming->collection_over;
	arming->collection_over = false;
	if (arming->counts)
		begin_cycle(followed);
	return true;
}

bool arming_end_collection(void)
{
	arming->collection_over = true;
	return arming->in_parts;
}

bool arming_next_harvested(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	return next_run(arming->in_parts ? USED : ARMED, start, end, run_end);
}

bool arming_next_hot(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	uintptr_t armed, armed_end;

	for (; next_run(USED, start, end, run_end); *start = armed_end) {
		armed = *start;
		if (!next_run(ARMED, &armed, *run_end, &armed_end))
			return true;
		if (armed == *start)
			continue;
		*run_end = armed;
		return true;
	}
	return false;
}

/* Twice, because whatever has just come into use is dirty, and may never be again. */
static void note_dirty_chunk(uintptr_t page)
{
	uintptr_t start = arming->chunk, end = start + CHUNK * arming->page_size;

	if (pgb_pagebits_test(&arming->plane[WARM], page))
		clear(ARMED, start, end);
	else
		set(WARM, start, end);
}

/* What has been hot is dirty unseen in the first harvest of a period. */
void arming_note_dirty(uintptr_t start, uintptr_t end)
{
	size_t size = CHUNK * arming->page_size, before;
	uintptr_t next;

	if (!arming->counts || !arming->turn)
		return;
	for (; start < end; start = next) {
		uintptr_t chunk = start / size * size;

		if (chunk != arming->chunk) {
			arming->chunk = chunk;
			arming->dirty = 0;
		}
		next = chunk + size < end ? chunk + size : end;
		before = arming->dirty;
		arming->dirty += (next - start) / arming->page_size;
		if (before < NEARLY_ALL && arming->dirty >= NEARLY_ALL)
			note_dirty_chunk(start);
	}
}

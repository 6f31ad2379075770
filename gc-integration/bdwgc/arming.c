/* SPDX-License-Identifier: MIT */
/* arming.c - which pages of libgc's memory are worth a fault. */
#include "arming.h"

#include <errno.h>

#include "old_objects.h"
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
	/* So many free pages in a row are worth a call, and a run of their own. */
	FREE = BRIDGED + 1,
	/* By signals a run is a mapping, too, of which there are few. */
	FREE_BY_SIGNALS = 16 * FREE,
	/* To disarm a run takes so many pages' time, beside that of its pages. */
	PAGES_PER_RUN = 16,
};

/* In memory of our own: addresses in .bss would be roots to libgc. */
static struct arming {
	const struct collector_api *api;
	size_t page_size;
	size_t block;	/* of libgc's: its bytes, or fewer */
	size_t bridged; /* bytes */
	size_t free;	/* pages */
	bool in_parts;
	bool surveyed;		   /* since the last harvest */
	struct pgb_pagebits used;  /* has been heap, and not found to be free since */
	struct pgb_pagebits fresh; /* in use since the harvest before: not armed yet */
	struct pgb_hot hot;
	bool counts;	 /* this harvest is of a whole cycle */
	bool precleaned; /* the next one is of what was written since */
	bool collection_over;
} * arming;

int arming_init(const struct collector *collector, bool in_parts, bool by_signals)
{
	int err;

	arming = pgb_memory_map(sizeof(*arming));
	if (!arming)
		return -ENOMEM;
	arming->api = &collector->api;
	arming->page_size = pgb_page_size();
	arming->block = BLOCK;
	arming->in_parts = in_parts;
	arming->bridged = by_signals ? 0 : BRIDGED * arming->page_size;
	arming->free = by_signals ? FREE_BY_SIGNALS : FREE;
	old_objects_init(collector);
	err = pgb_pagebits_init(&arming->used) ?: pgb_pagebits_init(&arming->fresh)
		      ?: pgb_hot_init(&arming->hot, (struct pgb_hot_limit){0});
	if (!err)
		arming->hot.is_dear = old_objects_are_many;
	return err;
}

void arming_blocks_are_pages(void)
{
	if (arming)
		arming->block = arming->page_size;
}

void arming_limit(struct pgb_hot_limit limit)
{
	arming->hot.limit = limit;
}

int arming_make_room(uintptr_t start, uintptr_t end)
{
	return pgb_pagebits_reserve(&arming->used, start, end)
		       ?: pgb_pagebits_reserve(&arming->fresh, start, end)
		       ?: pgb_hot_make_room(&arming->hot, start, end);
}

void arming_forget(uintptr_t start, uintptr_t end)
{
	pgb_pagebits_clear_range(&arming->used, start, end);
	pgb_pagebits_clear_range(&arming->fresh, start, end);
	pgb_hot_forget(&arming->hot, start, end);
}

static void mark_used(uintptr_t start, uintptr_t end)
{
	pgb_pagebits_set_range(&arming->used, start, end);
	pgb_pagebits_set_range(&arming->fresh, start, end);
}

static bool next_used(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	return pgb_pagebits_next_run(&arming->used, start, end, run_end);
}

static bool is_heap(uintptr_t page)
{
	for (uintptr_t block = page; block < page + arming->page_size;
	     block += arming->block)
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
		if (!next_used(&run, end, &run_end))
			run = run_end = end;
		survey_gap(used_end, at, run);
	}
}

static void forget_fresh(const struct pgb_range_table *followed)
{
	for (size_t i = 0; i < followed->count; i++)
		pgb_pagebits_clear_range(&arming->fresh, followed->range[i].start,
					 followed->range[i].end);
}

/* Of a libgc that cannot be asked, everything counts as used. */
void arming_survey(const struct pgb_range_table *followed)
{
	bool can_ask = arming->api->is_heap_ptr;

	if (!arming->api->is_init_called())
		return;
	if (!arming->surveyed)
		forget_fresh(followed);
	for (size_t i = 0; i < followed->count; i++) {
		const struct pgb_range *range = &followed->range[i];

		if (can_ask)
			survey_range(range->start, range->end);
		else
			pgb_pagebits_set_range(&arming->used, range->start, range->end);
	}
	arming->surveyed = true;
}

static uintptr_t end_of_free(uintptr_t page, uintptr_t end)
{
	while (page < end && !is_heap(page))
		page += arming->page_size;
	return page;
}

/*
 * The first run in [*start, end), all of it used so far, of as many free pages as it takes,
 * and up to `most`.  Only one page of so many is asked about, so a run of less than twice
 * as many may be overlooked.
 */
static bool next_free(uintptr_t *start, uintptr_t end, uint64_t most, uintptr_t *run_end)
{
	size_t size = arming->page_size, least = arming->free * size;
	uintptr_t begin = *start, at = begin;

	for (; at < end; at += least) {
		*start = at;
		*run_end =
			end_of_free(at, (end - at) / size > most ? at + most * size : end);
		if (*run_end == at)
			continue;
		while (*start > begin && !is_heap(*start - size))
			*start -= size;
		if ((*run_end - *start) / size > most)
			*run_end = *start + most * size;
		if (*run_end - *start >= least)
			return true;
		begin = at = *run_end;
	}
	return false;
}

/* How many pages there is time for in another run; 0: not for the least. */
static uint64_t pages_left(uint64_t most)
{
	return most >= arming->free + PAGES_PER_RUN ? most - PAGES_PER_RUN : 0;
}

static void release_range(uintptr_t at, uintptr_t end, uint64_t *most, pgb_visitor *visit,
			  void *arg)
{
	uintptr_t run_end;
	uint64_t left, pages;

	for (; (left = pages_left(*most)); at = run_end) {
		if (!next_free(&at, end, left, &run_end))
			return;
		pages = (run_end - at) / arming->page_size;
		*most = pages < left ? left - pages : 0;
		pgb_pagebits_clear_range(&arming->used, at, run_end);
		visit(arg, at, run_end);
	}
}

/* Whatever is in use again by the next harvest, its survey finds. */
void arming_release(const struct pgb_range_table *followed, uint64_t *most,
		    pgb_visitor *visit, void *arg)
{
	if (!arming->api->is_heap_ptr || !arming->api->is_init_called())
		return;
	arming->surveyed = false;
	for (size_t i = 0; i < followed->count; i++) {
		uintptr_t at = followed->range[i].start, run_end;

		for (; next_used(&at, followed->range[i].end, &run_end); at = run_end)
			release_range(at, run_end, most, visit, arg);
	}
}

bool arming_begin_harvest(const struct pgb_range_table *followed)
{
	if (!arming->surveyed)
		arming_survey(followed);
	if (!arming->surveyed)
		return false;
	arming->surveyed = false;
	/* Of a collection's harvests, only the first finds what was written in a cycle. */
	arming->counts =
		!arming->precleaned && (!arming->in_parts || arming->collection_over);
	arming->precleaned = arming->collection_over = false;
	if (arming->counts)
		pgb_hot_begin_cycle(&arming->hot, followed);
	return true;
}

void arming_precleaned(void)
{
	arming->surveyed = true;
	arming->precleaned = true;
}

bool arming_end_collection(void)
{
	arming->collection_over = true;
	return arming->in_parts;
}

/* The first run in [*start, end) of pages that are used, and hot or not. */
static bool next_run(uintptr_t *start, uintptr_t end, bool is_hot, uintptr_t *run_end)
{
	uintptr_t hot, hot_end;

	for (; next_used(start, end, run_end); *start = hot_end) {
		hot = *start;
		if (!pgb_hot_next(&arming->hot, &hot, *run_end, &hot_end))
			hot = hot_end = *run_end;
		if (is_hot ? hot < hot_end : hot > *start) {
			*start = is_hot ? hot : *start;
			*run_end = is_hot ? hot_end : hot;
			return true;
		}
	}
	return false;
}

bool arming_next_harvested(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	return arming->in_parts ? next_used(start, end, run_end)
				: next_run(start, end, false, run_end);
}

bool arming_next_hot(uintptr_t *start, uintptr_t end, uintptr_t *run_end)
{
	return next_run(start, end, true, run_end);
}

/*
 * That a page was dirty which was not armed says nothing of the cycles to come: were it
 * counted, what takes the place of free blocks would be unarmed when it is old.
 */
void arming_note_dirty(uintptr_t start, uintptr_t end)
{
	uintptr_t fresh, fresh_end;

	for (; arming->counts && start < end; start = fresh_end) {
		fresh = start;
		if (!pgb_pagebits_next_run(&arming->fresh, &fresh, end, &fresh_end))
			fresh = fresh_end = end;
		if (start < fresh)
			pgb_hot_note(&arming->hot, start, fresh);
	}
}

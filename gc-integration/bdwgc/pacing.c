/* SPDX-License-Identifier: MIT */
/* pacing.c - how often libgc collects, and which collection marks the whole heap. */
#include "pacing.h"

#include "settings.h"

enum {
	LIBGC_MINIMUM = 1,   /* bytes between collections: libgc's default */
	MINIMUM = 1 << 20,   /* ours */
	FREE_SHARE_4THS = 3, /* of what is free, to be used before the next collection */
	EVERY_ONE = 0,	     /* collections are full ones */
	/*
	 * GC_init() collects what it has allocated itself.  If it was told not to, the
	 * second collection is a full one too.
	 */
	COLLECTION_AT_INIT = 1,
};

static const struct collector_api *api;
static bool first_is_due;

/*
 * In incremental mode libgc takes half of what it would allocate otherwise before it
 * collects again, and on a heap that has just begun that is a few blocks: hundreds of
 * collections of next to nothing.
 */
static void avoid_tiny_collections(void)
{
	if (settings_value(SETTING_MINIMUM) <= LIBGC_MINIMUM)
		settings_borrow(SETTING_MINIMUM, MINIMUM);
}

/*
 * Nor does it look at how much of the heap is free: a program that begins with a large
 * one, as nix does, has it collected over and over while nearly all of it is untouched.
 * Without incremental collection libgc uses a heap up before it collects.
 */
static void use_free_heap(void)
{
	struct collector_heap heap;
	size_t share;

	if (!api->get_prof_stats_unsafe || !settings_is_ours(SETTING_MINIMUM))
		return;
	api->get_prof_stats_unsafe(&heap, sizeof(heap));
	share = (heap.free - heap.unmapped) / 4 * FREE_SHARE_4THS;
	settings_borrow(SETTING_MINIMUM, share > MINIMUM ? share : MINIMUM);
}

/*
 * The first collection of a program marks all that is alive, for nothing is marked yet;
 * but libgc counts it as a partial one, finds that the heap has grown since the last full
 * one, and marks everything once more.  A frequency of 0 makes it a full one by name too.
 */
static void let_first_be_full(void)
{
	settings_borrow(SETTING_FULL_FREQUENCY, EVERY_ONE);
	first_is_due = true;
}

void pacing_init(const struct collector *collector)
{
	if (!collector_has_pace_settings(collector))
		return;
	api = &collector->api;
	avoid_tiny_collections();
	let_first_be_full();
}

void pacing_after_stop(bool marked)
{
	if (!first_is_due || !marked || api->get_gc_no() <= COLLECTION_AT_INIT)
		return;
	settings_give_back(SETTING_FULL_FREQUENCY);
	first_is_due = false;
}

void pacing_after_collection(void)
{
	if (api)
		use_free_heap();
}

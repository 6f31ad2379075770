/* SPDX-License-Identifier: MIT */
/* pacing.c - how often libgc collects, and which collection marks the whole heap. */
#include "pacing.h"

#include "census.h"
#include "extremes.h"
#include "governor.h"
#include "heap.h"
#include "message.h"
#include "settings.h"

enum {
	LIBGC_MINIMUM = 1,   /* bytes between collections: libgc's default */
	MINIMUM = 1 << 20,   /* ours */
	FREE_SHARE_4THS = 3, /* of what is free, to be used before the next collection */
	EVERY_ONE = 0,	     /* collections are full ones */
	/* Floating garbage that is left alone: half of what is alive, or in any heap. */
	FLOATING_HALVES = 1,
	FLOATING_LEAST = 8 << 20,
	/*
	 * GC_init() collects what it has allocated itself.  If it was told not to, the
	 * second collection is a full one too.
	 */
	COLLECTION_AT_INIT = 1,
};

static const struct collector_api *api;
static bool stops_are_bounded;
static bool full_is_due;	 /* the next collection is a full one, if we may say so */
static bool last_was_full;	 /* because it was due */
static struct census after_full; /* that was made because it was due */

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
 * Nor does libgc look at how much of the heap is free: a program that begins with a large
 * one, as nix does, has it collected over and over while nearly all of it is untouched.
 * Without incremental collection libgc uses a heap up before it collects.
 */
static size_t free_heap(void)
{
	struct collector_heap heap;

	if (!api->get_prof_stats_unsafe)
		return 0;
	api->get_prof_stats_unsafe(&heap, sizeof(heap));
	return (heap.free - heap.unmapped) / 4 * FREE_SHARE_4THS;
}

/* What libgc allocates between collections when it is not incremental, but for roots. */
static size_t unhalved(const struct census *census)
{
	size_t divisor = api->get_free_space_divisor ? api->get_free_space_divisor() : 0;
	size_t traced = census->in_use - census->pointer_free;

	return divisor ? (2 * traced + census->pointer_free / 4) / divisor : 0;
}

/*
 * When libgc is incremental it takes half of that, for short collections.  But much of what
 * a collection costs comes with each, however little was allocated, so it is mostly twice
 * as many of them for nothing.
 *
 * Floating garbage would put off the collection that finds it dead, so it does not count,
 * as far as it is not left alone anyway: small heaps are collected the most often.  Where
 * stops are bounded it does count: there it is what was allocated during a collection.
 */
static size_t until_next(const struct census *census)
{
	struct census most = after_full;

	most.in_use += FLOATING_LEAST;
	return stops_are_bounded ? unhalved(census)
				 : lesser(unhalved(census), unhalved(&most));
}

/* The later a collection ends, the sooner it has to begin. */
static size_t until_start(size_t until_end)
{
	size_t meanwhile = governor_allocated();

	return until_end > meanwhile ? until_end - meanwhile : 0;
}

static void set_full_due(bool due)
{
	if (due)
		settings_borrow(SETTING_FULL_FREQUENCY, EVERY_ONE);
	else
		settings_give_back(SETTING_FULL_FREQUENCY);
	full_is_due = due && settings_is_ours(SETTING_FULL_FREQUENCY);
}

/*
 * What dies after its first collection stays until a full one, and libgc does not see how
 * much that is while it has room in blocks that are in use anyway: of a program whose
 * objects live for some collections and then die, it keeps three times what is alive.
 */
static void limit_floating_garbage(const struct census *census)
{
	size_t limit;

	if (last_was_full || census->in_use < after_full.in_use)
		after_full = *census;
	last_was_full = false;
	limit = after_full.in_use +
		larger(after_full.in_use / 2 * FLOATING_HALVES, FLOATING_LEAST);
	if (census->in_use <= limit)
		return;
	set_full_due(true);
	if (full_is_due)
		message_info("%zu MiB are in use, after the last full collection there "
			     "were %zu: the next one is full",
			     census->in_use >> 20, after_full.in_use >> 20);
}

/*
 * The first collection of a program marks all that is alive, for nothing is marked yet;
 * but libgc counts it as a partial one, finds that the heap has grown since the last full
 * one, and marks everything once more.  A frequency of 0 makes it a full one by name too.
 */
void pacing_init(const struct collector *collector, bool bounds_stops)
{
	if (!collector_has_pace_settings(collector))
		return;
	api = &collector->api;
	stops_are_bounded = bounds_stops;
	avoid_tiny_collections();
	set_full_due(true);
}

void pacing_after_stop(bool marked)
{
	if (!full_is_due || !marked || api->get_gc_no() <= COLLECTION_AT_INIT)
		return;
	set_full_due(false);
	last_was_full = true;
}

void pacing_after_collection(void)
{
	struct census census = {0};
	size_t until_end;

	if (!api)
		return;
	until_end = free_heap();
	if (census_take(api, heap_ranges(), &census)) {
		limit_floating_garbage(&census);
		until_end = larger(until_end, until_next(&census));
	}
	if (settings_is_ours(SETTING_MINIMUM))
		settings_borrow(SETTING_MINIMUM, larger(until_start(until_end), MINIMUM));
}

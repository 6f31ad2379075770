/* SPDX-License-Identifier: MIT */
/*
 * governor.c - keep libgc's stops near a target.
 *
 * A try that runs out of time leaves a mark stack, which allocation calls work off; what
 * the program dirties meanwhile is the work of the next try.  So tries converge as long as
 * each finds fewer dirty pages than the one before.
 *
 * Each try walks all block headers of the heap anew, which costs more than marking from a
 * few hundred pages.  So once a try has found so few that they can be marked within the
 * target, the next one is the last, and runs to the end.  Where tries do not converge,
 * there is more marking to be done between them; and where that does not help any more,
 * the next one is the last, too: it has as little to do as it ever will.
 */
#include "governor.h"

#include "heap.h"
#include "message.h"
#include "settings.h"

enum {
	TRIES_UNLIMITED = 10000,
	TRIES_OVER = 0, /* the next stop runs to its end */
	TRIES_FEW = 3,	/* a collection with no more can do with a lower rate */
	RATE_LEAST = 25,
	RATE_FIRST = 100,
	RATE_MOST = 400,
	/*
	 * What marking from a dirty page takes, at most: 10 to 13 were measured on pages of
	 * pointers in random order, with all that hangs on them newly.
	 */
	MICROSECONDS_PER_PAGE = 20,
};

static unsigned tries_taken; /* in this collection */
static uint64_t pages_before, dirty_before;
static uint64_t pages_in_target;

void governor_init(unsigned target_ms)
{
	pages_in_target = (uint64_t)target_ms * 1000 / MICROSECONDS_PER_PAGE;
	settings_borrow(SETTING_TRIES, TRIES_UNLIMITED);
	settings_borrow(SETTING_RATE, RATE_FIRST);
}

/* Dirty pages of the stop that is just over. */
static uint64_t dirty_pages(void)
{
	uint64_t pages = heap_pages_reported(), dirty = pages - pages_before;

	pages_before = pages;
	return dirty;
}

static bool can_mark_faster(void)
{
	return settings_is_ours(SETTING_RATE) && settings_value(SETTING_RATE) < RATE_MOST;
}

static size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The first try is no measure: it finds what was written since the last collection. */
static void after_try(uint64_t dirty)
{
	bool first = !tries_taken++;
	size_t rate = settings_value(SETTING_RATE);

	if (first)
		return;
	if (dirty <= pages_in_target) {
		settings_borrow(SETTING_TRIES, TRIES_OVER);
		return;
	}
	if (dirty < dirty_before - dirty_before / 4)
		return;
	if (can_mark_faster())
		settings_borrow(SETTING_RATE, lesser(rate * 2, RATE_MOST));
	else
		settings_borrow(SETTING_TRIES, TRIES_OVER);
}

static void after_collection(uint64_t nanoseconds)
{
	size_t rate = settings_value(SETTING_RATE);

	message_info("a stop of %llu us ended a collection after %u tries at rate %zu",
		     (unsigned long long)nanoseconds / 1000, tries_taken, rate);
	settings_borrow(SETTING_TRIES, TRIES_UNLIMITED);
	if (tries_taken <= TRIES_FEW && rate > RATE_LEAST)
		settings_borrow(SETTING_RATE, rate - rate / 8);
	tries_taken = 0;
}

void governor_after_stop(uint64_t nanoseconds, bool marked)
{
	uint64_t dirty = dirty_pages();

	if (marked)
		after_collection(nanoseconds);
	else
		after_try(dirty);
	dirty_before = dirty;
}

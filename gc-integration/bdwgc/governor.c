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

enum {
	TRIES_UNLIMITED = 10000,
	TRIES_OVER = 0, /* the next stop runs to its end */
	TRIES_FEW = 3,	/* a collection with no more can do with a lower rate */
	/* Units of marking, about a page each, for each block that is allocated. */
	RATE_LEAST = 25,
	RATE_FIRST = 100,
	RATE_MOST = 400,
	/*
	 * What marking from a dirty page takes, at most: 10 to 13 were measured on pages of
	 * pointers in random order, with all that hangs on them newly.
	 */
	MICROSECONDS_PER_PAGE = 20,
};

/* A setting of libgc's.  Once the program has set it, it is the program's. */
struct setting {
	int (*get)(void);
	void (*set)(int value);
	int ours;
	bool given_up;
};

static struct setting tries, rate;
static unsigned tries_taken; /* in this collection */
static uint64_t pages_before, dirty_before;
static uint64_t pages_in_target;

static void take_over(struct setting *setting, int value)
{
	setting->set(value);
	setting->ours = value;
}

static void change(struct setting *setting, int value)
{
	if (setting->get() != setting->ours)
		setting->given_up = true;
	if (!setting->given_up && value != setting->ours)
		take_over(setting, value);
}

void governor_init(const struct collector *collector, unsigned target_ms)
{
	const struct collector_api *api = &collector->api;

	pages_in_target = (uint64_t)target_ms * 1000 / MICROSECONDS_PER_PAGE;
	tries = (struct setting){
		.get = api->get_max_prior_attempts,
		.set = api->set_max_prior_attempts,
	};
	rate = (struct setting){.get = api->get_rate, .set = api->set_rate};
	take_over(&tries, TRIES_UNLIMITED);
	take_over(&rate, RATE_FIRST);
}

/* Dirty pages of the stop that is just over. */
static uint64_t dirty_pages(void)
{
	uint64_t pages = heap_pages_reported(), dirty = pages - pages_before;

	pages_before = pages;
	return dirty;
}

/* The first try is no measure: it finds what was written since the last collection. */
static void after_try(uint64_t dirty)
{
	bool first = !tries_taken++;

	if (first)
		return;
	if (dirty <= pages_in_target) {
		change(&tries, TRIES_OVER);
		return;
	}
	if (dirty < dirty_before - dirty_before / 4)
		return;
	if (rate.ours < RATE_MOST && !rate.given_up)
		change(&rate, rate.ours * 2 < RATE_MOST ? rate.ours * 2 : RATE_MOST);
	else
		change(&tries, TRIES_OVER);
}

static void after_collection(uint64_t nanoseconds)
{
	message_info("a stop of %llu us ended a collection after %u tries at rate %d",
		     (unsigned long long)nanoseconds / 1000, tries_taken, rate.ours);
	change(&tries, TRIES_UNLIMITED);
	if (tries_taken <= TRIES_FEW && rate.ours > RATE_LEAST)
		change(&rate, rate.ours - rate.ours / 8);
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

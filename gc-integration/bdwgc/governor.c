/* SPDX-License-Identifier: MIT */
/*
 * governor.c - keep libgc's stops near a target.
 *
 * Tries: plenty.  Running out of them is what makes a stop unbounded.
 *
 * Rate: marking between tries in units of about a page for each block that is allocated.
 * Too little of it and the program dirties pages and fills the heap faster than marking
 * proceeds, so that tries run out; too much, and single allocations become slow.  So the
 * rate doubles while a collection takes many tries, and falls by an eighth after each
 * that took few.
 */
#include "governor.h"

#include "message.h"

enum {
	TRIES_FIRST = 100,
	TRIES_MOST = 10000,
	TRIES_MANY = 20, /* in one collection: the rate is too low */
	TRIES_FEW = 4,
	RATE_FIRST = 100,
	RATE_LEAST = 20,
	RATE_MOST = 2000,
};

/* A setting of libgc's.  Once the program has set it, it is the program's. */
struct setting {
	int (*get)(void);
	void (*set)(int value);
	int ours;
	bool given_up;
};

static struct setting tries, rate;
static uint64_t target_ns;
static unsigned tries_in_collection;

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

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

void governor_init(const struct collector *collector, unsigned target)
{
	const struct collector_api *api = &collector->api;

	target_ns = (uint64_t)target * 1000000;
	tries = (struct setting){
		.get = api->get_max_prior_attempts,
		.set = api->set_max_prior_attempts,
	};
	rate = (struct setting){.get = api->get_rate, .set = api->set_rate};
	take_over(&tries, TRIES_FIRST);
	take_over(&rate, RATE_FIRST);
}

static void adapt_rate(void)
{
	if (tries_in_collection >= TRIES_MANY && tries_in_collection % TRIES_MANY == 0)
		change(&rate, clamp(rate.ours * 2, RATE_LEAST, RATE_MOST));
	else if (tries_in_collection && tries_in_collection <= TRIES_FEW)
		change(&rate, clamp(rate.ours - rate.ours / 8, RATE_LEAST, RATE_MOST));
}

/* A stop that ran to its end far beyond the target had no tries left. */
static void adapt_tries(uint64_t nanoseconds)
{
	if (nanoseconds > 2 * target_ns && tries_in_collection >= (unsigned)tries.ours)
		change(&tries, clamp(tries.ours * 2, TRIES_FIRST, TRIES_MOST));
}

void governor_after_stop(uint64_t nanoseconds, bool marked)
{
	if (!marked) {
		tries_in_collection++;
		if (tries_in_collection % TRIES_MANY == 0)
			adapt_rate();
		return;
	}
	adapt_tries(nanoseconds);
	adapt_rate();
	message_info("stop of %llu us ends a collection after %u tries; rate %d, tries %d",
		     (unsigned long long)nanoseconds / 1000, tries_in_collection, rate.ours,
		     tries.ours);
	tries_in_collection = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * governor.c - keep libgc's stops near a target.
 *
 * A try that runs out of time leaves a mark stack, which allocation calls work off; what
 * the program dirties meanwhile is the work of the next try.  So tries converge as long as
 * each finds fewer dirty pages than the one before.
 *
 * Each try may walk all block headers of the heap anew, which costs more than marking from
 * a few hundred pages.  So once a try has found so few that they can be marked within the
 * target, the next one is the last, and runs to the end.  Where tries do not converge,
 * there is more marking to be done between them; and where that does not help any more,
 * the next one is the last, too: it has as little to do as it ever will.
 *
 * Where the walk would take too much of the target, tries are abandoned before it, and it
 * is taken between stops; in the last stop there is no other way around it.  If walk.h can
 * spare it, tries that find many pages are abandoned all the same, and those that find few
 * are made: they may end the collection.
 *
 * A program with time to spare is better served by harvests than by tries, in any heap: it
 * waits for each try, and for a walk that goes with it.  What harvests have left in the end
 * is marked from in a burst.
 */
#include "governor.h"

#include "dirty_pages.h"
#include "extremes.h"
#include "heap.h"
#include "idle.h"
#include "message.h"
#include "os/memory.h"
#include "precleaning.h"
#include "settings.h"
#include "stop_function.h"
#include "walk.h"

enum {
	TRIES_UNLIMITED = 10000,
	TRIES_OVER = 0, /* the next stop runs to its end */
	TRIES_FEW = 3,	/* a collection with no more can do with a lower rate */
	RATE_LEAST = 25,
	RATE_FIRST = 100,
	RATE_MOST = 400,
	/* For a program with time to spare. */
	RATE_SPARING_FIRST = 2,
	RATE_SPARING_LEAST = 1,
	HURRY = 8,     /* times the usual rate, where tries do not converge */
	TOLERABLE = 2, /* times the target, by the worst of what a page may take */
	/* Times what fits the target: harvests between stops take most of it away. */
	FEW_TO_HARVEST = 2,
	/* Of what is in use, to be allocated while a collection is made. */
	ALLOCATED_MOST = 4,  /* a quarter */
	ALLOCATED_LEAST = 8, /* an eighth */
	/*
	 * What marking from a dirty page takes, at most: 10 to 13 were measured on pages of
	 * pointers in random order, with all that hangs on them newly.
	 */
	MICROSECONDS_PER_PAGE = 20,
	/*
	 * What the walk over block headers takes: 30 to 45 were measured, a cache miss.  A
	 * large object is one step, but there is no telling how many of those there are.
	 */
	NANOSECONDS_PER_BLOCK = 40,
	WALKS_IN_TARGET = 2, /* with fewer, a try has none */
};

static unsigned tries_taken;  /* in this collection */
static unsigned rounds;	      /* of precleaning, in this collection */
static unsigned ended_before; /* tries, at once */
static uint64_t pages_before, dirty_before;
static uint64_t pages_in_target, blocks_in_target;
static size_t usual_rate = RATE_FIRST;
static size_t allocated_before; /* when this collection began */
static size_t allocated_in_last;
static bool has_time; /* the program, while this collection is made */
static bool walk_is_long;
static bool bursts;
static size_t rate_before_burst;
static const struct collector_api *api;

void governor_init(const struct collector *collector, unsigned target_ms)
{
	api = &collector->api;
	pages_in_target = (uint64_t)target_ms * 1000 / MICROSECONDS_PER_PAGE;
	blocks_in_target = (uint64_t)target_ms * 1000000 / NANOSECONDS_PER_BLOCK;
	settings_borrow(SETTING_TRIES, TRIES_UNLIMITED);
	settings_borrow(SETTING_RATE, RATE_FIRST);
	idle_watch();
}

/* Dirty pages since the stop before, but for those that were marked from before this one.
 */
static uint64_t dirty_pages(void)
{
	return heap_pages_reported() - pages_before - precleaning_pages();
}

/* Who has just got time to spare, or has it no more, is marked for likewise at once. */
static void see_whether_it_has_time(void)
{
	bool had_time = has_time;

	has_time = idle_was_seen();
	dirty_pages_keep_small(has_time);
	if (has_time == had_time)
		return;
	usual_rate = has_time ? lesser(usual_rate, RATE_SPARING_FIRST)
			      : larger(usual_rate, RATE_LEAST);
	settings_borrow(SETTING_RATE, usual_rate);
}

/* To give up is to have one long stop: the more is left, the more is tried before that. */
static void mark_faster(uint64_t dirty)
{
	bool may_give_up = has_time && dirty <= pages_in_target * TOLERABLE;
	size_t rate = settings_value(SETTING_RATE);
	size_t most = may_give_up ? lesser(usual_rate * HURRY, RATE_MOST) : RATE_MOST;

	if (settings_is_ours(SETTING_RATE) && rate < most)
		settings_borrow(SETTING_RATE, lesser(rate * 2, most));
	else
		settings_borrow(SETTING_TRIES, TRIES_OVER);
}

/*
 * So few that the next try can be the last, and this one might be.  Where harvests between
 * stops came down to few, those of this stop were written while its roots were still to be
 * marked from, and the next harvests will come down as far.
 */
static bool are_few(uint64_t dirty)
{
	bool came_to_few = precleaning_left_few() || bursts;

	return dirty <= pages_in_target * (came_to_few ? FEW_TO_HARVEST : 1);
}

/* The first try is no measure: it finds what was written since the last collection. */
static void after_try(uint64_t dirty, bool few, const struct collector_heap *heap)
{
	if (!tries_taken++)
		allocated_before = heap->allocated;
	else if (few)
		settings_borrow(SETTING_TRIES, TRIES_OVER);
	else if (dirty >= dirty_before - dirty_before / 4)
		mark_faster(dirty);
}

/*
 * Of a collection that is made in little time, for a program that has none to spare.  Two
 * harvests between stops are in the place of a try.
 */
static size_t quick_rate(void)
{
	size_t rate = settings_value(SETTING_RATE);

	if (tries_taken + rounds / 2 <= TRIES_FEW)
		rate -= rate / 8;
	return larger(rate, RATE_LEAST);
}

/*
 * Of one that leaves the program most of the time between its stops, or else those who
 * wait for an answer wait for all stops of a collection together.  It takes longer, and
 * more is allocated meanwhile: that is the limit.
 */
static size_t sparing_rate(const struct collector_heap *heap)
{
	size_t in_use = heap->size - heap->free;

	if (allocated_in_last > in_use / ALLOCATED_MOST)
		return lesser(usual_rate * 2, RATE_MOST);
	if (allocated_in_last < in_use / ALLOCATED_LEAST)
		return larger(usual_rate / 2, RATE_SPARING_LEAST);
	return usual_rate;
}

/* One that ended with its first stop, as GC_gcollect() has it, tells of nothing. */
static void adapt(const struct collector_heap *heap)
{
	if (!tries_taken)
		return;
	allocated_in_last = heap->allocated - allocated_before;
	usual_rate = has_time ? sparing_rate(heap) : quick_rate();
}

static void after_collection(uint64_t nanoseconds, const struct collector_heap *heap)
{
	message_info("a stop of %llu us ended a collection after %u tries "
		     "(%u abandoned at once) at rate %zu and %u harvests between them",
		     (unsigned long long)nanoseconds / 1000, tries_taken,
		     stop_function_ended() - ended_before, settings_value(SETTING_RATE),
		     rounds);
	ended_before = stop_function_ended();
	adapt(heap);
	settings_borrow(SETTING_RATE, usual_rate);
	settings_borrow(SETTING_TRIES, TRIES_UNLIMITED);
	tries_taken = rounds = 0;
	idle_watch();
}

/*
 * At a sparing rate the program makes pages dirty as fast as they are marked from, and what
 * is left never gets less.  Once it can be marked from in a moment, that is done.
 */
static void begin_burst(void)
{
	rate_before_burst = settings_value(SETTING_RATE);
	bursts = settings_is_ours(SETTING_RATE) && rate_before_burst < RATE_FIRST;
	if (bursts)
		settings_borrow(SETTING_RATE, RATE_FIRST);
}

static void end_burst(void)
{
	if (bursts)
		settings_borrow(SETTING_RATE, rate_before_burst);
	bursts = false;
}

static bool is_long(const struct collector_heap *heap)
{
	return (heap->size - heap->free) / pgb_page_size() >
	       blocks_in_target / WALKS_IN_TARGET;
}

bool governor_try_is_hopeless(void)
{
	return walk_is_long && !(walk_is_spared() && are_few(dirty_pages()));
}

void governor_after_stop(uint64_t nanoseconds, bool marked)
{
	struct collector_heap heap = {0};
	uint64_t dirty = dirty_pages();
	bool few = are_few(dirty);

	if (api->get_prof_stats_unsafe)
		api->get_prof_stats_unsafe(&heap, sizeof(heap));
	rounds += precleaning_rounds();
	end_burst();
	if (!tries_taken)
		see_whether_it_has_time();
	if (marked)
		after_collection(nanoseconds, &heap);
	else
		after_try(dirty, few, &heap);
	walk_is_long = is_long(&heap);
	precleaning_after_stop();
	pages_before = heap_pages_reported();
	dirty_before = dirty;
}

/* A burst is short, and what is written in it for its stop, unless that has no limit. */
static bool is_to_harvest(void)
{
	return !bursts || settings_value(SETTING_TRIES) == TRIES_OVER;
}

bool governor_find_more(void)
{
	bool more = is_to_harvest() && precleaning_find_more();

	if (has_time && more && !bursts && precleaning_found() <= pages_in_target)
		begin_burst();
	return more;
}

bool governor_program_has_time(void)
{
	return has_time;
}

/* A full collection at a sparing rate might have the heap grow by half of it. */
void governor_heap_grew(void)
{
	struct collector_heap heap = {0};
	size_t rate;

	if (!has_time || bursts || !tries_taken || !api->get_prof_stats_unsafe)
		return;
	rate = settings_value(SETTING_RATE);
	api->get_prof_stats_unsafe(&heap, sizeof(heap));
	if (heap.allocated - allocated_before > (heap.size - heap.free) / ALLOCATED_MOST)
		settings_borrow(SETTING_RATE, larger(rate, lesser(rate * 2, RATE_FIRST)));
}

uint64_t governor_pages_in_target(void)
{
	return pages_in_target;
}

size_t governor_allocated(void)
{
	return allocated_in_last;
}

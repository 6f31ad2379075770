/* SPDX-License-Identifier: MIT */
/* precleaning.c - harvest while marking goes on between two stops of a collection. */
#include "precleaning.h"

#include "events.h"
#include "heap.h"

enum {
	ROUNDS_MOST =
		8, /* for a program that writes as fast as its pages are marked from */
};

static void (*harvest)(void);
static uint64_t enough;
static unsigned rounds;
static uint64_t reported;
static uint64_t found, found_before; /* pages, in the last two rounds */

void precleaning_init(void (*with)(void), uint64_t pages)
{
	harvest = with;
	enough = pages;
}

static bool pays(void)
{
	if (!rounds)
		return true;
	if (rounds == ROUNDS_MOST || found <= enough)
		return false;
	return rounds == 1 || found < found_before - found_before / 4;
}

bool precleaning_find_more(void)
{
	uint64_t before = heap_pages_reported();

	if (!heap_can_preclean() || !events_world_runs() || !pays())
		return false;
	harvest();
	rounds++;
	reported = heap_pages_reported();
	found_before = found;
	found = reported - before;
	return true;
}

void precleaning_after_stop(void)
{
	rounds = 0;
	reported = 0;
}

unsigned precleaning_rounds(void)
{
	return rounds;
}

bool precleaning_left_few(void)
{
	return rounds && found <= enough;
}

uint64_t precleaning_pages_reported(void)
{
	return reported;
}

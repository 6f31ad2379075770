/* SPDX-License-Identifier: MIT */
/* precleaning.c - harvest while marking goes on between two stops of a collection. */
#include "precleaning.h"

#include "dirty_pages.h"
#include "events.h"
#include "heap.h"

/* For a program that writes as fast as its pages are marked from. */
#define ROUNDS_MOST 8

/* What hangs on a few pages may take long to mark, and more is written meanwhile. */
#define FEW_IN_A_ROW 2

static void (*harvest)(void);
static uint64_t enough;
static unsigned rounds, few_in_a_row;
static uint64_t found, found_before; /* pages that we mark from, in the last two rounds */
static uint64_t found_in_all;
static uint64_t passed_on; /* to libgc, since the last stop: the next one marks from them */

void precleaning_init(void (*with)(void), uint64_t pages)
{
	harvest = with;
	enough = pages;
}

bool precleaning_left_few(void)
{
	return few_in_a_row;
}

uint64_t precleaning_found(void)
{
	return found;
}

static bool pays(void)
{
	if (!rounds)
		return true;
	if (rounds == ROUNDS_MOST || few_in_a_row == FEW_IN_A_ROW)
		return false;
	return rounds == 1 || few_in_a_row || found < found_before - found_before / 4;
}

/* What is passed on to libgc is marked from in the next stop, as if it was found there. */
static uint64_t pages_to_mark_from(void)
{
	return heap_pages_reported() - dirty_pages_passed_on();
}

bool precleaning_find_more(void)
{
	uint64_t before = pages_to_mark_from(), passed_before = dirty_pages_passed_on();

	if (!heap_can_preclean() || !events_world_runs() || !pays())
		return false;
	harvest();
	rounds++;
	found_before = found;
	found = pages_to_mark_from() - before;
	found_in_all += found;
	passed_on += dirty_pages_passed_on() - passed_before;
	few_in_a_row = found + passed_on <= enough ? few_in_a_row + 1 : 0;
	return true;
}

void precleaning_after_stop(void)
{
	rounds = few_in_a_row = 0;
	found = found_in_all = passed_on = 0;
}

unsigned precleaning_rounds(void)
{
	return rounds;
}

uint64_t precleaning_pages(void)
{
	return found_in_all;
}

/* SPDX-License-Identifier: MIT */
/* walk.c - how much of libgc's walk over block headers there is to be. */
#include "walk.h"

#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "record.h"
#include "walk_steps.h"

static uint64_t spared_in; /* the stop of that number */

/*
 * A collection that marks everything begins with a walk that is not for dirty blocks.  And
 * when the world runs there have to be blocks again.
 */
static bool can_be_empty(void)
{
	return empty_walk_is_possible() && dirty_pages_marks_hold() &&
	       events_tells_of_stops() && events_stop_number();
}

void walk_prepare(bool told, pgb_visitor *visit, void *arg)
{
	if (!dirty_pages_keeps_small())
		return;
	/* Should marking be abandoned before it, the walk is taken between stops. */
	walk_steps_end(visit, arg);
	if (told || !can_be_empty())
		return;
	empty_walk_begin();
	spared_in = events_stop_number();
	record_walk_skipped();
}

bool walk_is_spared(void)
{
	return events_is_stop(spared_in);
}

/* SPDX-License-Identifier: MIT */
/*
 * mmu.c - minimum mutator utilisation.
 *
 * As a window slides, the time stopped in it grows while a pause enters at its end and
 * none leaves at its start.  So it is greatest where a window starts with a pause or ends
 * with one, or at an end of the run, and only those windows are looked at.
 */
#include "tool/mmu.h"

/* How long the program was stopped until a moment that only moves forward. */
struct cursor {
	const struct pgb_stats_pause *next, *end; /* not over yet */
	uint64_t stopped;			  /* in all before `next` */
};

static uint64_t stopped_until(struct cursor *cursor, uint64_t moment)
{
	const struct pgb_stats_pause *next = cursor->next;

	while (next < cursor->end && next->start_ns + next->duration_ns <= moment)
		cursor->stopped += next++->duration_ns;
	cursor->next = next;
	if (next < cursor->end && next->start_ns < moment)
		return cursor->stopped + moment - next->start_ns;
	return cursor->stopped;
}

struct slide {
	struct cursor start, end;
	uint64_t window, longest; /* longest: stopped in the worst window so far */
};

static void look_at(struct slide *slide, uint64_t start)
{
	uint64_t before = stopped_until(&slide->start, start);
	uint64_t stopped = stopped_until(&slide->end, start + slide->window) - before;

	if (stopped > slide->longest)
		slide->longest = stopped;
}

double pgb_mmu(const struct pgb_stats_pause *pauses, size_t count, uint64_t lasted,
	       uint64_t window)
{
	const struct cursor begin = {.next = pauses, .end = pauses + count};
	struct slide starts = {.start = begin, .end = begin, .window = window};
	struct slide ends = starts;
	uint64_t last = lasted - window, longest;

	for (size_t i = 0; i < count; i++) {
		uint64_t start = pauses[i].start_ns;
		uint64_t end = start + pauses[i].duration_ns;

		look_at(&starts, start < last ? start : last);
		look_at(&ends, end > window ? end - window : 0);
	}
	longest = starts.longest > ends.longest ? starts.longest : ends.longest;
	return 1 - (double)longest / (double)window;
}

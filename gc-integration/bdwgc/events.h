/* SPDX-License-Identifier: MIT */
/*
 * events.h - what libgc tells of its collections, shared with the program.
 *
 * libgc has room for one handler.  It is ours; the program's comes after it and is what
 * the program sees when it asks.
 */
#ifndef PGB_BDWGC_EVENTS_H
#define PGB_BDWGC_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"

struct events_listener {
	void (*before_stop)(void); /* libgc's lock is held, the world still runs */
	void (*preclean)(void); /* the same, in incremental mode, where libgc tells of it */
	void (*mark_start)(void); /* the world is stopped */
	void (*reclaimed)(void);  /* libgc's lock is held, garbage has become free blocks */
	void (*before_start)(void); /* of the world, at the end of any stop it told of */
	/* The world runs again after `nanoseconds`; did marking come to its end? */
	void (*after_stop)(uint64_t nanoseconds, bool marked);
};

/*
 * Become libgc's handler.  Members of `listener` may be NULL; it must stay.  `timed`:
 * measure stops also when nobody listens, for the record.
 */
void events_init(const struct collector *collector, const struct events_listener *listener,
		 bool timed);

/* A number that is this stop's alone; 0 while the world runs, as far as events tell. */
uint64_t events_stop_number(void);

/* Is this the stop of that number?  Never while the world runs. */
bool events_is_stop(uint64_t number);

/* Has it told of stops of the world so far?  Some builds never do. */
bool events_tells_of_stops(void);

/* Is no marking of a stop going on, for certain?  Some builds do not tell of all stops. */
bool events_world_runs(void);

/*
 * Is the world stopped for a collection that nobody waits for, so that it may be abandoned
 * and gone on with later?
 */
bool events_may_abandon(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * events.c - what libgc tells of its collections, shared with the program.
 *
 * This file defines two of libgc's public functions.  The preload comes before libgc, so
 * the program's calls end here; libgc itself does not call them.
 */
#include "events.h"

#include <atomic_ops.h>

#include "heap.h"
#include "own.h"
#include "record.h"

static const struct collector_api *api;
static const struct events_listener *listener;
static AO_t program_handler; /* collector_event_handler * */
static uint64_t stop_began, stops;
static bool timed, installed, stopped, marked;
static bool abandoned;	    /* marking, in the stop before */
static unsigned asked_for;  /* so many collections to come are waited for */
static bool tells_of_stops; /* builds without threads do not */

static void begin_stop(void)
{
	marked = false;
	if (listener->before_stop)
		listener->before_stop();
	if (tells_of_stops && listener->preclean && api->is_incremental_mode())
		listener->preclean();
	stop_began = timed ? record_now() : 0;
}

static void note_stopped(void)
{
	stops++;
	stopped = true;
}

static void end_stop(void)
{
	uint64_t nanoseconds;

	stopped = false;
	abandoned = !marked;
	if (!timed)
		return;
	nanoseconds = record_now() - stop_began;
	record_pause(stop_began, nanoseconds, api->get_gc_no(), heap_bytes());
	if (listener->after_stop)
		listener->after_stop(nanoseconds, marked);
}

/* Where there is no other sign, a stop is from here to the end of marking. */
static void begin_marking(void)
{
	if (!tells_of_stops && stopped) /* marking was abandoned; when, nobody says */
		end_stop();
	if (!tells_of_stops)
		begin_stop();
	if (!stopped)
		note_stopped();
	if (listener->mark_start)
		listener->mark_start();
}

static void end_marking(void)
{
	marked = true;
	stopped = false;
	if (asked_for)
		asked_for--;
	if (!tells_of_stops)
		end_stop();
}

static void on_event(int event)
{
	collector_event_handler *program;

	switch (event) {
	case COLLECTOR_START:
		/*
		 * One that is going on is brought to its end before.  If it is given up,
		 * nobody says so: then one to come counts as waited for, which is safe.
		 */
		asked_for = abandoned ? 2 : 1;
		break;
	case COLLECTOR_PRE_STOP_WORLD:
		tells_of_stops = true;
		begin_stop();
		break;
	case COLLECTOR_POST_STOP_WORLD:
		note_stopped();
		break;
	case COLLECTOR_MARK_START:
		begin_marking();
		break;
	case COLLECTOR_MARK_END:
		end_marking();
		break;
	case COLLECTOR_RECLAIM_END:
		if (listener->reclaimed)
			listener->reclaimed();
		break;
	case COLLECTOR_PRE_START_WORLD:
		stopped = false; /* also when marking was abandoned */
		if (listener->before_start)
			listener->before_start();
		break;
	case COLLECTOR_POST_START_WORLD:
		end_stop();
		break;
	default:
		break;
	}
	program = (collector_event_handler *)AO_load_acquire(&program_handler);
	if (program)
		program(event);
}

void events_init(const struct collector *collector, const struct events_listener *with,
		 bool time_stops)
{
	api = &collector->api;
	listener = with;
	timed = time_stops || with->after_stop;
	AO_store_release(&program_handler, (AO_t)api->get_on_collection_event());
	installed = true;
	api->set_on_collection_event(on_event);
}

uint64_t events_stop_number(void)
{
	return stopped ? stops : 0;
}

bool events_is_stop(uint64_t number)
{
	return stopped && number == stops;
}

bool events_tells_of_stops(void)
{
	return tells_of_stops;
}

bool events_world_runs(void)
{
	return tells_of_stops && !stopped;
}

bool events_may_abandon(void)
{
	return tells_of_stops && stopped && !asked_for;
}

EXPORTED void GC_set_on_collection_event(collector_event_handler *handler);
EXPORTED collector_event_handler *GC_get_on_collection_event(void);

EXPORTED void GC_set_on_collection_event(collector_event_handler *handler)
{
	void (*libgc)(collector_event_handler * handler);

	if (installed) {
		AO_store_release(&program_handler, (AO_t)handler);
		return;
	}
	own_find(__func__, CALLER, &libgc);
	if (libgc)
		libgc(handler);
}

EXPORTED collector_event_handler *GC_get_on_collection_event(void)
{
	collector_event_handler *(*libgc)(void);

	if (installed)
		return (collector_event_handler *)AO_load_acquire(&program_handler);
	own_find(__func__, CALLER, &libgc);
	return libgc ? libgc() : NULL;
}

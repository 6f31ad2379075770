/* SPDX-License-Identifier: MIT */
/*
 * stop_function.c - what libgc asks whether to abandon marking, shared with the program.
 *
 * This file defines three of libgc's public functions.  The preload comes before libgc, so
 * the program's calls end here, and so does the one that libgc itself makes of
 * GC_gcollect() when the program exits.
 */
#include "stop_function.h"

#include <atomic_ops.h>
#include <stdlib.h>

#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "own.h"
#include "settings.h"

static const struct collector_api *api;
/* Its own, which says that nothing is to be abandoned, or what the program set before. */
static collector_stop_function *libgcs;
static AO_t program_function; /* collector_stop_function * */
static bool wanted, installed;
static bool aborts_on_errors;
static bool pushes_ranges;
static bool (*ask_whether_hopeless)(void);
static uint64_t asked_in; /* the stop of that number, in which the answer stands */
static bool is_hopeless;
static unsigned ended;

static collector_stop_function *programs(void)
{
	return (collector_stop_function *)AO_load_acquire(&program_function);
}

static int ask_program(void)
{
	collector_stop_function *function = programs();

	return function();
}

static bool is_hopeless_stop(void)
{
	uint64_t stop = events_stop_number();

	if (stop != asked_in)
		is_hopeless = ask_whether_hopeless();
	asked_in = stop;
	return is_hopeless;
}

/*
 * Somebody has to end a collection in a last stop, and that is us only as long as the
 * number of tries is ours.  And what is left of a try is done while the world runs: for
 * roots that are pushed then, or have been pushed and not marked from, it should stand
 * still, unless it is libgc that has pushed them, word by word.  With an empty walk they
 * are pushed in the stop, so that is waited for.
 */
static bool is_to_end_at_once(void)
{
	return events_may_abandon() && settings_is_ours(SETTING_TRIES) && !pushes_ranges &&
	       !dirty_pages_has_programs_roots() && !empty_walk_is_on() &&
	       is_hopeless_stop();
}

/* With libgc's lock held, before each step of marking. */
static int is_to_stop(void)
{
	if (ask_program())
		return 1;
	if (!is_to_end_at_once())
		return 0;
	ended++;
	return 1;
}

void stop_function_init(const struct collector *collector, bool (*hopeless)(void),
			bool libgc_pushes_ranges)
{
	ask_whether_hopeless = hopeless;
	api = &collector->api;
	pushes_ranges = libgc_pushes_ranges;
	wanted = api->set_stop_func && api->get_stop_func && api->try_to_collect;
}

void stop_function_install(void)
{
	if (!wanted || installed || !api->is_incremental_mode())
		return;
	aborts_on_errors = getenv("GC_ABORT_ON_LEAK");
	AO_store_release(&program_function, (AO_t)api->get_stop_func());
	libgcs = programs();
	installed = true;
	api->set_stop_func(is_to_stop);
}

unsigned stop_function_ended(void)
{
	return ended;
}

EXPORTED void GC_set_stop_func(collector_stop_function *function);
EXPORTED collector_stop_function *GC_get_stop_func(void);
EXPORTED void GC_gcollect(void);

EXPORTED void GC_set_stop_func(collector_stop_function *function)
{
	void (*libgc)(collector_stop_function * function);

	if (installed) {
		AO_store_release(&program_function, (AO_t)function);
		/* It takes the lock: whoever still asks the old one is done after that. */
		api->get_stop_func();
		return;
	}
	own_find(__func__, CALLER, &libgc);
	if (libgc)
		libgc(function);
}

EXPORTED collector_stop_function *GC_get_stop_func(void)
{
	collector_stop_function *(*libgc)(void);

	if (installed)
		return programs();
	own_find(__func__, CALLER, &libgc);
	return libgc ? libgc() : NULL;
}

/* Libgc's own has errors printed at the end, which is more than is public. */
static bool prints_errors(void)
{
	return aborts_on_errors || (api->get_find_leak && api->get_find_leak());
}

/*
 * As libgc's, but for the function that it goes by: since 8.2, libgc marks with one thread
 * alone if that is any but its own.  One that a finalizer sets while this call begins is
 * not asked any more.
 */
EXPORTED void GC_gcollect(void)
{
	void (*libgc)(void);

	if (installed && !prints_errors() && api->get_stop_func() == is_to_stop) {
		api->try_to_collect(programs() == libgcs ? libgcs : ask_program);
		return;
	}
	own_find(__func__, CALLER, &libgc);
	if (libgc)
		libgc();
}

/* SPDX-License-Identifier: MIT */
/*
 * stop_function.c - what libgc asks whether to abandon marking, shared with the program.
 *
 * This file defines three of libgc's public functions.  The preload comes before libgc, so
 * the program's calls end here.
 */
#include "stop_function.h"

#include <atomic_ops.h>

#include "events.h"
#include "own.h"

static const struct collector_api *api;
static AO_t program_function; /* collector_stop_function * */
static bool installed;
static bool ends_at_once;

static collector_stop_function *programs(void)
{
	return (collector_stop_function *)AO_load_acquire(&program_function);
}

/* Asked before each step, with libgc's lock held; it is never asked in last stops. */
static int is_to_stop(void)
{
	return programs()() || (ends_at_once && events_may_abandon());
}

void stop_function_init(const struct collector *collector)
{
	api = &collector->api;
	if (!api->set_stop_func || !api->get_stop_func)
		return;
	AO_store_release(&program_function, (AO_t)api->get_stop_func());
	installed = true;
	api->set_stop_func(is_to_stop);
}

void stop_function_end_at_once(bool at_once)
{
	ends_at_once = at_once;
}

EXPORTED void GC_set_stop_func(collector_stop_function *function);
EXPORTED collector_stop_function *GC_get_stop_func(void);
EXPORTED void GC_gcollect(void);

EXPORTED void GC_set_stop_func(collector_stop_function *function)
{
	void (*libgc)(collector_stop_function * function);

	if (installed) {
		AO_store_release(&program_function, (AO_t)function);
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

/*
 * It goes by the same function, and libgc marks with one thread alone if that is any but
 * its own.  Other threads' stops are marked in meanwhile, as without us.
 */
EXPORTED void GC_gcollect(void)
{
	void (*libgc)(void);

	own_find(__func__, CALLER, &libgc);
	if (!libgc)
		return;
	if (installed)
		api->set_stop_func(programs());
	libgc();
	if (installed)
		api->set_stop_func(is_to_stop);
}

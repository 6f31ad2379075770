/* SPDX-License-Identifier: MIT */
/* manual_vdb.c - design B: tell libgc of dirty pages through its public interface. */
#include "manual_vdb.h"

#include "dirty_pages.h"
#include "heap.h"
#include "walk.h"

/* It takes note of one block at a time, and no build of libgc has smaller ones. */
#define BLOCK 512

static const struct collector_api *api;
static bool told; /* of anything dirty, since libgc last looked */

void manual_vdb_init(const struct collector *collector)
{
	api = &collector->api;
	api->set_manual_vdb_allowed(1);
}

/*
 * Opening a barrier is not for a stopped world, so it happens just before.  Should it
 * fail, all of the heap is reported until it succeeds.
 */
void manual_vdb_before_stop(void)
{
	if (api->is_incremental_mode())
		heap_activate();
	heap_before_stop();
}

static void tell_step(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	for (uintptr_t block = start; block < end; block += BLOCK)
		api->end_stubborn_change((const void *)block);
}

static void tell(void *arg, uintptr_t start, uintptr_t end)
{
	told = true;
	tell_step(arg, start, end);
}

/* libgc adds up what it is told between its looks. */
void manual_vdb_preclean(void)
{
	heap_preclean(tell, NULL);
}

void manual_vdb_mark_start(void)
{
	if (!api->is_incremental_mode())
		return;
	/* Where it marks everything libgc does not want to know. */
	heap_harvest(dirty_pages_marks_are_cleared() ? NULL : tell, NULL);
	walk_prepare(told, tell_step, NULL);
	told = false;
}

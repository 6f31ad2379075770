/* SPDX-License-Identifier: MIT */
/* old_objects.c - what libgc has to do for pages that are called dirty. */
#include "old_objects.h"

#include <stddef.h>

enum {
	SAMPLES = 8,
	/*
	 * To mark from a page that is full of them takes ten times as long as a fault, so
	 * one in eight is where both cost the same.
	 */
	MANY = 2,
	KIND_POINTER_FREE = 0, /* of gc_mark.h */
};

static const struct collector_api *api;

void old_objects_init(const struct collector *collector)
{
	if (collector->api.base && collector->api.is_marked &&
	    collector->api.get_kind_and_size)
		api = &collector->api;
}

static bool is_old(uintptr_t address)
{
	void *object = api->base((void *)address);
	size_t size;

	return object && api->is_marked(object) &&
	       api->get_kind_and_size(object, &size) != KIND_POINTER_FREE;
}

bool old_objects_are_many(uintptr_t start, uintptr_t end)
{
	uintptr_t step = (end - start) / SAMPLES;
	unsigned old = 0;

	/* From the middle of pages, whose first objects are taken first when they are free.
	 */
	for (unsigned i = 0; api && i < SAMPLES && old < MANY; i++)
		old += is_old(start + i * step + step / SAMPLES / 2);
	return old >= MANY;
}

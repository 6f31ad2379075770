/* SPDX-License-Identifier: MIT */
/* old_objects.c - what libgc has to do for pages that are called dirty. */
#include "old_objects.h"

#include <stddef.h>

#include "dirty_pages.h"
#include "object.h"
#include "os/memory.h"

enum {
	SAMPLES = 8,
	/*
	 * To mark from a page that is full of them takes ten times as long as a fault, so
	 * both cost the same where one in ten is old.  One sample of eight may be chance.
	 */
	MANY = 2,
};

static const struct collector_api *api;

void old_objects_init(const struct collector *collector)
{
	const struct collector_api *all = &collector->api;

	api = all->base && all->is_marked && all->get_kind_and_size ? all : NULL;
}

static bool is_old(uintptr_t address)
{
	struct object object = object_at(api, address);

	return object.kind > OBJECT_POINTER_FREE &&
	       api->is_marked((const void *)object.start);
}

bool old_objects_are_many(uintptr_t start, uintptr_t end)
{
	uintptr_t step = (end - start) / SAMPLES;
	/* What a page begins with is taken first when it is free, and is old least often.
	 */
	uintptr_t middle = pgb_page_size() / 2;
	unsigned old = 0;

	if (!api)
		return false;
	if (dirty_pages_marks_are_cleared())
		return true;
	for (unsigned i = 0; i < SAMPLES && old < MANY; i++)
		old += is_old(start + i * step + middle);
	return old >= MANY;
}

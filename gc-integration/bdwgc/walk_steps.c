/* SPDX-License-Identifier: MIT */
/* walk_steps.c - have libgc's walk over block headers taken in short steps. */
#include "walk_steps.h"

#include <stdbool.h>
#include <stdint.h>

#include "heap.h"
#include "object.h"
#include "os/memory.h"

enum {
	PAGES_PER_STEP = 8192, /* 0.3 ms */
	LOOKUPS_MOST = 16,     /* for a page that is quickly marked from */
	TABLE_PAGES = 1 << 18, /* from here on pages share bits in libgc's table */
};

static const struct collector_api *api;

void walk_steps_init(const struct collector *collector)
{
	api = &collector->api;
}

/* libgc marks from all of an object as soon as one page of it is dirty. */
static bool takes_long(const struct object *object)
{
	return object_size(object) > pgb_page_size();
}

/* Is a bit of a page shared by one of [start, end) that takes long? */
static bool shares_bit_in(uintptr_t page, uintptr_t start, uintptr_t end)
{
	uintptr_t table = (uintptr_t)TABLE_PAGES * pgb_page_size();

	/* A power of two: it does not matter which of them comes first. */
	for (uintptr_t at = start + (page - start) % table; at < end; at += table) {
		struct object object = object_at(api, at);

		if (takes_long(&object))
			return true;
	}
	return false;
}

/* Whatever has the same bit is dirty as well. */
static bool shares_bit(uintptr_t page, const struct pgb_range_table *followed)
{
	for (size_t i = 0; i < followed->count; i++)
		if (shares_bit_in(page, followed->range[i].start, followed->range[i].end))
			return true;
	return false;
}

/* The first page of [*page, end) that ends a step and costs nothing else. */
static bool find_page(uintptr_t *page, uintptr_t end,
		      const struct pgb_range_table *followed)
{
	uintptr_t size = pgb_page_size();

	for (unsigned i = 0; i < LOOKUPS_MOST && *page < end; i++) {
		struct object object = object_at(api, *page);

		if (object.kind != OBJECT_NONE && !shares_bit(*page, followed))
			return true;
		*page += size;
		if (takes_long(&object) && object.end > *page)
			*page = object.end & ~(size - 1);
	}
	return false;
}

void walk_steps_end(pgb_visitor *visit, void *arg)
{
	const struct pgb_range_table *followed = heap_ranges();
	uintptr_t size = pgb_page_size(), step = PAGES_PER_STEP * size;

	for (size_t i = 0; i < followed->count; i++) {
		uintptr_t end = followed->range[i].end;

		for (uintptr_t at = followed->range[i].start; at < end; at += step) {
			uintptr_t page = at, most = end - at > step ? at + step : end;

			if (find_page(&page, most, followed))
				visit(arg, page, page + size);
		}
	}
}

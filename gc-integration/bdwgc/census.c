/* SPDX-License-Identifier: MIT */
/* census.c - how much of libgc's heap is in use, by sampling. */
#include "census.h"

#include "object.h"

enum {
	/* The error is 2 % of the heap at most, and it takes 0.1 to 0.2 ms of a large one.
	 */
	SAMPLES = 1024,
};

struct sample {
	size_t marked, pointer_free;
};

/* Spread evenly, by Weyl's sequence: programs repeat themselves at powers of two. */
static uintptr_t offset_in(size_t length, unsigned number)
{
	static const uint64_t golden_ratio = 0x9e3779b97f4a7c15;

	return (uintptr_t)(((unsigned __int128)(number * golden_ratio) * length) >> 64);
}

static void look_at(const struct collector_api *api, uintptr_t address,
		    struct sample *sample)
{
	struct object object = object_at(api, address);

	if (object.kind == OBJECT_NONE || !api->is_marked((const void *)object.start))
		return;
	sample->marked++;
	if (object.kind == OBJECT_POINTER_FREE)
		sample->pointer_free++;
}

static size_t share_of(size_t bytes, size_t part)
{
	return (size_t)((unsigned __int128)bytes * part / SAMPLES);
}

bool census_take(const struct collector_api *api, const struct pgb_range_table *heap,
		 struct census *census)
{
	size_t bytes = pgb_range_table_bytes(heap), stratum = bytes / SAMPLES;
	struct sample sample = {0};
	uintptr_t at = 0; /* as if the ranges lay one behind the other */

	if (!api->base || !api->is_marked || !api->get_kind_and_size)
		return false;
	for (size_t i = 0, number = 0; i < heap->count; i++) {
		const struct pgb_range *range = &heap->range[i];
		uintptr_t next = at + (range->end - range->start);

		for (; number < SAMPLES; number++) {
			uintptr_t where =
				number * stratum + offset_in(stratum, (unsigned)number);

			if (where >= next)
				break;
			look_at(api, range->start + (where - at), &sample);
		}
		at = next;
	}
	census->in_use = share_of(bytes, sample.marked);
	census->pointer_free = share_of(bytes, sample.pointer_free);
	return true;
}

/* SPDX-License-Identifier: MIT */
/*
 * census.h - how much of libgc's heap is in use, by sampling.
 *
 * libgc counts that itself in each collection, and tells nobody.
 */
#ifndef PGB_BDWGC_CENSUS_H
#define PGB_BDWGC_CENSUS_H

#include <stdbool.h>

#include "collector.h"
#include "range.h"

/* Estimates in bytes; a few per cent of the heap off. */
struct census {
	size_t in_use;	     /* in objects that are marked, dead or alive */
	size_t pointer_free; /* of these, what is never traced */
};

/*
 * Count what the collection that is just over has left marked in `heap`.  The caller holds
 * libgc's lock; the world may run.  False: this libgc cannot be asked.
 */
bool census_take(const struct collector_api *api, const struct pgb_range_table *heap,
		 struct census *census);

#endif

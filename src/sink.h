/* SPDX-License-Identifier: MIT */
/*
 * sink.h - where a backend reports dirty pages during a harvest.
 *
 * Between the backend and the visitor stands the sink: it adds pinned pages, joins
 * neighbouring runs, and counts.  Lives on the harvester's stack; allocates nothing.
 */
#ifndef PGB_SINK_H
#define PGB_SINK_H

#include <stdint.h>

#include "pagebits.h"
#include "pgbarrier.h"
#include "range.h"

struct pgb_sink {
	pgb_visitor *visit; /* NULL: only count */
	void *arg;
	const struct pgb_range_table *pins;
	size_t next_pin;
	unsigned page_shift;
	uintptr_t window_start, window_end; /* what is being harvested now */
	uintptr_t run_start, run_end;	    /* not given to the visitor yet */
	uint64_t pages_by_backend, pages_unsure, pages_given;
	/* Fault injection for tests of whoever relies on a harvest: lose every n-th page.
	 */
	unsigned drop_every;
	uint64_t *drop_count; /* goes on from harvest to harvest */
};

void pgb_sink_begin(struct pgb_sink *sink, pgb_visitor *visit, void *arg,
		    const struct pgb_range_table *pins);

/* The next window; windows ascend and do not overlap. */
void pgb_sink_open_window(struct pgb_sink *sink, uintptr_t start, uintptr_t end);

/* A run of dirty pages in the window; runs ascend and do not overlap. */
void pgb_sink_report(struct pgb_sink *sink, uintptr_t start, uintptr_t end);

/* The same for pages that the backend cannot vouch for. */
void pgb_sink_report_unsure(struct pgb_sink *sink, uintptr_t start, uintptr_t end);

/* The pages of [start, end) that are set in `bits`, which are cleared before. */
void pgb_sink_report_bits(struct pgb_sink *sink, const struct pgb_pagebits *bits,
			  uintptr_t start, uintptr_t end);

void pgb_sink_close_window(struct pgb_sink *sink);
void pgb_sink_end(struct pgb_sink *sink);

#endif

/* SPDX-License-Identifier: MIT */
/* sink.c - where a backend reports dirty pages during a harvest. */
#include "sink.h"

#include "os/memory.h"

void pgb_sink_begin(struct pgb_sink *sink, pgb_visitor *visit, void *arg,
		    const struct pgb_range_table *pins)
{
	*sink = (struct pgb_sink){
		.visit = visit,
		.arg = arg,
		.pins = pins,
		.page_shift = (unsigned)__builtin_ctzl(pgb_page_size()),
	};
}

static void give(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	if (start == end)
		return;
	sink->pages_given += (end - start) >> sink->page_shift;
	if (sink->visit)
		sink->visit(sink->arg, start, end);
}

static void give_with_losses(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	uintptr_t page = (uintptr_t)1 << sink->page_shift;

	for (uintptr_t at = start; at < end; at += page) {
		if (++*sink->drop_count % sink->drop_every)
			continue;
		give(sink, start, at);
		start = at + page;
	}
	give(sink, start, end);
}

static void flush(struct pgb_sink *sink)
{
	if (sink->drop_every)
		give_with_losses(sink, sink->run_start, sink->run_end);
	else
		give(sink, sink->run_start, sink->run_end);
}

/* Runs come in order of their start, but may overlap. */
static void join(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	if (start > sink->run_end) {
		flush(sink);
		sink->run_start = start;
		sink->run_end = end;
	} else if (end > sink->run_end) {
		sink->run_end = end;
	}
}

/* Join the pins that lie in the window and start no later than `limit`. */
static void join_pins(struct pgb_sink *sink, uintptr_t limit)
{
	const struct pgb_range *pin;

	while (sink->next_pin < sink->pins->count) {
		pin = &sink->pins->range[sink->next_pin];
		if (pin->start > limit || pin->start >= sink->window_end)
			break;
		if (pin->end > sink->window_start && (pin->pins || AO_load(&pin->due)))
			join(sink,
			     pin->start > sink->window_start ? pin->start
							     : sink->window_start,
			     pin->end < sink->window_end ? pin->end : sink->window_end);
		sink->next_pin++;
	}
}

void pgb_sink_open_window(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	sink->window_start = start;
	sink->window_end = end;
	sink->next_pin = 0; /* a pin may reach over from an earlier window */
}

void pgb_sink_report(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	sink->pages_by_backend += (end - start) >> sink->page_shift;
	join_pins(sink, start);
	join(sink, start, end);
}

void pgb_sink_report_unsure(struct pgb_sink *sink, uintptr_t start, uintptr_t end)
{
	sink->pages_unsure += (end - start) >> sink->page_shift;
	pgb_sink_report(sink, start, end);
}

void pgb_sink_report_bits(struct pgb_sink *sink, const struct pgb_pagebits *bits,
			  uintptr_t start, uintptr_t end)
{
	uintptr_t at = start, run_end;

	for (; pgb_pagebits_next_run(bits, &at, end, &run_end); at = run_end) {
		pgb_pagebits_clear_range(bits, at, run_end);
		pgb_sink_report(sink, at, run_end);
	}
}

void pgb_sink_close_window(struct pgb_sink *sink)
{
	join_pins(sink, sink->window_end);
}

void pgb_sink_end(struct pgb_sink *sink)
{
	flush(sink);
	sink->run_start = sink->run_end = 0;
}

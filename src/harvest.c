/* SPDX-License-Identifier: MIT */
/*
 * harvest.c - the pages that were written, of all ranges.
 *
 * One harvest at a time has its turn.  Each window of a range is asked of the backend, but
 * for what is hot; the sink adds what is pinned, and what the backend could not tell.
 */
#include "harvest.h"

#include <errno.h>
#include <sched.h>

#include "hot.h"
#include "life.h"
#include "sink.h"
#include "verify.h"

static void note_fallback(struct pgb_barrier *barrier, int err)
{
	pgb_count(&barrier->fallbacks, 1);
	AO_store(&barrier->last_error, (AO_t)-err);
}

/*
 * A pin that was taken back is due once more.  A harvest of all its pages settles that,
 * if it was due when the harvest began: one that is taken back meanwhile may have been
 * written to after its pages were reported.
 */
static void shift_pins(const struct pgb_range_table *pins, uintptr_t start, uintptr_t end,
		       AO_t from, AO_t to)
{
	for (size_t i = 0; i < pins->count; i++) {
		struct pgb_range *pin = (struct pgb_range *)&pins->range[i];

		if (!AO_load_acquire(&pin->pins) && start <= pin->start && pin->end <= end)
			AO_compare_and_swap_full(&pin->due, from, to);
	}
}

/* What is not hot is harvested; what is has been written, for all that anybody knows. */
static int harvest_cold(struct pgb_barrier *barrier, struct pgb_sink *sink,
			struct pgb_range window)
{
	uintptr_t at = window.start, hot, hot_end;
	int err = 0, failed;

	for (; at < window.end; at = hot_end) {
		hot = at;
		if (!pgb_hot_next(barrier->hot_now, &hot, window.end, &hot_end))
			hot = hot_end = window.end;
		failed = hot > at ? barrier->backend->harvest(barrier->state, at, hot, sink)
				  : 0;
		err = err ?: failed;
		if (hot == hot_end)
			break;
		pgb_sink_report(sink, hot, hot_end);
		pgb_count(&barrier->pages_unarmed, (hot_end - hot) >> sink->page_shift);
	}
	return err;
}

static int harvest_by_backend(struct pgb_barrier *barrier, struct pgb_sink *sink,
			      struct pgb_range window)
{
	return barrier->hot_now ? harvest_cold(barrier, sink, window)
				: barrier->backend->harvest(barrier->state, window.start,
							    window.end, sink);
}

static int harvest_window(struct pgb_barrier *barrier, struct pgb_sink *sink, int alive,
			  struct pgb_range window)
{
	int err = alive;

	pgb_sink_open_window(sink, window.start, window.end);
	if (err)
		pgb_sink_report_unsure(sink, window.start, window.end);
	else
		err = harvest_by_backend(barrier, sink, window);
	pgb_sink_close_window(sink);
	if (err)
		note_fallback(barrier, err);
	return err;
}

static int harvest_tables(struct pgb_barrier *barrier, struct pgb_sink *sink,
			  const struct pgb_range_table *watched, uintptr_t start,
			  uintptr_t end)
{
	int alive = pgb_life_ensure(barrier);
	int err = 0;

	shift_pins(sink->pins, start, end, PGB_PIN_DUE, PGB_PIN_SETTLING);
	for (size_t i = pgb_range_table_find(watched, start);
	     i < watched->count && watched->range[i].start < end; i++) {
		struct pgb_range window = pgb_range_overlap(&watched->range[i], start, end);
		int failed = harvest_window(barrier, sink, alive, window);

		if (!err)
			err = failed;
		pgb_count(&barrier->pages_harvested,
			  (window.end - window.start) >> sink->page_shift);
	}
	pgb_sink_end(sink);
	shift_pins(sink->pins, start, end, PGB_PIN_SETTLING, PGB_PIN_SETTLED);
	return err;
}

/*
 * A mutator may have written to a suspect since it was harvested, or a device to which it
 * was pinned since: then it is reported now.  No loss is injected here, or such a write
 * would look like one.
 */
static int harvest_suspects(struct pgb_barrier *barrier, struct pgb_sink *sink,
			    struct pgb_range window)
{
	struct pgb_range run = window;
	int alive = pgb_life_ensure(barrier), err = 0, failed;

	sink->drop_every = 0;
	sink->pins = pgb_ranges_begin_read(&barrier->pins);
	for (; pgb_verify_next_suspect(barrier->verify, &run.start, window.end, &run.end);
	     run.start = run.end) {
		failed = harvest_window(barrier, sink, alive, run);
		if (!err)
			err = failed;
	}
	pgb_sink_end(sink);
	pgb_ranges_end_read(&barrier->pins);
	return err;
}

/* Compare what was not reported, and pass on what was. */
static int verify_tables(struct pgb_barrier *barrier, struct pgb_sink *sink,
			 const struct pgb_range_table *watched, uintptr_t start,
			 uintptr_t end)
{
	struct pgb_verify *verify = barrier->verify;
	struct pgb_lost_write lost;
	int err = 0, failed;

	for (size_t i = pgb_range_table_find(watched, start);
	     i < watched->count && watched->range[i].start < end; i++) {
		struct pgb_range window = pgb_range_overlap(&watched->range[i], start, end);

		pgb_verify_compare(verify, window.start, window.end);
		failed = harvest_suspects(barrier, sink, window);
		if (!err)
			err = failed;
		if (pgb_verify_find_lost(verify, window.start, window.end, &lost))
			pgb_verify_abort(&lost, AO_load(&barrier->harvests) + 1,
					 barrier->backend->name);
		pgb_verify_give(verify, window.start, window.end);
	}
	return err;
}

static bool begin_turn(struct pgb_barrier *barrier)
{
	AO_t turn = AO_load_full(&barrier->transient->turn);

	return turn % 2 == 0 &&
	       AO_compare_and_swap_full(&barrier->transient->turn, turn, turn + 1);
}

static void end_turn(struct pgb_barrier *barrier)
{
	AO_fetch_and_add1_full(&barrier->transient->turn);
}

void pgb_outlast_harvest(struct pgb_barrier *barrier)
{
	AO_t turn = AO_load_full(&barrier->transient->turn);

	while (turn % 2 && AO_load_full(&barrier->transient->turn) == turn)
		sched_yield();
}

/* A visitor that stands before another. */
struct noting {
	struct pgb_hot *hot;
	pgb_visitor *visit;
	void *arg;
};

static void note_and_visit(void *arg, uintptr_t start, uintptr_t end)
{
	const struct noting *noting = arg;

	pgb_hot_note(noting->hot, start, end);
	if (noting->visit)
		noting->visit(noting->arg, start, end);
}

static void count_harvest(struct pgb_barrier *barrier, const struct pgb_sink *sink)
{
	pgb_count(&barrier->harvests, 1);
	pgb_count(&barrier->pages_reported, sink->pages_given);
	pgb_count(&barrier->pages_unsure, sink->pages_unsure);
	if (sink->pages_given > sink->pages_by_backend)
		pgb_count(&barrier->pages_pinned,
			  sink->pages_given - sink->pages_by_backend);
}

static int harvest(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end,
		   pgb_visitor *visit, void *arg)
{
	struct noting noting = {.visit = visit, .arg = arg};
	const struct pgb_range_table *watched;
	struct pgb_sink sink;
	int err;

	if (!begin_turn(barrier))
		return -EBUSY;
	watched = pgb_ranges_begin_read(&barrier->watched);
	noting.hot = barrier->hot_now = pgb_hot_of(barrier);
	if (noting.hot && end == UINTPTR_MAX) {
		pgb_hot_begin_cycle(noting.hot, watched);
		visit = note_and_visit;
		arg = &noting;
	}
	if (barrier->verify) {
		pgb_verify_begin(barrier->verify, visit, arg);
		visit = pgb_verify_note;
		arg = barrier->verify;
	}
	pgb_sink_begin(&sink, visit, arg, pgb_ranges_begin_read(&barrier->pins));
	sink.drop_every = barrier->loss_every;
	sink.drop_count = &barrier->loss_count;
	err = harvest_tables(barrier, &sink, watched, start, end);
	if (barrier->verify) {
		int failed = verify_tables(barrier, &sink, watched, start, end);

		err = err ?: failed;
	}
	pgb_ranges_end_read(&barrier->pins);
	pgb_ranges_end_read(&barrier->watched);
	count_harvest(barrier, &sink);
	end_turn(barrier);
	return err;
}

int pgb_harvest(struct pgb_barrier *barrier, pgb_visitor *visit, void *arg)
{
	return barrier ? harvest(barrier, 0, UINTPTR_MAX, visit, arg) : -EINVAL;
}

int pgb_harvest_range(struct pgb_barrier *barrier, void *start, size_t length,
		      pgb_visitor *visit, void *arg)
{
	int err = barrier ? pgb_range_check((uintptr_t)start, length) : -EINVAL;

	return err ? err
		   : harvest(barrier, (uintptr_t)start, (uintptr_t)start + length, visit,
			     arg);
}

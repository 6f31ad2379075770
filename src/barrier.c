/* SPDX-License-Identifier: MIT */
/*
 * barrier.c - the public calls.
 *
 * Between a caller and a backend: checks of arguments, the ranges and pins in force,
 * locks, and finding out that we have become somebody else's child.
 */
#include "barrier.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "backend/backend.h"
#include "build-config.h"
#include "hot.h"
#include "move.h"
#include "os/memory.h"
#include "policy.h"
#include "range.h"
#include "sink.h"
#include "verify.h"
#include "weigh.h"

enum life {
	LIFE_FORKED, /* what a child of fork(2) finds */
	LIFE_REVIVING,
	LIFE_ALIVE,
};

/*
 * What must not be inherited: on a page that fork(2) hands to the child as zeros.  So
 * a lock that another thread of the parent held is free in the child, and a harvest
 * that was running there is not running here.
 */
struct transient {
	pthread_mutex_t lock; /* pgb_add() and its like; all zeros is unlocked in glibc */
	AO_t life;
	AO_t is_set_up; /* the backend, in this child; its ranges may not be added yet */
	AO_t turn;	/* odd while a harvest is running; each has its own number */
	AO_t readers;	/* of both tables */
};

struct pgb_barrier {
	const struct pgb_backend *backend;
	void *state;
	struct transient *transient;
	struct pgb_ranges watched;
	struct pgb_ranges pins;
	struct pgb_ranges allocated; /* of pgb_alloc_range() */
	struct pgb_verify *verify;   /* NULL: nobody asked for it */
	AO_t hot;		     /* struct pgb_hot *; 0: everything is armed */
	struct pgb_hot *hot_now;     /* that of the harvest that is running */
	unsigned loss_every;
	uint64_t loss_count;
	/* Written by whoever harvests or revives, read by anyone. */
	AO_t harvests, pages_reported, pages_harvested, pages_unsure, pages_pinned;
	AO_t pages_unarmed;
	AO_t fallbacks, forks, last_error;
};

const char *pgb_version(void)
{
	return PACKAGE_VERSION;
}

size_t pgb_backend_count(void)
{
	size_t count = 0;

	while (pgb_backends[count])
		count++;
	return count;
}

int pgb_backend_probe(size_t index, struct pgb_backend_info *info, size_t size)
{
	const struct pgb_backend *backend;

	if (index >= pgb_backend_count() || !info || size < sizeof(*info))
		return -EINVAL;
	backend = pgb_backends[index];
	*info = (struct pgb_backend_info){
		.name = backend->name,
		.summary = backend->summary,
		.capabilities = backend->capabilities,
		.automatic = backend->automatic,
	};
	info->status = pgb_policy_probe(backend, info->reason);
	return 0;
}

int pgb_open(struct pgb_barrier **out, const char *name)
{
	int verify = pgb_verify_is_wanted();

	return verify < 0 ? verify : pgb_barrier_open(out, name, verify);
}

int pgb_barrier_open(struct pgb_barrier **out, const char *name, bool verify)
{
	const struct pgb_backend *backend;
	struct pgb_barrier *barrier;
	char reason[PGB_REASON_SIZE];
	int err;

	if (!out)
		return -EINVAL;
	err = pgb_policy_choose(name, &backend, reason);
	if (err)
		return err;
	barrier = pgb_memory_map(sizeof(*barrier));
	if (!barrier)
		return -ENOMEM;
	err = -ENOMEM;
	barrier->transient = pgb_memory_map_wiped_on_fork(sizeof(*barrier->transient));
	if (!barrier->transient)
		goto err_barrier;
	barrier->transient->life = LIFE_ALIVE;
	pgb_ranges_init(&barrier->watched, &barrier->transient->readers);
	pgb_ranges_init(&barrier->pins, &barrier->transient->readers);
	pgb_ranges_init(&barrier->allocated, &barrier->transient->readers);
	barrier->backend = backend;
	err = verify ? pgb_verify_open(&barrier->verify) : 0;
	if (err)
		goto err_transient;
	err = backend->open(&barrier->state);
	if (err)
		goto err_verify;
	*out = barrier;
	return 0;

err_verify:
	pgb_verify_close(barrier->verify);
err_transient:
	pgb_memory_unmap(barrier->transient, sizeof(*barrier->transient));
err_barrier:
	pgb_memory_unmap(barrier, sizeof(*barrier));
	return err;
}

const char *pgb_backend_name(const struct pgb_barrier *barrier)
{
	return barrier->backend->name;
}

uint32_t pgb_capabilities(const struct pgb_barrier *barrier)
{
	return barrier->backend->capabilities;
}

void pgb_barrier_inject_loss(struct pgb_barrier *barrier, unsigned every)
{
	barrier->loss_every = every;
	barrier->loss_count = 0;
}

static void count(AO_t *counter, uint64_t amount)
{
	AO_fetch_and_add(counter, amount);
}

static void note_fallback(struct pgb_barrier *barrier, int err)
{
	count(&barrier->fallbacks, 1);
	AO_store(&barrier->last_error, (AO_t)-err);
}

static int set_up(struct pgb_barrier *barrier)
{
	AO_t *is_set_up = &barrier->transient->is_set_up;
	int err = 0;

	if (!AO_load(is_set_up))
		err = barrier->backend->forked_child(barrier->state);
	if (!err)
		AO_store(is_set_up, 1);
	return err;
}

/* Set the backend up again in a child of fork(2).  The caller has the right to. */
static int revive(struct pgb_barrier *barrier)
{
	const struct pgb_range_table *table = pgb_ranges_begin_read(&barrier->watched);
	int err = set_up(barrier);

	for (size_t i = 0; !err && i < table->count; i++)
		err = barrier->backend->add(barrier->state, table->range[i].start,
					    table->range[i].end);
	pgb_ranges_end_read(&barrier->watched);
	if (!err)
		count(&barrier->forks, 1);
	return err;
}

/*
 * Make sure that the backend is of this process.  Whoever comes first after fork(2)
 * revives it.  Nobody waits for him, since he may be stopped: -EAGAIN then.
 */
static int ensure_alive(struct pgb_barrier *barrier)
{
	AO_t *life = &barrier->transient->life;
	int err;

	if (AO_load_acquire(life) == LIFE_ALIVE)
		return 0;
	if (!AO_compare_and_swap_full(life, LIFE_FORKED, LIFE_REVIVING))
		return AO_load_acquire(life) == LIFE_ALIVE ? 0 : -EAGAIN;
	err = revive(barrier);
	AO_store_full(life, err ? LIFE_FORKED : LIFE_ALIVE);
	return err;
}

static int get_memory(struct pgb_barrier *barrier, size_t length, uintptr_t *start)
{
	void *memory;

	if (barrier->backend->alloc)
		return barrier->backend->alloc(barrier->state, length, start);
	memory = pgb_memory_map(length);
	*start = (uintptr_t)memory;
	return memory ? 0 : -ENOMEM;
}

static void give_memory_back(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	if (barrier->backend->free)
		barrier->backend->free(barrier->state, start, end);
	else
		pgb_memory_unmap((void *)start, end - start);
}

typedef void range_action(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end);

static void for_each(struct pgb_barrier *barrier, struct pgb_ranges *ranges,
		     range_action *action)
{
	const struct pgb_range_table *table = pgb_ranges_current(ranges);

	for (size_t i = 0; i < table->count; i++)
		action(barrier, table->range[i].start, table->range[i].end);
}

static void unwatch(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	barrier->backend->remove(barrier->state, start, end);
}

static struct pgb_hot *hot_of(const struct pgb_barrier *barrier)
{
	return (struct pgb_hot *)AO_load_acquire(&barrier->hot);
}

static void free_hot(struct pgb_hot *hot)
{
	if (!hot)
		return;
	pgb_hot_destroy(hot);
	pgb_memory_unmap(hot, sizeof(*hot));
}

void pgb_close(struct pgb_barrier *barrier)
{
	if (!barrier)
		return;
	ensure_alive(barrier); /* or we would take the parent's memory off its barrier */
	for_each(barrier, &barrier->watched, unwatch);
	for_each(barrier, &barrier->allocated, give_memory_back);
	barrier->backend->close(barrier->state);
	pgb_ranges_destroy(&barrier->watched);
	pgb_ranges_destroy(&barrier->pins);
	pgb_ranges_destroy(&barrier->allocated);
	pgb_verify_close(barrier->verify);
	free_hot(hot_of(barrier));
	pgb_memory_unmap(barrier->transient, sizeof(*barrier->transient));
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

/* Watched first, published then: the other way round a harvest could come too early. */
static int add_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->watched);
	struct pgb_range_table *new = pgb_range_table_with(old, start, end);
	int err;

	if (!new)
		return -ENOMEM;
	err = barrier->verify ? pgb_verify_make_room(barrier->verify, start, end) : 0;
	if (!err && hot_of(barrier))
		err = pgb_hot_make_room(hot_of(barrier), start, end);
	if (!err)
		err = barrier->backend->add(barrier->state, start, end);
	if (err)
		pgb_range_table_free(new);
	else
		pgb_ranges_publish(&barrier->watched, new);
	return err;
}

/*
 * Wait for the harvest that is running now, if there is one.  Not until none is running:
 * who harvests again and again might never let us see that.
 */
static void outlast_harvest(struct pgb_barrier *barrier)
{
	AO_t turn = AO_load_full(&barrier->transient->turn);

	while (turn % 2 && AO_load_full(&barrier->transient->turn) == turn)
		sched_yield();
}

/* The part of a range that lies in [start, end). */
static struct pgb_range overlap(const struct pgb_range *range, uintptr_t start,
				uintptr_t end)
{
	return (struct pgb_range){
		.start = range->start > start ? range->start : start,
		.end = range->end < end ? range->end : end,
	};
}

static int remove_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->watched);
	struct pgb_range_table *new;

	if (!pgb_range_table_overlaps(old, start, end))
		return -ENOENT;
	new = pgb_range_table_without(old, start, end);
	if (!new)
		return -ENOMEM;
	/*
	 * Published first: a harvest that still saw the range would arm it again behind
	 * our back.  One that is running has to end before the old table goes.
	 */
	pgb_ranges_replace(&barrier->watched, new);
	outlast_harvest(barrier);
	for (size_t i = pgb_range_table_find(old, start);
	     i < old->count && old->range[i].start < end; i++) {
		struct pgb_range range = overlap(&old->range[i], start, end);

		barrier->backend->remove(barrier->state, range.start, range.end);
		if (barrier->verify)
			pgb_verify_forget(barrier->verify, range.start, range.end);
		if (hot_of(barrier))
			pgb_hot_forget(hot_of(barrier), range.start, range.end);
	}
	pgb_ranges_collect(&barrier->watched);
	return 0;
}

static int pin_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->pins);
	struct pgb_range_table *new = pgb_range_table_pinned(old, start, end);

	if (!new)
		return -ENOMEM;
	pgb_ranges_publish(&barrier->pins, new);
	return 0;
}

/* Needs no new table: the entry stays until a harvest has reported it once more. */
static int unpin_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *table = (struct pgb_range_table *)barrier->pins.current;

	for (size_t i = 0; table && i < table->count; i++) {
		struct pgb_range *pin = &table->range[i];

		if (pin->start != start || pin->end != end || !pin->pins)
			continue;
		AO_store_full(&pin->due, PGB_PIN_DUE);
		AO_fetch_and_sub1_full(&pin->pins);
		return 0;
	}
	return -ENOENT;
}

static int alloc_locked(struct pgb_barrier *barrier, size_t length, uintptr_t *start)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->allocated);
	struct pgb_range_table *new;
	int err = get_memory(barrier, length, start);

	if (err)
		return err;
	new = pgb_range_table_with(old, *start, *start + length);
	err = new ? add_locked(barrier, *start, *start + length) : -ENOMEM;
	if (err) {
		pgb_range_table_free(new);
		give_memory_back(barrier, *start, *start + length);
		return err;
	}
	pgb_ranges_publish(&barrier->allocated, new);
	return 0;
}

static int free_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->allocated);
	struct pgb_range_table *new;
	int err;

	if (!pgb_range_table_contains(old, start, end))
		return -EINVAL;
	new = pgb_range_table_without(old, start, end);
	if (!new)
		return -ENOMEM;
	err = remove_locked(barrier, start, end);
	if (err == -ENOMEM) {
		pgb_range_table_free(new);
		return err;
	}
	give_memory_back(barrier, start, end);
	pgb_ranges_publish(&barrier->allocated, new);
	return 0;
}

static void lock(struct pgb_barrier *barrier)
{
	pthread_mutex_lock(&barrier->transient->lock);
	/* If it cannot be revived, the next harvest says so, and reports everything. */
	while (ensure_alive(barrier) &&
	       AO_load_acquire(&barrier->transient->life) == LIFE_REVIVING)
		sched_yield();
}

static void unlock(struct pgb_barrier *barrier)
{
	pthread_mutex_unlock(&barrier->transient->lock);
}

typedef int change(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end);

static int change_locked(struct pgb_barrier *barrier, change *change, void *start,
			 size_t length)
{
	int err = barrier ? pgb_range_check((uintptr_t)start, length) : -EINVAL;

	if (err)
		return err;
	lock(barrier);
	err = change(barrier, (uintptr_t)start, (uintptr_t)start + length);
	unlock(barrier);
	return err;
}

int pgb_add(struct pgb_barrier *barrier, void *start, size_t length)
{
	return change_locked(barrier, add_locked, start, length);
}

int pgb_remove(struct pgb_barrier *barrier, void *start, size_t length)
{
	return change_locked(barrier, remove_locked, start, length);
}

int pgb_alloc_range(struct pgb_barrier *barrier, size_t length, void **start)
{
	uintptr_t memory;
	int err = barrier && start ? pgb_range_check(0, length) : -EINVAL;

	if (err)
		return err;
	lock(barrier);
	err = alloc_locked(barrier, length, &memory);
	unlock(barrier);
	if (!err)
		*start = (void *)memory;
	return err;
}

int pgb_free_range(struct pgb_barrier *barrier, void *start, size_t length)
{
	return change_locked(barrier, free_locked, start, length);
}

int pgb_pin(struct pgb_barrier *barrier, void *start, size_t length)
{
	return change_locked(barrier, pin_locked, start, length);
}

int pgb_unpin(struct pgb_barrier *barrier, void *start, size_t length)
{
	return change_locked(barrier, unpin_locked, start, length);
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
		count(&barrier->pages_unarmed, (hot_end - hot) >> sink->page_shift);
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
	int alive = ensure_alive(barrier);
	int err = 0;

	shift_pins(sink->pins, start, end, PGB_PIN_DUE, PGB_PIN_SETTLING);
	for (size_t i = pgb_range_table_find(watched, start);
	     i < watched->count && watched->range[i].start < end; i++) {
		struct pgb_range window = overlap(&watched->range[i], start, end);
		int failed = harvest_window(barrier, sink, alive, window);

		if (!err)
			err = failed;
		count(&barrier->pages_harvested,
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
	int alive = ensure_alive(barrier), err = 0, failed;

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
		struct pgb_range window = overlap(&watched->range[i], start, end);

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
	noting.hot = barrier->hot_now = hot_of(barrier);
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
	count(&barrier->harvests, 1);
	count(&barrier->pages_reported, sink.pages_given);
	count(&barrier->pages_unsure, sink.pages_unsure);
	if (sink.pages_given > sink.pages_by_backend)
		count(&barrier->pages_pinned, sink.pages_given - sink.pages_by_backend);
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

/* With room for all that is watched; the lock is held. */
static int make_hot(struct pgb_barrier *barrier, struct pgb_hot_limit limit,
		    struct pgb_hot **out)
{
	const struct pgb_range_table *watched = pgb_ranges_current(&barrier->watched);
	struct pgb_hot *hot = pgb_memory_map(sizeof(*hot));
	int err = hot ? pgb_hot_init(hot, limit) : -ENOMEM;

	if (err) {
		pgb_memory_unmap(hot, sizeof(*hot));
		return err;
	}
	for (size_t i = 0; !err && i < watched->count; i++)
		err = pgb_hot_make_room(hot, watched->range[i].start,
					watched->range[i].end);
	if (err)
		free_hot(hot);
	else
		*out = hot;
	return err;
}

struct pgb_hot_limit pgb_barrier_limit(const struct pgb_barrier *barrier,
				       enum pgb_policy policy)
{
	bool can_leave_out = barrier->backend->capabilities & PGB_CAP_LOCAL;

	if (policy == PGB_POLICY_PLAIN || !can_leave_out)
		return (struct pgb_hot_limit){0};
	return policy == PGB_POLICY_HOT ? pgb_weigh_nothing() : pgb_weigh(barrier->backend);
}

/*
 * As a table of ranges is replaced: whoever harvests does not wait for us, who may be
 * stopped.  What was hot is still armed, or was written since the backend last harvested
 * it, which then reports it.
 */
static int set_policy(struct pgb_barrier *barrier, struct pgb_hot_limit limit)
{
	struct pgb_hot *new = NULL, *old = hot_of(barrier);
	int err = limit.chunk ? make_hot(barrier, limit, &new) : 0;

	AO_store_full(&barrier->hot, (AO_t) new);
	outlast_harvest(barrier);
	free_hot(old);
	return err;
}

int pgb_set_policy(struct pgb_barrier *barrier, enum pgb_policy policy)
{
	struct pgb_hot_limit limit;
	int err;

	if (!barrier || (unsigned)policy > PGB_POLICY_AUTO)
		return -EINVAL;
	if (policy == PGB_POLICY_HOT && !(barrier->backend->capabilities & PGB_CAP_LOCAL))
		return -ENOTSUP;
	limit = pgb_barrier_limit(barrier, policy);
	lock(barrier);
	err = set_policy(barrier, limit);
	unlock(barrier);
	return err;
}

static int discard(void *arg, uintptr_t start, uintptr_t end)
{
	const struct pgb_barrier *barrier = arg;

	return barrier->backend->discard
		       ? barrier->backend->discard(barrier->state, start, end)
		       : pgb_memory_discard(start, end);
}

int pgb_discard_range(struct pgb_barrier *barrier, void *start, size_t length)
{
	int err = barrier ? pgb_range_check((uintptr_t)start, length) : -EINVAL;

	/* A state that is still the parent's must not be acted on. */
	if (!err)
		err = ensure_alive(barrier);
	return err ? err : discard(barrier, (uintptr_t)start, (uintptr_t)start + length);
}

static ssize_t move_by_backend(void *arg, uintptr_t to, uintptr_t from, size_t length)
{
	const struct pgb_barrier *barrier = arg;

	return barrier->backend->move(barrier->state, to, from, length);
}

static ssize_t move_by_copying(void *arg, uintptr_t to, uintptr_t from, size_t length)
{
	const struct pgb_barrier *barrier = arg;
	const struct pgb_backend *backend = barrier->backend;

	/*
	 * To discard memory changes it as a write does.  A backend that does not notice
	 * may notice the write that comes before, or only one that comes after.
	 */
	return pgb_move_by_copying(to, from, length, discard, arg,
				   !(backend->capabilities & PGB_CAP_REMAP_SAFE) &&
					   !backend->discard);
}

int pgb_move_pages(struct pgb_barrier *barrier, void *to, void *from, size_t length,
		   struct pgb_move *result)
{
	struct pgb_mover mover = {.copy = move_by_copying, .arg = barrier};
	int err = barrier ? pgb_move_check((uintptr_t)to, (uintptr_t)from, length, result)
			  : -EINVAL;

	if (err)
		return err;
	/* In a child that cannot be set up anew, the state is still the parent's. */
	if (!ensure_alive(barrier) && barrier->backend->move)
		mover.move = move_by_backend;
	return pgb_move_all(&mover, (uintptr_t)to, (uintptr_t)from, length, result);
}

int pgb_get_stats(const struct pgb_barrier *barrier, struct pgb_stats *stats, size_t size)
{
	const struct pgb_range_table *watched;
	struct pgb_ranges *ranges;

	if (!barrier || !stats || size < sizeof(*stats))
		return -EINVAL;
	ranges = (struct pgb_ranges *)&barrier->watched;
	watched = pgb_ranges_begin_read(ranges);
	*stats = (struct pgb_stats){
		.harvests = AO_load(&barrier->harvests),
		.pages_reported = AO_load(&barrier->pages_reported),
		.pages_harvested = AO_load(&barrier->pages_harvested),
		.pages_watched = pgb_range_table_bytes(watched) / pgb_page_size(),
		.pages_unsure = AO_load(&barrier->pages_unsure),
		.pages_pinned = AO_load(&barrier->pages_pinned),
		.fallbacks = AO_load(&barrier->fallbacks),
		.forks = AO_load(&barrier->forks),
		.last_error = -(int32_t)AO_load(&barrier->last_error),
		.ranges = (uint32_t)watched->count,
		.pages_unarmed = AO_load(&barrier->pages_unarmed),
	};
	pgb_ranges_end_read(ranges);
	return 0;
}

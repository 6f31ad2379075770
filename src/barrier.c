/* SPDX-License-Identifier: MIT */
/*
 * barrier.c - the public calls, but for harvests and the policy.
 *
 * Between a caller and a backend: checks of arguments, the ranges and pins in force.
 */
#include "barrier.h"

#include <errno.h>

#include "build-config.h"
#include "choice.h"
#include "harvest.h"
#include "life.h"
#include "move.h"
#include "os/memory.h"
#include "policy.h"
#include "verify.h"

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
	info->status = pgb_choice_probe(backend, info->reason);
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
	err = pgb_choice_make(name, &backend, reason);
	if (err)
		return err;
	barrier = pgb_memory_map(sizeof(*barrier));
	if (!barrier)
		return -ENOMEM;
	err = -ENOMEM;
	barrier->transient = pgb_memory_map_wiped_on_fork(sizeof(*barrier->transient));
	if (!barrier->transient)
		goto err_barrier;
	barrier->transient->life = PGB_LIFE_ALIVE;
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

void pgb_close(struct pgb_barrier *barrier)
{
	if (!barrier)
		return;
	pgb_life_ensure(barrier); /* or we would take the parent's memory off its barrier */
	for_each(barrier, &barrier->watched, unwatch);
	for_each(barrier, &barrier->allocated, give_memory_back);
	barrier->backend->close(barrier->state);
	pgb_ranges_destroy(&barrier->watched);
	pgb_ranges_destroy(&barrier->pins);
	pgb_ranges_destroy(&barrier->allocated);
	pgb_verify_close(barrier->verify);
	pgb_policy_close(barrier);
	pgb_memory_unmap(barrier->transient, sizeof(*barrier->transient));
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

/* Watched first, published then: the other way round a harvest could come too early. */
static int add_locked(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end)
{
	const struct pgb_range_table *old = pgb_ranges_current(&barrier->watched);
	bool is_watched = pgb_range_table_contains(old, start, end);
	struct pgb_range_table *new = NULL;
	int err;

	if (!is_watched)
		new = pgb_range_table_with(old, start, end);
	if (!is_watched && !new)
		return -ENOMEM;
	err = barrier->verify ? pgb_verify_make_room(barrier->verify, start, end) : 0;
	if (!err)
		err = pgb_policy_make_room(barrier, start, end);
	if (!err)
		err = barrier->backend->add(barrier->state, start, end);
	if (err)
		pgb_range_table_free(new);
	else if (new)
		pgb_ranges_publish(&barrier->watched, new);
	return err;
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
	pgb_outlast_harvest(barrier);
	for (size_t i = pgb_range_table_find(old, start);
	     i < old->count && old->range[i].start < end; i++) {
		struct pgb_range range = pgb_range_overlap(&old->range[i], start, end);

		barrier->backend->remove(barrier->state, range.start, range.end);
		if (barrier->verify)
			pgb_verify_forget(barrier->verify, range.start, range.end);
		pgb_policy_forget(barrier, range.start, range.end);
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

typedef int change(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end);

static int change_locked(struct pgb_barrier *barrier, change *change, void *start,
			 size_t length)
{
	int err = barrier ? pgb_range_check((uintptr_t)start, length) : -EINVAL;

	if (err)
		return err;
	pgb_lock(barrier);
	err = change(barrier, (uintptr_t)start, (uintptr_t)start + length);
	pgb_unlock(barrier);
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
	pgb_lock(barrier);
	err = alloc_locked(barrier, length, &memory);
	pgb_unlock(barrier);
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
		err = pgb_life_ensure(barrier);
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
	if (!pgb_life_ensure(barrier) && barrier->backend->move)
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

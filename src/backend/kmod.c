/* SPDX-License-Identifier: MIT */
/*
 * kmod.c - memory of the kernel module pgbarrier: the processor's dirty bits (kmod), a
 * fault for each first write (kmod-wp), or one that is answered in the kernel (kmod-sync).
 *
 * A module can keep account of pages that are its own and of no others.  So memory has to
 * come from here, by alloc; what does not is taken for dirty, always.  Barriers have
 * regions of the module's, and give them out in pieces, lowest address first.
 *
 * A harvest is one ioctl for each region, which gives a bitmap.  Bits of pages that have
 * just been added are kept here, with those that a harvest has found and not reported yet.
 *
 * A program that closes our descriptor of a region leaves its pages, which nobody keeps
 * account of any more: they read dirty from then on.
 */
#include "backend/backend.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/kmod.h"
#include "os/kmod.h"
#include "os/memory.h"

#define FIRST_SIZE ((size_t)64 << 20)

static int get_info(struct pgbarrier_info *info)
{
	int fd = pgb_kmod_open(), err;

	if (fd < 0)
		return fd;
	err = pgb_kmod_info(fd, info);
	close(fd);
	return err;
}

int pgb_kmod_ask(struct pgbarrier_info *info, char *reason, size_t reason_size)
{
	int err;

	*info = (struct pgbarrier_info){0};
	err = get_info(info);
	if (err == -ENXIO || err == -ENODEV)
		err = -ENOENT;
	if (err == -ENOENT)
		snprintf(reason, reason_size, "the module pgbarrier is not loaded");
	else if (err == -EACCES || err == -EPERM)
		snprintf(reason, reason_size,
			 "no permission for /dev/pgbarrier: join the group pgbarrier");
	else if (err)
		snprintf(reason, reason_size, "/dev/pgbarrier: %s", strerrordesc_np(-err));
	else if (info->abi != PGBARRIER_ABI)
		snprintf(reason, reason_size,
			 "the module pgbarrier %.32s has interface %u, and this library %u",
			 info->version, info->abi, (unsigned)PGBARRIER_ABI);
	else
		return 0;
	return err ? err : -ENOTSUP;
}

/* `reason` may be NULL, and its size 0. */
static int ask_for_mode(enum pgbarrier_mode mode, struct pgbarrier_info *info, char *reason,
			size_t reason_size)
{
	int err = pgb_kmod_ask(info, reason, reason_size);

	if (err || info->modes & 1u << mode)
		return err;
	snprintf(reason, reason_size, "the module pgbarrier %.32s lacks this mode",
		 info->version);
	return -ENOTSUP;
}

static void destroy(struct pgb_kmod *barrier)
{
	pgb_pagebits_destroy(&barrier->used);
	pgb_pagebits_destroy(&barrier->dirty);
	pgb_memory_unmap(barrier, sizeof(*barrier));
}

static int create(enum pgbarrier_mode mode, void **state, char *reason, size_t reason_size)
{
	struct pgb_kmod *barrier;
	struct pgbarrier_info info;
	int err = pgb_kmod_fork_check(reason, reason_size);

	if (!err)
		err = ask_for_mode(mode, &info, reason, reason_size);
	if (err)
		return err;
	barrier = pgb_memory_map(sizeof(*barrier));
	if (!barrier)
		return -ENOMEM;
	barrier->mode = mode;
	barrier->largest = info.max_region / pgb_page_size() * pgb_page_size();
	err = pgb_pagebits_init(&barrier->used);
	if (!err)
		err = pgb_pagebits_init(&barrier->dirty);
	if (err) {
		destroy(barrier);
		return err;
	}
	pgb_kmod_lock();
	pgb_kmod_settle();
	pgb_kmod_enlist(barrier);
	pgb_kmod_unlock();
	*state = barrier;
	return 0;
}

static void kmod_close(void *state)
{
	struct pgb_kmod *barrier = state;

	pgb_kmod_lock();
	pgb_kmod_delist(barrier);
	for (size_t i = 0; i < barrier->regions; i++)
		if (barrier->region[i].start)
			pgb_kmod_region_destroy(&barrier->region[i]);
	pgb_kmod_unlock();
	destroy(barrier);
}

/*
 * The region that [start, end) begins in, or NULL, and where it ends in there, or the next
 * one begins.
 */
static struct pgb_kmod_region *region_at(struct pgb_kmod *barrier, uintptr_t start,
					 uintptr_t end, uintptr_t *stop)
{
	uintptr_t region_start, region_end;

	*stop = end;
	for (size_t i = 0; i < AO_load_full(&barrier->regions); i++) {
		struct pgb_kmod_region *region = &barrier->region[i];

		if (!pgb_kmod_region_extent(region, &region_start, &region_end) ||
		    region_end <= start || region_start >= *stop)
			continue;
		if (region_start > start) {
			*stop = region_start;
			continue;
		}
		*stop = region_end < end ? region_end : end;
		return region;
	}
	return NULL;
}

/* The first `length` bytes of a region that are not given out; 0: there are none. */
static uintptr_t find_gap(const struct pgb_kmod *barrier,
			  const struct pgb_kmod_region *region, size_t length)
{
	uintptr_t at = region->start, run, run_end;

	for (; region->end - at >= length; at = run_end) {
		run = at;
		if (!pgb_pagebits_next_run(&barrier->used, &run, region->end, &run_end))
			run = run_end = region->end;
		if (run - at >= length)
			return at;
	}
	return 0;
}

static uintptr_t find_room(const struct pgb_kmod *barrier, size_t length)
{
	uintptr_t start = 0;

	for (size_t i = 0; !start && i < barrier->regions; i++)
		if (pgb_kmod_region_is_whole(&barrier->region[i]))
			start = find_gap(barrier, &barrier->region[i], length);
	return start;
}

static struct pgb_kmod_region *free_place(struct pgb_kmod *barrier)
{
	for (size_t i = 0; i < PGB_KMOD_REGIONS; i++)
		if (!barrier->region[i].start)
			return &barrier->region[i];
	return NULL;
}

/* A new region, which begins at *start. */
static int make_room(struct pgb_kmod *barrier, size_t size, uintptr_t *start)
{
	struct pgb_kmod_region *place = free_place(barrier);
	int err;

	if (!place)
		return -EMFILE;
	err = pgb_kmod_region_create(place, barrier->mode, size);
	if (err)
		return err;
	if ((size_t)(place - barrier->region) >= barrier->regions)
		AO_store_full(&barrier->regions, (AO_t)(place - barrier->region) + 1);
	err = pgb_pagebits_reserve(&barrier->used, place->start, place->end);
	if (!err)
		err = pgb_pagebits_reserve(&barrier->dirty, place->start, place->end);
	if (err)
		pgb_kmod_region_destroy(place);
	else
		*start = place->start;
	return err;
}

/* As much as there is already, so that regions stay few. */
static size_t usual_size(const struct pgb_kmod *barrier)
{
	size_t size = 0;

	for (size_t i = 0; i < barrier->regions; i++)
		if (barrier->region[i].start)
			size += barrier->region[i].end - barrier->region[i].start;
	if (size < FIRST_SIZE)
		size = FIRST_SIZE;
	return size < barrier->largest ? size : barrier->largest;
}

/* What is asked for has to do where more is refused. */
static int grow(struct pgb_kmod *barrier, size_t length, uintptr_t *start)
{
	size_t usual = usual_size(barrier);
	int err = make_room(barrier, length > usual ? length : usual, start);

	return err && length < usual ? make_room(barrier, length, start) : err;
}

static int alloc_locked(struct pgb_kmod *barrier, size_t length, uintptr_t *start)
{
	int err;

	*start = find_room(barrier, length);
	err = *start ? 0 : grow(barrier, length, start);
	if (!err)
		pgb_pagebits_set_range(&barrier->used, *start, *start + length);
	return err;
}

static int kmod_alloc(void *state, size_t length, uintptr_t *start)
{
	int err;

	pgb_kmod_lock();
	err = alloc_locked(state, length, start);
	pgb_kmod_unlock();
	return err;
}

static int discard_in(const struct pgb_kmod_region *region, uintptr_t start, uintptr_t end)
{
	return region ? pgb_kmod_region_discard(region, start, end)
		      : pgb_memory_discard(start, end);
}

/* What is given out again has to be zeros. */
static void clear(const struct pgb_kmod_region *region, uintptr_t start, uintptr_t end)
{
	if (pgb_kmod_region_discard(region, start, end))
		memset((void *)start, 0, end - start);
}

static void free_in(struct pgb_kmod *barrier, struct pgb_kmod_region *region,
		    uintptr_t start, uintptr_t end)
{
	uintptr_t run = region->start, run_end;

	pgb_pagebits_clear_range(&barrier->used, start, end);
	pgb_pagebits_clear_range(&barrier->dirty, start, end);
	if (pgb_pagebits_next_run(&barrier->used, &run, region->end, &run_end))
		clear(region, start, end);
	else
		pgb_kmod_region_destroy(region);
}

/* Regions that happen to lie side by side may have been given out as one range. */
static void kmod_free(void *state, uintptr_t start, uintptr_t end)
{
	struct pgb_kmod *barrier = state;
	struct pgb_kmod_region *region;
	uintptr_t stop;

	pgb_kmod_lock();
	for (; start < end; start = stop) {
		region = region_at(barrier, start, end, &stop);
		if (region)
			free_in(barrier, region, start, stop);
	}
	pgb_kmod_unlock();
}

static int kmod_add(void *state, uintptr_t start, uintptr_t end)
{
	const struct pgb_kmod *barrier = state;

	pgb_pagebits_set_range(&barrier->dirty, start, end);
	return 0;
}

/* The module goes on keeping account, which harms nobody. */
static void kmod_remove(void *state, uintptr_t start, uintptr_t end)
{
	(void)state;
	(void)start;
	(void)end;
}

static int harvest_in(struct pgb_kmod *barrier, const struct pgb_kmod_region *region,
		      uintptr_t start, uintptr_t end, struct pgb_sink *sink)
{
	int err = 0;

	if (region)
		err = pgb_kmod_region_harvest(region, start, end, &barrier->dirty);
	if (region && !err)
		pgb_sink_report_bits(sink, &barrier->dirty, start, end);
	else
		pgb_sink_report_unsure(sink, start, end);
	return err;
}

static int kmod_harvest(void *state, uintptr_t start, uintptr_t end, struct pgb_sink *sink)
{
	struct pgb_kmod *barrier = state;
	struct pgb_kmod_region *region;
	int err = 0, failed;
	uintptr_t stop;

	for (; start < end; start = stop) {
		region = region_at(barrier, start, end, &stop);
		failed = harvest_in(barrier, region, start, stop, sink);
		if (!err)
			err = failed;
	}
	return err;
}

static int kmod_discard(void *state, uintptr_t start, uintptr_t end)
{
	struct pgb_kmod *barrier = state;
	struct pgb_kmod_region *region;
	uintptr_t stop;
	int err = 0;

	for (; !err && start < end; start = stop) {
		region = region_at(barrier, start, end, &stop);
		err = discard_in(region, start, stop);
	}
	return err;
}

static int kmod_forked_child(void *state)
{
	(void)state;
	pgb_kmod_settle();
	return 0;
}

/* Is a write noticed, once, and only if there was one? */
static int try_on(const struct pgb_kmod_region *region)
{
	volatile char *byte = (volatile char *)region->start;
	size_t size = pgb_page_size();
	uint64_t written = 0, clean = 0;
	int err = 0;

	for (int round = 0; !err && round < 2; round++) {
		*byte = 1;
		err = pgb_kmod_harvest(region->file.fd, region->number, 0, size, &written);
		if (!err)
			err = pgb_kmod_harvest(region->file.fd, region->number, 0, size,
					       &clean);
		if (!err && (written != 1 || clean))
			err = -ENOTSUP;
	}
	return err;
}

static int try_mode(enum pgbarrier_mode mode, char *reason, size_t reason_size)
{
	struct pgb_kmod_region region = {0};
	int err = pgb_kmod_region_create(&region, mode, pgb_page_size());

	if (!err) {
		err = try_on(&region);
		pgb_kmod_region_destroy(&region);
	}
	if (err == -EDQUOT)
		snprintf(reason, reason_size,
			 "this user has all the memory of the module that one may have");
	else if (err)
		snprintf(reason, reason_size, "a trial page was not tracked: %s",
			 strerrordesc_np(-err));
	return err;
}

static int probe(enum pgbarrier_mode mode, char *reason, size_t reason_size)
{
	struct pgbarrier_info info;
	int err = pgb_kmod_fork_check(reason, reason_size);

	if (!err)
		err = ask_for_mode(mode, &info, reason, reason_size);
	return err ? err : try_mode(mode, reason, reason_size);
}

/* What the modes have in common, and what calls do not say: the mode. */
#define DEFINE_BACKEND(suffix, constant, title, words)                                     \
	static int kmod##suffix##_probe(char *reason, size_t reason_size)                  \
	{                                                                                  \
		return probe(constant, reason, reason_size);                               \
	}                                                                                  \
	static int kmod##suffix##_open(void **state)                                       \
	{                                                                                  \
		return create(constant, state, NULL, 0);                                   \
	}                                                                                  \
	const struct pgb_backend pgb_backend_kmod##suffix = {                              \
		.name = (title),                                                           \
		.summary = (words),                                                        \
		.capabilities = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES |               \
				PGB_CAP_ONE_VMA | PGB_CAP_CONCURRENT |                     \
				PGB_CAP_PAGE_PRECISE | PGB_CAP_NEEDS_PRIVILEGE |           \
				PGB_CAP_LOCAL | PGB_CAP_DEVICE_WRITES,                     \
		.automatic = false,                                                        \
		.probe = kmod##suffix##_probe,                                             \
		.open = kmod##suffix##_open,                                               \
		.close = kmod_close,                                                       \
		.add = kmod_add,                                                           \
		.alloc = kmod_alloc,                                                       \
		.free = kmod_free,                                                         \
		.remove = kmod_remove,                                                     \
		.harvest = kmod_harvest,                                                   \
		.discard = kmod_discard,                                                   \
		.forked_child = kmod_forked_child,                                         \
	}

DEFINE_BACKEND(, PGBARRIER_MODE_DIRTY, "kmod",
	       "the processor's dirty bits, of memory of the kernel module");
DEFINE_BACKEND(_wp, PGBARRIER_MODE_WP, "kmod-wp",
	       "write faults resolved in the kernel module, of its memory");
DEFINE_BACKEND(_sync, PGBARRIER_MODE_SYNC, "kmod-sync",
	       "write faults answered in the kernel module, of its memory");

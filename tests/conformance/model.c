/* SPDX-License-Identifier: MIT */
/* model.c - a barrier beside a simple model of what it has to say. */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool any_watched(const struct model *model, size_t first, size_t pages)
{
	return memchr(model->watched + first, 1, pages) != NULL;
}

static size_t count_watched(const struct model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < MODEL_PAGES; i++)
		count += model->watched[i];
	return count;
}

static bool pinned(const struct model *model, size_t page)
{
	for (size_t i = 0; i < MODEL_PINS; i++)
		if (page >= model->pins[i].first &&
		    page - model->pins[i].first < model->pins[i].pages)
			return true;
	return false;
}

/*
 * Has the call changed anything?  Where it may fail, it may only say that memory is short,
 * or another's.
 */
static bool done(const struct model *model, int err)
{
	if (!err)
		return true;
	check(model->may_fail);
	check(err == -ENOMEM || err == -EBUSY);
	return false;
}

static bool is_all(const unsigned char *bytes, unsigned char value, size_t size)
{
	return !size || (bytes[0] == value && !memcmp(bytes, bytes + 1, size - 1));
}

int model_open(struct model *model, const struct pgb_backend_info *backend)
{
	struct watch *watch = &model->watch;
	int err;

	err = watch_try_open_aligned(watch, backend, MODEL_PAGES,
				     (size_t)sysconf(_SC_PAGESIZE));
	if (err) {
		check(model->may_fail);
		return err;
	}
	model->shadow = calloc(MODEL_PAGES, watch->page);
	check(model->shadow != NULL);
	memset(model->watched, 0, MODEL_PAGES);
	memset(model->dirty, 1, MODEL_PAGES);
	memset(model->due, 0, MODEL_PAGES);
	memset(model->pins, 0, sizeof(model->pins));
	memset(model->pieces, 0, sizeof(model->pieces));
	model->unsettled = model->may_fail;
	return 0;
}

static void check_pieces(const struct model *model)
{
	for (size_t i = 0; i < MODEL_PIECES; i++) {
		const struct model_piece *piece = &model->pieces[i];

		check(is_all(piece->memory, piece->content,
			     piece->pages * model->watch.page));
	}
}

void model_close(struct model *model)
{
	struct watch *watch = &model->watch;

	check_pieces(model);
	free(model->shadow);
	watch_close_barrier(watch);
	watch_unmap(watch);
}

void model_write(struct model *model, size_t page, size_t offset)
{
	volatile unsigned char *byte = watch_page(&model->watch, page) + offset;

	*byte = (unsigned char)(*byte + 1);
	model->dirty[page] = 1;
}

void model_write_by_kernel(struct model *model, size_t page)
{
	unsigned char *bytes = watch_page(&model->watch, page);
	unsigned char next = (unsigned char)(bytes[1] + 1);
	int fds[2];

	if (!(model->watch.capabilities & PGB_CAP_KERNEL_WRITES))
		return;
	check_int(pipe(fds), 0);
	check_int(write(fds[1], &next, 1), 1);
	check_int(read(fds[0], bytes + 1, 1), 1);
	close(fds[0]);
	close(fds[1]);
	model->dirty[page] = 1;
}

void model_add(struct model *model, size_t first, size_t pages)
{
	struct watch *watch = &model->watch;

	if (!done(model,
		  pgb_add(watch->barrier, watch_page(watch, first), pages * watch->page)))
		return;
	memset(model->watched + first, 1, pages);
	memset(model->dirty + first, 1, pages);
}

void model_remove(struct model *model, size_t first, size_t pages)
{
	struct watch *watch = &model->watch;
	int err = pgb_remove(watch->barrier, watch_page(watch, first), pages * watch->page);

	if (!any_watched(model, first, pages))
		check_int(err, -ENOENT);
	else if (done(model, err))
		memset(model->watched + first, 0, pages);
}

void model_pin(struct model *model, size_t slot, size_t first, size_t pages)
{
	struct watch *watch = &model->watch;

	if (model->pins[slot].pages)
		return;
	if (done(model,
		 pgb_pin(watch->barrier, watch_page(watch, first), pages * watch->page)))
		model->pins[slot] = (struct model_pin){first, pages};
}

void model_unpin(struct model *model, size_t slot)
{
	struct model_pin *pin = &model->pins[slot];

	if (!pin->pages)
		return;
	watch_unpin(&model->watch, pin->first, pin->pages);
	memset(model->dirty + pin->first, 1, pin->pages);
	memset(model->due + pin->first, 1, pin->pages);
	pin->pages = 0;
}

void model_discard(struct model *model, size_t first, size_t pages)
{
	/* The content changes, which not every backend notices: write then. */
	unsigned char *start = watch_page(&model->watch, first);
	size_t size = pages * model->watch.page;
	int err = pgb_discard_range(model->watch.barrier, start, size);

	check(!err || model->may_fail);
	if (err)
		memset(start, 0, size);
	if (!(model->watch.capabilities & PGB_CAP_REMAP_SAFE))
		watch_write_range(&model->watch, first, pages);
	memset(model->dirty + first, 1, pages);
}

void model_map_anew(struct model *model, size_t first, size_t pages)
{
	if (!(model->watch.capabilities & PGB_CAP_REMAP_SAFE) &&
	    any_watched(model, first, pages)) {
		model_remove(model, first, pages);
		if (any_watched(model, first, pages))
			return;
	}
	watch_map_anew(&model->watch, first, pages);
	memset(model->dirty + first, 1, pages);
	model->unsettled = true;
}

void model_alloc(struct model *model, size_t slot, size_t pages)
{
	struct model_piece *piece = &model->pieces[slot];
	size_t size = pages * model->watch.page;
	void *memory;

	if (piece->pages || model->may_fail)
		return;
	check_int(pgb_alloc_range(model->watch.barrier, size, &memory), 0);
	check(is_all(memory, 0, size));
	check_int(pgb_remove(model->watch.barrier, memory, size), 0);
	piece->memory = memory;
	piece->pages = pages;
	piece->content++;
	memset(memory, piece->content, size);
}

void model_free(struct model *model, size_t slot, size_t pages)
{
	struct model_piece *piece = &model->pieces[slot];
	size_t size;

	if (pages > piece->pages)
		pages = piece->pages;
	if (!pages || model->may_fail)
		return;
	check_pieces(model);
	size = pages * model->watch.page;
	check_int(pgb_free_range(model->watch.barrier, piece->memory, size), 0);
	piece->memory += size;
	piece->pages -= pages;
}

/* Done as far as it says; what is left of the source is as it was. */
static void check_move(struct model *model, size_t to, size_t from,
		       const unsigned char *content, size_t size, size_t moved)
{
	struct watch *watch = &model->watch;

	check(moved <= size && moved % watch->page == 0);
	check_int(memcmp(watch_page(watch, to), content, moved), 0);
	check(is_all(watch_page(watch, from), 0, moved));
	check_int(memcmp(watch_page(watch, from) + moved, content + moved, size - moved),
		  0);
}

void model_move(struct model *model, size_t to, size_t from, size_t pages)
{
	struct watch *watch = &model->watch;
	size_t size = pages * watch->page;
	struct pgb_move move = {0};
	unsigned char *content;
	int err;

	if (from < to + pages && to < from + pages)
		return;
	content = malloc(size);
	check(content != NULL);
	memcpy(content, watch_page(watch, from), size);
	err = pgb_move_pages(watch->barrier, watch_page(watch, to), watch_page(watch, from),
			     size, &move);
	check(!err || model->may_fail);
	if (!err)
		check_int(move.moved, size);
	check_move(model, to, from, content, size, move.moved);
	free(content);
	memset(model->dirty + to, 1, move.moved / watch->page);
	memset(model->dirty + from, 1, move.moved / watch->page);
	/* Where it failed, more may have been touched. */
	memset(model->due + to, 1, pages);
	memset(model->due + from, 1, pages);
}

/* Check the last report, which was of these pages, and take it over. */
static void take_report(struct model *model, size_t first, size_t pages)
{
	struct watch *watch = &model->watch;

	for (size_t i = first; i < first + pages; i++) {
		if (!model->watched[i]) {
			check(!watch->reported[i]);
			continue;
		}
		if (model->dirty[i] || pinned(model, i))
			watch_must_report(watch, i, 1);
		if (watch->reported[i])
			memcpy(model->shadow + i * watch->page, watch_page(watch, i),
			       watch->page);
		check_int(memcmp(model->shadow + i * watch->page, watch_page(watch, i),
				 watch->page),
			  0);
	}
}

static void must_report_nothing_else(const struct model *model, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		if (!model->dirty[i] && !model->due[i] && !pinned(model, i))
			watch_must_not_report(&model->watch, i, 1);
}

/* A harvest that failed has reported ranges whole, and the counters say so. */
static void check_failure(const struct model *model, const struct pgb_stats *before,
			  int err)
{
	struct pgb_stats after = watch_stats(&model->watch);

	check(model->unsettled);
	check(after.fallbacks > before->fallbacks);
	check(after.pages_unsure > before->pages_unsure);
	check(after.last_error < 0);
	if (after.fallbacks == before->fallbacks + 1)
		check_int(after.last_error, err);
}

static void check_harvest(struct model *model, const struct pgb_stats *before, int err,
			  size_t first, size_t pages)
{
	take_report(model, first, pages);
	if (err) {
		check_failure(model, before, err);
		/* Whether they are armed now nobody knows. */
		memset(model->due + first, 1, pages);
	} else {
		must_report_nothing_else(model, first, pages);
	}
	memset(model->dirty + first, 0, pages);
}

void model_harvest(struct model *model)
{
	struct pgb_stats before = watch_stats(&model->watch);
	int err = watch_try_harvest(&model->watch);

	check_harvest(model, &before, err, 0, MODEL_PAGES);
	if (!err)
		memset(model->due, 0, MODEL_PAGES);
}

void model_harvest_range(struct model *model, size_t first, size_t pages)
{
	struct pgb_stats before = watch_stats(&model->watch);
	int err = watch_try_harvest_range(&model->watch, first, pages);

	check_harvest(model, &before, err, first, pages);
}

static void live_as_child(void *arg)
{
	struct model *model = arg;

	memset(model->dirty, 1, MODEL_PAGES);
	check_pieces(model);
	model_harvest(model);
	model_write(model, 0, 0);
	model_write(model, MODEL_PAGES - 1, 0);
	model_settle(model);
	model_close(model);
}

void model_fork(struct model *model)
{
	child_run(live_as_child, model);
}

void model_settle(struct model *model)
{
	/* What failed is set up again by one harvest, and armed by the next. */
	model_harvest(model);
	model_harvest(model);
	model->unsettled = model->may_fail;
	model_harvest(model);
	check_int(watch_stats(&model->watch).pages_watched, count_watched(model));
}

static size_t pick(const struct model *model, size_t limit)
{
	return model->pick(model->pick_arg, limit);
}

struct pages {
	size_t first, count;
};

static struct pages pick_pages(const struct model *model)
{
	struct pages pages = {.first = pick(model, MODEL_PAGES)};

	pages.count = 1 + pick(model, pick(model, 4) ? 8 : MODEL_PAGES);
	if (pages.count > MODEL_PAGES - pages.first)
		pages.count = MODEL_PAGES - pages.first;
	return pages;
}

static void write_some(struct model *model)
{
	size_t count = 1 + pick(model, 6);

	while (count--) {
		size_t page = pick(model, MODEL_PAGES);

		model_write(model, page, pick(model, model->watch.page));
	}
}

static void write_one_by_kernel(struct model *model)
{
	model_write_by_kernel(model, pick(model, MODEL_PAGES));
}

#define STEP_ON_PAGES(name)                                                                \
	static void name##_some(struct model *model)                                       \
	{                                                                                  \
		struct pages pages = pick_pages(model);                                    \
                                                                                           \
		model_##name(model, pages.first, pages.count);                             \
	}

STEP_ON_PAGES(add)
STEP_ON_PAGES(remove)
STEP_ON_PAGES(discard)
STEP_ON_PAGES(map_anew)
STEP_ON_PAGES(harvest_range)

static void move_some(struct model *model)
{
	struct pages pages = pick_pages(model);

	model_move(model, pick(model, MODEL_PAGES - pages.count + 1), pages.first,
		   pages.count);
}

static void pin_some(struct model *model)
{
	struct pages pages = pick_pages(model);

	model_pin(model, pick(model, MODEL_PINS), pages.first, pages.count);
}

static void unpin_some(struct model *model)
{
	model_unpin(model, pick(model, MODEL_PINS));
}

static void alloc_some(struct model *model)
{
	size_t slot = pick(model, MODEL_PIECES);

	model_alloc(model, slot, pick_pages(model).count);
}

static void free_some(struct model *model)
{
	size_t slot = pick(model, MODEL_PIECES);

	model_free(model, slot, pick_pages(model).count);
}

void model_step(struct model *model)
{
	static const struct {
		void (*run)(struct model *model);
		size_t weight;
	} steps[] = {
		{write_some, 160},   {write_one_by_kernel, 8}, {add_some, 32},
		{remove_some, 16},   {pin_some, 16},	       {unpin_some, 16},
		{model_harvest, 48}, {harvest_range_some, 48}, {discard_some, 16},
		{map_anew_some, 8},  {model_settle, 8},	       {model_fork, 1},
		{move_some, 12},     {alloc_some, 16},	       {free_some, 16},
	};
	size_t at, i, total = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		total += steps[i].weight;
	at = pick(model, total);
	for (i = 0; at >= steps[i].weight; i++)
		at -= steps[i].weight;
	steps[i].run(model);
}

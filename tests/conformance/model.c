/* SPDX-License-Identifier: MIT */
/*
 * model.c - random calls against a simple model of what they mean.
 *
 * The model keeps, for each page, whether it is watched, whether it has to be reported,
 * and how many pins cover it.  A harvest has to report all that the model says, and
 * nothing that is not watched; on a precise backend a second harvest reports nothing but
 * pins.  PGB_TEST_SEED chooses the first seed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "watch.h"

#define PAGES 96
#define PINS  4
#define STEPS 4000
#define SEEDS 5

struct pin {
	size_t first, pages; /* pages 0: free */
};

struct model {
	struct watch watch;
	uint64_t random;
	unsigned char watched[PAGES];
	unsigned char dirty[PAGES]; /* must be in the next harvest, if watched */
	struct pin pins[PINS];
	unsigned char *shadow; /* the content, as far as harvests told */
	bool remapped;	       /* exactness is only due again after the next harvest */
};

static size_t pick(struct model *model, size_t limit)
{
	return random_next(&model->random) % limit;
}

static void pick_range(struct model *model, size_t *first, size_t *pages)
{
	*first = pick(model, PAGES);
	*pages = 1 + pick(model, pick(model, 4) ? 8 : PAGES);
	if (*pages > PAGES - *first)
		*pages = PAGES - *first;
}

static bool any_watched(const struct model *model, size_t first, size_t pages)
{
	return memchr(model->watched + first, 1, pages) != NULL;
}

static size_t count_watched(const struct model *model)
{
	size_t count = 0;

	for (size_t i = 0; i < PAGES; i++)
		count += model->watched[i];
	return count;
}

static bool pinned(const struct model *model, size_t page)
{
	for (size_t i = 0; i < PINS; i++)
		if (page >= model->pins[i].first &&
		    page - model->pins[i].first < model->pins[i].pages)
			return true;
	return false;
}

static void write_some(struct model *model)
{
	size_t count = 1 + pick(model, 6);

	while (count--) {
		size_t page = pick(model, PAGES);
		size_t offset = pick(model, model->watch.page);

		watch_page(&model->watch, page)[offset]++;
		model->dirty[page] = 1;
	}
}

static void add(struct model *model)
{
	size_t first, pages;

	pick_range(model, &first, &pages);
	watch_add(&model->watch, first, pages);
	memset(model->watched + first, 1, pages);
	memset(model->dirty + first, 1, pages);
}

static void remove_some(struct model *model)
{
	size_t first, pages;

	pick_range(model, &first, &pages);
	if (!any_watched(model, first, pages))
		return;
	watch_remove(&model->watch, first, pages);
	memset(model->watched + first, 0, pages);
}

static void pin(struct model *model)
{
	struct pin *pin = &model->pins[pick(model, PINS)];

	if (pin->pages)
		return;
	pick_range(model, &pin->first, &pin->pages);
	watch_pin(&model->watch, pin->first, pin->pages);
}

static void unpin(struct model *model)
{
	struct pin *pin = &model->pins[pick(model, PINS)];

	if (!pin->pages)
		return;
	watch_unpin(&model->watch, pin->first, pin->pages);
	memset(model->dirty + pin->first, 1, pin->pages);
	pin->pages = 0;
}

static void discard(struct model *model)
{
	size_t first, pages;

	pick_range(model, &first, &pages);
	/* The content changes, which not every backend notices: write then. */
	check_int(madvise(watch_page(&model->watch, first), pages * model->watch.page,
			  MADV_DONTNEED),
		  0);
	if (!(model->watch.capabilities & PGB_CAP_REMAP_SAFE))
		watch_write_range(&model->watch, first, pages);
	memset(model->dirty + first, 1, pages);
}

static void map_anew(struct model *model)
{
	size_t first, pages;

	pick_range(model, &first, &pages);
	if (!(model->watch.capabilities & PGB_CAP_REMAP_SAFE) &&
	    any_watched(model, first, pages)) {
		watch_remove(&model->watch, first, pages);
		memset(model->watched + first, 0, pages);
	}
	watch_map_anew(&model->watch, first, pages);
	memset(model->dirty + first, 1, pages);
	model->remapped = true;
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
		model->dirty[i] = 0;
	}
}

static void harvest(struct model *model)
{
	int err = watch_try_harvest(&model->watch);

	check(!err || model->remapped);
	take_report(model, 0, PAGES);
}

static void harvest_range(struct model *model)
{
	size_t first, pages;
	int err;

	pick_range(model, &first, &pages);
	err = watch_try_harvest_range(&model->watch, first, pages);
	check(!err || model->remapped);
	take_report(model, first, pages);
}

/* Nothing has happened since the last harvest: pins are all there is. */
static void harvest_again(struct model *model)
{
	harvest(model);
	if (model->remapped)
		harvest(model);
	model->remapped = false;
	/* What was unpinned is due until a harvest of all its pages at once. */
	harvest(model);
	harvest(model);
	for (size_t i = 0; i < PAGES; i++)
		if (!pinned(model, i))
			watch_must_not_report(&model->watch, i, 1);
	check_int(watch_stats(&model->watch).pages_watched, count_watched(model));
}

static void step(struct model *model)
{
	static const struct {
		void (*run)(struct model *model);
		size_t weight;
	} steps[] = {
		{write_some, 40}, {add, 8},	      {remove_some, 4},	   {pin, 4},
		{unpin, 4},	  {harvest, 12},      {harvest_range, 12}, {discard, 4},
		{map_anew, 2},	  {harvest_again, 2},
	};
	size_t at, i, total = 0;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		total += steps[i].weight;
	at = pick(model, total);
	for (i = 0; at >= steps[i].weight; i++)
		at -= steps[i].weight;
	steps[i].run(model);
}

static void run_model(const struct pgb_backend_info *backend, uint64_t seed)
{
	struct model model = {.random = seed};
	size_t steps = scaled(STEPS);

	note("%s: seed %llu", backend->name, (unsigned long long)seed);
	watch_open(&model.watch, backend, PAGES);
	model.shadow = calloc(PAGES, model.watch.page);
	check(model.shadow != NULL);
	memset(model.dirty, 1, PAGES);
	for (size_t i = 0; i < steps; i++)
		step(&model);
	harvest_again(&model);
	free(model.shadow);
	watch_close(&model.watch);
}

static void random_calls(const struct pgb_backend_info *backend)
{
	const char *text = getenv("PGB_TEST_SEED");
	uint64_t first = text ? strtoull(text, NULL, 10) : 1;

	for (uint64_t seed = first; seed < first + SEEDS; seed++)
		run_model(backend, seed);
}

static const struct conformance_case cases[] = {
	{"random calls agree with a model", random_calls, 0},
};

CONFORMANCE_MAIN("model", cases)

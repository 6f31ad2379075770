/* SPDX-License-Identifier: MIT */
/* calls.c - what calls accept, what they return, what they count. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "watch.h"

#define PAGES 16

/* Any of pgb_add() and the like. */
typedef int range_call(struct pgb_barrier *barrier, void *start, size_t length);

static int harvest_call(struct pgb_barrier *barrier, void *start, size_t length)
{
	return pgb_harvest_range(barrier, start, length, NULL, NULL);
}

static void rejects_bad_ranges(struct watch *watch, range_call *call)
{
	unsigned char *start = watch_page(watch, 4);
	uintptr_t last_page = -(uintptr_t)watch->page;

	check_int(call(watch->barrier, start + 1, watch->page), -EINVAL);
	check_int(call(watch->barrier, start + watch->page / 2, watch->page), -EINVAL);
	check_int(call(watch->barrier, start, watch->page + 1), -EINVAL);
	check_int(call(watch->barrier, start, watch->page - 1), -EINVAL);
	check_int(call(watch->barrier, start, SIZE_MAX), -EINVAL);
	check_int(call(watch->barrier, start, SIZE_MAX - watch->page + 1), -EINVAL);
	check_int(call(watch->barrier, (void *)last_page, 2 * watch->page), -EINVAL);
	check_int(call(watch->barrier, (void *)last_page, 4 * watch->page), -EINVAL);
}

static void bad_ranges(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	rejects_bad_ranges(&watch, pgb_add);
	rejects_bad_ranges(&watch, pgb_remove);
	rejects_bad_ranges(&watch, pgb_pin);
	rejects_bad_ranges(&watch, pgb_unpin);
	rejects_bad_ranges(&watch, harvest_call);
	check_int(pgb_add(watch.barrier, watch.base, 0), -EINVAL);
	check_int(pgb_remove(watch.barrier, watch.base, 0), -EINVAL);
	check_int(pgb_pin(watch.barrier, watch.base, 0), -EINVAL);
	check_int(pgb_unpin(watch.barrier, watch.base, 0), -EINVAL);
	/* None of it has changed anything. */
	check_int(watch_stats(&watch).pages_watched, PAGES);
	check_int(watch_stats(&watch).ranges, 1);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void not_there(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	check_int(pgb_remove(watch.barrier, watch.base, watch.page), -ENOENT);
	watch_add(&watch, 0, 4);
	watch_add(&watch, 8, 4);
	check_int(pgb_remove(watch.barrier, watch_page(&watch, 4), 4 * watch.page),
		  -ENOENT);
	check_int(pgb_remove(watch.barrier, watch_page(&watch, 12), 4 * watch.page),
		  -ENOENT);
	watch_remove(&watch, 8, 4);
	check_int(pgb_remove(watch.barrier, watch_page(&watch, 8), 4 * watch.page),
		  -ENOENT);
	check_int(pgb_unpin(watch.barrier, watch.base, watch.page), -ENOENT);
	watch_pin(&watch, 0, 4);
	check_int(pgb_unpin(watch.barrier, watch.base, 3 * watch.page), -ENOENT);
	check_int(pgb_unpin(watch.barrier, watch.base, 5 * watch.page), -ENOENT);
	check_int(pgb_unpin(watch.barrier, watch_page(&watch, 1), 3 * watch.page), -ENOENT);
	watch_unpin(&watch, 0, 4);
	check_int(pgb_unpin(watch.barrier, watch.base, 4 * watch.page), -ENOENT);
	watch_close(&watch);
}

static void opening(const struct pgb_backend_info *backend)
{
	struct pgb_barrier *untouched = (struct pgb_barrier *)&untouched;
	struct pgb_barrier *barrier = untouched;
	uint32_t capabilities;

	check_int(pgb_open(NULL, backend->name), -EINVAL);
	check_int(pgb_open(&barrier, ""), -EINVAL);
	check_int(pgb_open(&barrier, "no such backend"), -EINVAL);
	check(barrier == untouched);
	check_int(pgb_open(&barrier, backend->name), 0);
	check_int(strcmp(pgb_backend_name(barrier), backend->name), 0);
	check_int(pgb_capabilities(barrier), backend->capabilities);
	pgb_close(barrier);
	pgb_close(NULL);
	/* NULL and "auto" are the same, and never choose what has to be asked for. */
	if (!backend->automatic)
		return;
	check_int(pgb_open(&barrier, NULL), 0);
	capabilities = pgb_capabilities(barrier);
	pgb_close(barrier);
	check_int(pgb_open(&barrier, "auto"), 0);
	check_int(pgb_capabilities(barrier), capabilities);
	pgb_close(barrier);
}

static void probing(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;
	size_t found = 0;

	check_int(pgb_backend_probe(pgb_backend_count(), &info, sizeof(info)), -EINVAL);
	check_int(pgb_backend_probe(SIZE_MAX, &info, sizeof(info)), -EINVAL);
	check_int(pgb_backend_probe(0, &info, 0), -EINVAL);
	check_int(pgb_backend_probe(0, &info, sizeof(info) - 1), -EINVAL);
	for (size_t i = 0; i < pgb_backend_count(); i++) {
		check_int(pgb_backend_probe(i, &info, sizeof(info)), 0);
		check(info.name[0] && info.summary[0]);
		check(memchr(info.reason, '\0', sizeof(info.reason)) != NULL);
		/* A reason if and only if there is something to be explained. */
		check(!info.status == !info.reason[0]);
		check(info.status <= 0);
		found += !strcmp(info.name, backend->name);
	}
	check_int(found, 1);
}

static void reading_counters(const struct pgb_backend_info *backend)
{
	struct pgb_stats stats;
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	check_int(pgb_get_stats(watch.barrier, NULL, sizeof(stats)), -EINVAL);
	check_int(pgb_get_stats(watch.barrier, &stats, 0), -EINVAL);
	check_int(pgb_get_stats(watch.barrier, &stats, sizeof(stats) - 1), -EINVAL);
	check_int(pgb_get_stats(watch.barrier, &stats, sizeof(stats)), 0);
	watch_close(&watch);
}

static void counters(const struct pgb_backend_info *backend)
{
	struct pgb_stats stats;
	struct watch watch;
	size_t reported;

	watch_open(&watch, backend, PAGES);
	stats = watch_stats(&watch);
	check_int(stats.harvests, 0);
	check_int(stats.pages_watched, 0);
	check_int(stats.ranges, 0);
	watch_arm(&watch);
	stats = watch_stats(&watch);
	check_int(stats.harvests, 1);
	check_int(stats.pages_reported, PAGES);
	check_int(stats.pages_harvested, PAGES);
	check_int(stats.pages_watched, PAGES);
	check_int(stats.ranges, 1);
	watch_write(&watch, 3);
	watch_harvest_range(&watch, 2, 4);
	reported = watch.reported_pages;
	watch_remove(&watch, 8, 1);
	watch_write(&watch, 12);
	watch_harvest(&watch);
	reported += watch.reported_pages;
	stats = watch_stats(&watch);
	check_int(stats.harvests, 3);
	check_int(stats.pages_reported, PAGES + reported);
	check_int(stats.pages_harvested, PAGES + 4 + PAGES - 1);
	check_int(stats.pages_watched, PAGES - 1);
	check_int(stats.ranges, 2);
	check_int(stats.pages_pinned, 0);
	check_int(stats.fallbacks, 0);
	check_int(stats.forks, 0);
	check_int(stats.last_error, 0);
	if (backend->capabilities & PGB_CAP_PAGE_PRECISE) {
		check_int(reported, 2);
		check_int(stats.pages_unsure, 0);
	}
	watch_close(&watch);
}

struct visit {
	struct watch *watch;
	size_t visits;
	int whole, part, elsewhere;
};

static void harvest_from_another_thread(struct visit *visit);

static void harvest_again(void *arg, uintptr_t start, uintptr_t end)
{
	struct visit *visit = arg;

	(void)start;
	(void)end;
	visit->visits++;
	visit->whole = pgb_harvest(visit->watch->barrier, harvest_again, arg);
	visit->part = pgb_harvest_range(visit->watch->barrier, visit->watch->base,
					visit->watch->page, harvest_again, arg);
	harvest_from_another_thread(visit);
}

static void *harvest_elsewhere(void *arg)
{
	struct visit *visit = arg;

	visit->elsewhere = pgb_harvest(visit->watch->barrier, harvest_again, visit);
	return NULL;
}

static void harvest_from_another_thread(struct visit *visit)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, harvest_elsewhere, visit))
		pthread_join(thread, NULL);
}

static void one_harvest_at_a_time(const struct pgb_backend_info *backend)
{
	struct visit visit = {0};
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 5);
	visit.watch = &watch;
	check_int(pgb_harvest(watch.barrier, harvest_again, &visit), 0);
	check_int(visit.visits, 1);
	check_int(visit.whole, -EBUSY);
	check_int(visit.part, -EBUSY);
	check_int(visit.elsewhere, -EBUSY);
	check_int(watch_stats(&watch).harvests, 2);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* A visitor may use other barriers: the rule is one harvest at a time on each. */
static void harvest_other(void *arg, uintptr_t start, uintptr_t end)
{
	struct watch *other = arg;

	(void)start;
	(void)end;
	watch_harvest(other);
}

static void harvest_within_anothers(const struct pgb_backend_info *backend)
{
	struct watch one, other;

	watch_open(&one, backend, PAGES);
	watch_open(&other, backend, PAGES);
	watch_arm(&one);
	watch_arm(&other);
	watch_write(&one, 5);
	watch_write(&other, 9);
	check_int(pgb_harvest(one.barrier, harvest_other, &other), 0);
	watch_must_report_only(&other, 9, 1);
	watch_close(&one);
	watch_close(&other);
}

static void version(const struct pgb_backend_info *backend)
{
	const char *text = pgb_version();

	(void)backend;
	check(strlen(text) >= strlen("0.1.0"));
	check_int(strspn(text, "0123456789."), strlen(text));
}

static const struct conformance_case cases[] = {
	{"bad ranges", bad_ranges, 0},
	{"ranges and pins that are not there", not_there, 0},
	{"opening and closing", opening, 0},
	{"probing", probing, 0},
	{"bad arguments to pgb_get_stats", reading_counters, 0},
	{"counters", counters, 0},
	{"one harvest at a time", one_harvest_at_a_time, 0},
	{"a harvest within another barrier's", harvest_within_anothers, 0},
	{"the version", version, 0},
};

CONFORMANCE_MAIN("calls", cases)

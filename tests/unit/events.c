/* SPDX-License-Identifier: MIT */
/* events.c - tests of gc-integration/bdwgc/events.c, on the events of different builds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "events.h"
#include "heap.h"
#include "record.h"

static collector_event_handler *handler;
static int incremental;
static unsigned before, precleaned, begun, started, ended, completed, pauses;

static void set_handler(collector_event_handler *given)
{
	handler = given;
}

static collector_event_handler *get_handler(void)
{
	return NULL;
}

static size_t get_gc_no(void)
{
	return 1;
}

uint64_t heap_bytes(void)
{
	return 0;
}

uint64_t record_now(void)
{
	return 0;
}

void record_pause(uint64_t began, uint64_t nanoseconds, uint64_t collections,
		  uint64_t bytes)
{
	(void)began;
	(void)nanoseconds;
	(void)collections;
	(void)bytes;
	pauses++;
}

static void before_stop(void)
{
	before++;
}

static void preclean(void)
{
	assert_int_equal(events_stop_number(), 0);
	precleaned++;
}

static void mark_start(void)
{
	assert_int_not_equal(events_stop_number(), 0);
	begun++;
}

static void before_start(void)
{
	assert_int_equal(events_stop_number(), 0);
	assert_int_equal(started++, ended);
}

static void after_stop(uint64_t nanoseconds, bool marked)
{
	(void)nanoseconds;
	assert_int_equal(events_stop_number(), 0);
	ended++;
	completed += marked;
}

static int is_incremental_mode(void)
{
	return incremental;
}

static const struct collector libgc = {
	.api = {.is_incremental_mode = is_incremental_mode,
		.get_gc_no = get_gc_no,
		.set_on_collection_event = set_handler,
		.get_on_collection_event = get_handler},
};

static const struct events_listener listener = {
	.before_stop = before_stop,
	.preclean = preclean,
	.mark_start = mark_start,
	.before_start = before_start,
	.after_stop = after_stop,
};

static int begin(void **state)
{
	(void)state;
	before = precleaned = begun = started = ended = completed = pauses = 0;
	return 0;
}

/* It was seen to be so many stops, of which so many completed a collection. */
static void expect(unsigned stops, unsigned collections)
{
	assert_int_equal(before, stops);
	assert_int_equal(begun, stops);
	assert_int_equal(ended, stops);
	assert_int_equal(pauses, stops);
	assert_int_equal(completed, collections);
	assert_int_equal(events_stop_number(), 0);
}

/* A build without threads tells of marking alone, and not of its being abandoned. */
static void without_threads(void **state)
{
	uint64_t first, last;

	(void)state;
	handler(COLLECTOR_MARK_START);
	first = events_stop_number();
	handler(COLLECTOR_MARK_START);
	assert_int_not_equal(events_stop_number(), first);
	assert_false(events_is_stop(first));
	last = events_stop_number();
	assert_true(events_is_stop(last));
	handler(COLLECTOR_MARK_END);
	assert_false(events_is_stop(last));
	handler(COLLECTOR_MARK_START);
	handler(COLLECTOR_MARK_END);
	expect(3, 2);
	/* The program's one thread is in libgc already. */
	assert_int_equal(precleaned, 0);
	assert_int_equal(started, 0);
	assert_false(events_tells_of_stops());
}

static void stop(bool marked)
{
	handler(COLLECTOR_PRE_STOP_WORLD);
	assert_int_equal(events_stop_number(), 0);
	handler(COLLECTOR_POST_STOP_WORLD);
	handler(COLLECTOR_MARK_START);
	if (marked)
		handler(COLLECTOR_MARK_END);
	handler(COLLECTOR_PRE_START_WORLD);
	assert_int_equal(events_stop_number(), 0);
	handler(COLLECTOR_POST_START_WORLD);
}

static void with_threads(void **state)
{
	(void)state;
	stop(false);
	stop(true);
	incremental = 1;
	stop(true);
	incremental = 0;
	expect(3, 2);
	assert_int_equal(precleaned, 1);
	assert_int_equal(started, 3);
	assert_true(events_tells_of_stops());
}

static void is_asked(bool may_abandon)
{
	handler(COLLECTOR_PRE_STOP_WORLD);
	assert_true(events_world_runs());
	assert_false(events_may_abandon());
	handler(COLLECTOR_POST_STOP_WORLD);
	handler(COLLECTOR_MARK_START);
	assert_false(events_world_runs());
	assert_int_equal(events_may_abandon(), may_abandon);
}

/* A stop in which libgc asks whether to go on, and does not, or does. */
static void asking_stop(bool may_abandon, bool marked)
{
	is_asked(may_abandon);
	if (marked)
		handler(COLLECTOR_MARK_END);
	handler(COLLECTOR_PRE_START_WORLD);
	handler(COLLECTOR_POST_START_WORLD);
	assert_true(events_world_runs());
	assert_false(events_may_abandon());
}

static void what_is_asked_for_is_not_abandoned(void **state)
{
	(void)state;
	asking_stop(true, true);
	handler(COLLECTOR_START);
	assert_false(events_may_abandon());
	asking_stop(false, true);
	asking_stop(true, true);
}

/* GC_gcollect() brings it to an end, in as many stops as that takes, and makes its own. */
static void nor_is_what_comes_before_it(void **state)
{
	(void)state;
	asking_stop(true, false);
	handler(COLLECTOR_START);
	asking_stop(false, false);
	asking_stop(false, true);
	asking_stop(false, true);
	asking_stop(true, true);
}

/* By a stop function of the program's: the next stops go on with it, for nobody. */
static void what_was_asked_for_and_abandoned_is_over_once_it_ends(void **state)
{
	(void)state;
	handler(COLLECTOR_START);
	asking_stop(false, false);
	asking_stop(false, true);
	asking_stop(true, true);
}

/* Nothing is known of the world before the first event of a stop. */
static void a_build_without_threads_is_never_told_to_abandon(void **state)
{
	(void)state;
	handler(COLLECTOR_MARK_START);
	assert_false(events_world_runs());
	assert_false(events_may_abandon());
	handler(COLLECTOR_MARK_END);
	assert_false(events_world_runs());
}

int main(void)
{
	/* In this order: once a stop was told of, all are. */
	const struct CMUnitTest events[] = {
		cmocka_unit_test_setup(a_build_without_threads_is_never_told_to_abandon,
				       begin),
		cmocka_unit_test_setup(without_threads, begin),
		cmocka_unit_test_setup(with_threads, begin),
		cmocka_unit_test_setup(what_is_asked_for_is_not_abandoned, begin),
		cmocka_unit_test_setup(nor_is_what_comes_before_it, begin),
		cmocka_unit_test_setup(
			what_was_asked_for_and_abandoned_is_over_once_it_ends, begin),
	};

	events_init(&libgc, &listener, true);
	return cmocka_run_group_tests(events, NULL, NULL);
}

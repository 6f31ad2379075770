/* SPDX-License-Identifier: MIT */
/* governor.c - tests of gc-integration/bdwgc/governor.c, on a libgc of two variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dirty_pages.h"
#include "governor.h"
#include "heap.h"
#include "idle.h"
#include "message.h"
#include "precleaning.h"
#include "settings.h"
#include "stop_function.h"
#include "walk.h"

#define TARGET_MS 5
#define FEW	  250 /* pages that can be marked within the target */
#define UNLIMITED 10000
#define MIB	  ((size_t)1 << 20)

static int rate, tries;
static uint64_t reported;
static unsigned rounds; /* of precleaning before this stop, and what was marked from then */
static uint64_t marked_before;
static bool left_few, has_left_nothing, keeps_small;
static uint64_t found; /* in the last of those rounds */
static bool walk_is_empty;
static bool idle;
static struct collector_heap heap = {.size = 65 * MIB, .free = MIB};

void GC_set_rate(int value);
void GC_set_max_prior_attempts(int value);

static int get_rate(void)
{
	return rate;
}

/* What a thread of the program sets it to, in the middle of our own call; 0: nothing. */
static int set_meanwhile;

static void set_rate(int value)
{
	int programs = set_meanwhile;

	set_meanwhile = 0;
	if (programs)
		GC_set_rate(programs);
	rate = value;
}

static int get_tries(void)
{
	return tries;
}

static void set_tries(int value)
{
	tries = value;
}

static size_t get_prof_stats(struct collector_heap *to, size_t size)
{
	assert_int_equal(size, sizeof(*to));
	*to = heap;
	return size;
}

void idle_watch(void)
{
}

bool idle_was_seen(void)
{
	return idle;
}

uint64_t heap_pages_reported(void)
{
	return reported;
}

unsigned precleaning_rounds(void)
{
	return rounds;
}

bool precleaning_left_few(void)
{
	return left_few;
}

uint64_t precleaning_found(void)
{
	return found;
}

bool precleaning_find_more(void)
{
	return !has_left_nothing;
}

void dirty_pages_keep_small(bool always)
{
	keeps_small = always;
}

unsigned stop_function_ended(void)
{
	return 0;
}

uint64_t precleaning_pages(void)
{
	return marked_before;
}

void precleaning_after_stop(void)
{
	rounds = 0;
	marked_before = 0;
}

bool walk_is_spared(void)
{
	return walk_is_empty;
}

void message_info(const char *format, ...)
{
	(void)format;
}

static const struct collector libgc = {
	.api = {.get_rate = get_rate,
		.set_rate = set_rate,
		.get_max_prior_attempts = get_tries,
		.set_max_prior_attempts = set_tries,
		.get_prof_stats_unsafe = get_prof_stats},
};

/* A stop that found so many dirty pages and was abandoned, or was not. */
static void stop_after(uint64_t dirty, bool marked)
{
	reported += dirty;
	governor_after_stop(1000000, marked);
}

/* The same, after precleaning that found so many beforehand, the last of them few. */
static void stop_after_precleaning(unsigned count, uint64_t found, uint64_t dirty,
				   bool marked)
{
	reported += found;
	rounds = count;
	marked_before = found;
	stop_after(dirty, marked);
}

/* The governor has no end; every test begins behind a collection that is over. */
static int begin(void **state)
{
	(void)state;
	idle = left_few = has_left_nothing = walk_is_empty = false;
	found = 0;
	stop_after(0, false);
	stop_after(0, true);
	settings_borrow(SETTING_RATE, 100);
	settings_borrow(SETTING_TRIES, UNLIMITED);
	return 0;
}

static void ends_once_the_rest_fits(void **state)
{
	(void)state;
	stop_after(20000, false);
	assert_int_equal(tries, UNLIMITED);
	stop_after(1500, false);
	assert_int_equal(tries, UNLIMITED);
	stop_after(FEW, false);
	assert_int_equal(tries, 0);
	stop_after(40, true);
	assert_int_equal(tries, UNLIMITED);
}

static void what_was_precleaned_is_not_left(void **state)
{
	(void)state;
	left_few = true;
	stop_after(20000, false);
	stop_after_precleaning(3, 9000, 2 * FEW + 1, false);
	assert_int_equal(tries, UNLIMITED);
	stop_after_precleaning(2, 9000, 2 * FEW, false);
	assert_int_equal(tries, 0);
	stop_after(10, true);
	/* What was found before, and is for libgc to mark from now, counts. */
	stop_after(20000, false);
	reported += 2 * FEW;
	stop_after_precleaning(2, 9000, 1, false);
	assert_int_equal(tries, UNLIMITED);
	stop_after(10, true);
	left_few = false;
	stop_after(20000, false);
	stop_after_precleaning(8, 9000, FEW + 1, false);
	assert_int_equal(tries, UNLIMITED);
	stop_after_precleaning(8, 9000, FEW, false);
	assert_int_equal(tries, 0);
}

/* Between stops there were more looks for dirty pages than there were stops. */
static void harvests_between_tries_are_tries(void **state)
{
	(void)state;
	stop_after(20000, false);
	stop_after_precleaning(4, 9000, 10, false);
	stop_after(10, true);
	assert_int_equal(rate, 100);
	stop_after(20000, false);
	stop_after_precleaning(3, 9000, 10, false);
	stop_after(10, true);
	assert_int_equal(rate, 88);
}

/* The walk takes 40 ns for each block, so half of the target is that of 62,500. */
static void tries_end_before_a_long_walk(void **state)
{
	struct collector_heap before = heap;

	(void)state;
	stop_after(10, true);
	assert_false(governor_try_is_hopeless());
	heap.size = 245 * MIB;
	stop_after(10, true);
	assert_false(governor_try_is_hopeless());
	heap.size = 246 * MIB;
	stop_after(20000, false);
	assert_true(governor_try_is_hopeless());
	heap.free += MIB;
	stop_after(10, true);
	assert_false(governor_try_is_hopeless());
	heap = before;
}

/* What hangs on roots is marked in it as far as there is time. */
static void without_a_walk_a_try_for_few_is_made(void **state)
{
	struct collector_heap before = heap;

	(void)state;
	heap.size = 1024 * MIB;
	stop_after(20000, false);
	reported += FEW;
	assert_true(governor_try_is_hopeless());
	walk_is_empty = true;
	assert_false(governor_try_is_hopeless());
	reported++;
	assert_true(governor_try_is_hopeless());
	/* They have been marked from before this stop. */
	marked_before = 1;
	assert_false(governor_try_is_hopeless());
	left_few = true;
	reported += FEW;
	assert_false(governor_try_is_hopeless());
	reported++;
	assert_true(governor_try_is_hopeless());
	heap = before;
	stop_after(0, true);
}

/* What the first finds was written before the collection began, long or short ago. */
static void the_first_try_is_no_measure(void **state)
{
	(void)state;
	stop_after(1, false);
	assert_int_equal(tries, UNLIMITED);
}

static void marks_faster_where_tries_do_not_converge(void **state)
{
	(void)state;
	stop_after(20000, false);
	stop_after(4000, false);
	stop_after(3900, false);
	assert_int_equal(rate, 200);
	assert_int_equal(tries, UNLIMITED);
	stop_after(3900, false);
	assert_int_equal(rate, 400);
	stop_after(2000, false);
	assert_int_equal(rate, 400);
	assert_int_equal(tries, UNLIMITED);
	stop_after(1900, false);
	assert_int_equal(rate, 400);
	assert_int_equal(tries, 0);
}

static void marks_slower_where_tries_are_few(void **state)
{
	(void)state;
	stop_after(20000, false);
	stop_after(100, false);
	stop_after(10, true);
	assert_int_equal(rate, 88);
	for (int i = 0; i < 20; i++) {
		stop_after(20000, false);
		stop_after(10, true);
	}
	assert_int_equal(rate, 25);
}

/* A collection of `attempts` tries, in which so much is allocated. */
static void collect(int attempts, size_t allocated)
{
	heap.allocated = MIB;
	for (int i = 0; i < attempts; i++)
		stop_after(20000 >> i, false);
	heap.allocated += allocated;
	stop_after(10, true);
	assert_int_equal(governor_allocated(), allocated);
}

static void marks_sparingly_for_who_has_time(void **state)
{
	(void)state;
	idle = true;
	for (int i = 0; i < 10; i++)
		collect(3, MIB);
	assert_int_equal(rate, 1);
	collect(3, 10 * MIB); /* between an eighth and a quarter of what is in use */
	assert_int_equal(rate, 1);
	collect(3, 20 * MIB);
	assert_int_equal(rate, 2);
	idle = false;
	collect(2, MIB);
	assert_int_equal(rate, 25);
}

/* A long stop is worse than little time between stops. */
static void hurries_all_the_same_where_much_is_left(void **state)
{
	(void)state;
	idle = true;
	for (int i = 0; i < 10; i++)
		collect(3, MIB);
	for (int i = 0; i < 5; i++)
		stop_after(2 * FEW, false);
	assert_int_equal(rate, 8);
	assert_int_equal(tries, 0);
	stop_after(10, true);
	assert_int_equal(rate, 1);
	for (int i = 0; i < 10; i++)
		stop_after(2 * FEW + 1, false);
	assert_int_equal(rate, 400);
	assert_int_equal(tries, UNLIMITED);
	stop_after(2 * FEW + 1, false);
	assert_int_equal(tries, 0);
	stop_after(10, true);
	assert_int_equal(rate, 1);
}

/* From its first try on, and as long as it has time. */
static void who_gets_time_is_spared_at_once(void **state)
{
	(void)state;
	assert_false(keeps_small);
	idle = true;
	stop_after(20000, false);
	assert_int_equal(rate, 2);
	assert_true(keeps_small);
	stop_after(10, true);
	assert_true(keeps_small);
	idle = false;
	stop_after(20000, false);
	assert_false(keeps_small);
	assert_int_equal(rate, 25);
}

/*
 * Though harvests find few, much may hang on roots, and a stop that is the last one has no
 * limit.
 */
static void harvests_alone_do_not_end_it(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		stop_after(20000, false);
		assert_true(governor_find_more());
		has_left_nothing = left_few = true;
		assert_false(governor_find_more());
		assert_int_equal(tries, UNLIMITED);
		stop_after(0, true);
		has_left_nothing = left_few = false;
	}
}

static void has_time_as_of_the_collection(void **state)
{
	(void)state;
	idle = true;
	assert_false(governor_program_has_time());
	stop_after(20000, false);
	assert_true(governor_program_has_time());
	stop_after(10, true);
	idle = false;
	assert_true(governor_program_has_time());
	stop_after(20000, false);
	assert_false(governor_program_has_time());
	idle = true;
	stop_after(10, true);
	assert_false(governor_program_has_time());
	/* In a single stop, too. */
	stop_after(10, true);
	assert_true(governor_program_has_time());
}

static void what_is_left_is_marked_from_in_a_burst(void **state)
{
	(void)state;
	idle = true;
	stop_after(20000, false);
	for (int i = 0; i < 2; i++) {
		found = FEW + 1;
		governor_find_more();
		assert_int_equal(rate, 2);
		found = FEW;
		assert_true(governor_find_more());
		assert_false(governor_find_more());
		assert_int_equal(rate, 100);
		stop_after(1000 >> i, false);
		assert_int_equal(rate, 2);
	}
	assert_true(governor_find_more());
	assert_int_equal(rate, 100);
	stop_after(10, true);
	assert_int_equal(rate, 1);
}

/* The next stop may have as much to do as after harvests that came down to few. */
static void after_a_burst_more_are_few(void **state)
{
	(void)state;
	idle = true;
	stop_after(20000, false);
	stop_after(8 * FEW, false);
	found = FEW;
	governor_find_more();
	stop_after(2 * FEW, false);
	assert_int_equal(tries, 0);
	/* It has no limit, so it is to find as little as can be. */
	assert_true(governor_find_more());
	assert_true(governor_find_more());
}

static void no_harvest_is_left_out_where_the_rate_is_high(void **state)
{
	(void)state;
	idle = true;
	stop_after(20000, false);
	settings_borrow(SETTING_RATE, 100);
	found = FEW;
	assert_true(governor_find_more());
	assert_true(governor_find_more());
}

static void who_has_no_time_gets_no_burst(void **state)
{
	(void)state;
	stop_after(20000, false);
	settings_borrow(SETTING_RATE, 50);
	found = 1;
	governor_find_more();
	assert_int_equal(rate, 50);
}

/* 64 MiB are in use, and a quarter is much. */
static void hurries_where_much_is_allocated_meanwhile(void **state)
{
	(void)state;
	idle = true;
	heap.allocated = 100 * MIB;
	governor_heap_grew();
	assert_int_equal(rate, 100);
	stop_after(20000, false);
	heap.allocated += 16 * MIB;
	governor_heap_grew();
	assert_int_equal(rate, 2);
	heap.allocated++;
	for (int i = 0; i < 5; i++)
		governor_heap_grew();
	assert_int_equal(rate, 64);
	governor_heap_grew();
	assert_int_equal(rate, 100);
	governor_heap_grew();
	assert_int_equal(rate, 100);
	settings_borrow(SETTING_RATE, 400);
	governor_heap_grew();
	assert_int_equal(rate, 400);
	found = 1;
	governor_find_more();
	assert_int_equal(rate, 400);
	stop_after(10, true);
	assert_int_equal(rate, 4);
	governor_heap_grew();
	assert_int_equal(rate, 4);
}

/* As GC_gcollect() does it. */
static void a_collection_in_one_stop_tells_nothing(void **state)
{
	(void)state;
	idle = true;
	for (int i = 0; i < 10; i++)
		collect(3, MIB);
	collect(3, 20 * MIB);
	stop_after(10, true);
	assert_int_equal(rate, 2);
	assert_int_equal(governor_allocated(), 20 * MIB);
}

/* Without a rate to double, the next try that does not converge is the last. */
static void the_programs_rate_stands(void **state)
{
	(void)state;
	set_meanwhile = 33;
	settings_borrow(SETTING_RATE, 50);
	assert_int_equal(rate, 33);
	stop_after(20000, false);
	stop_after(4000, false);
	stop_after(4000, false);
	assert_int_equal(rate, 33);
	assert_int_equal(tries, 0);
	stop_after(10, true);
	assert_int_equal(rate, 33);
}

static void the_programs_tries_stand(void **state)
{
	(void)state;
	GC_set_max_prior_attempts(0);
	stop_after(10, true);
	assert_int_equal(tries, 0);
	GC_set_max_prior_attempts(7);
	stop_after(20000, false);
	stop_after(10, false);
	assert_int_equal(tries, 7);
}

int main(void)
{
	/* The last two leave their setting to the program, for good. */
	const struct CMUnitTest governor[] = {
		cmocka_unit_test_setup(ends_once_the_rest_fits, begin),
		cmocka_unit_test_setup(what_was_precleaned_is_not_left, begin),
		cmocka_unit_test_setup(harvests_between_tries_are_tries, begin),
		cmocka_unit_test_setup(tries_end_before_a_long_walk, begin),
		cmocka_unit_test_setup(without_a_walk_a_try_for_few_is_made, begin),
		cmocka_unit_test_setup(the_first_try_is_no_measure, begin),
		cmocka_unit_test_setup(marks_faster_where_tries_do_not_converge, begin),
		cmocka_unit_test_setup(marks_slower_where_tries_are_few, begin),
		cmocka_unit_test_setup(marks_sparingly_for_who_has_time, begin),
		cmocka_unit_test_setup(hurries_all_the_same_where_much_is_left, begin),
		cmocka_unit_test_setup(who_gets_time_is_spared_at_once, begin),
		cmocka_unit_test_setup(harvests_alone_do_not_end_it, begin),
		cmocka_unit_test_setup(has_time_as_of_the_collection, begin),
		cmocka_unit_test_setup(what_is_left_is_marked_from_in_a_burst, begin),
		cmocka_unit_test_setup(after_a_burst_more_are_few, begin),
		cmocka_unit_test_setup(no_harvest_is_left_out_where_the_rate_is_high,
				       begin),
		cmocka_unit_test_setup(who_has_no_time_gets_no_burst, begin),
		cmocka_unit_test_setup(hurries_where_much_is_allocated_meanwhile, begin),
		cmocka_unit_test_setup(a_collection_in_one_stop_tells_nothing, begin),
		cmocka_unit_test_setup(the_programs_rate_stands, begin),
		cmocka_unit_test_setup(the_programs_tries_stand, begin),
	};

	/* libgc may map memory where nothing is governed, and there is nothing to ask. */
	governor_heap_grew();
	rate = 10;
	tries = 1;
	settings_init(&libgc);
	governor_init(&libgc, TARGET_MS);
	return cmocka_run_group_tests(governor, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* mmu.c - minimum mutator utilisation against its definition, window by window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tool/mmu.h"

#define LONGEST_RUN 200
#define RUNS	    400
#define NEARLY	    1e-6F

/* A run in which each moment is stopped or not. */
struct run {
	uint64_t lasted;
	bool stopped[LONGEST_RUN];
	struct pgb_stats_pause pauses[LONGEST_RUN];
	size_t count;
};

static uint64_t random_below(uint64_t bound)
{
	static uint64_t random = 88172645463325252;

	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	return (random >> 20) % bound;
}

static void add(struct run *run, uint64_t start, uint64_t duration)
{
	run->pauses[run->count++] = (struct pgb_stats_pause){start, duration};
	for (uint64_t i = start; i < start + duration; i++)
		run->stopped[i] = true;
}

static void make_run(struct run *run)
{
	uint64_t longest = 1 + random_below(20), moment = random_below(longest + 1);

	memset(run, 0, sizeof(*run));
	run->lasted = 1 + random_below(LONGEST_RUN);
	while (moment < run->lasted) {
		/* Pauses of no time, and with no time between them, occur. */
		uint64_t duration = random_below(longest);

		if (duration > run->lasted - moment)
			duration = run->lasted - moment;
		add(run, moment, duration);
		moment += duration + random_below(longest) + (duration ? 0 : 1);
	}
}

static double by_definition(const struct run *run, uint64_t window)
{
	uint64_t most = 0;

	for (uint64_t start = 0; start + window <= run->lasted; start++) {
		uint64_t stopped = 0;

		for (uint64_t i = start; i < start + window; i++)
			stopped += run->stopped[i];
		if (stopped > most)
			most = stopped;
	}
	return 1 - (double)most / (double)window;
}

static double measured(const struct run *run, uint64_t window)
{
	return pgb_mmu(run->pauses, run->count, run->lasted, window);
}

static void agrees_with_the_definition(void **state)
{
	static struct run run;

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		make_run(&run);
		for (uint64_t window = 1; window <= run.lasted; window++)
			assert_float_equal(measured(&run, window),
					   by_definition(&run, window), NEARLY);
	}
}

static void without_a_pause_it_is_one(void **state)
{
	(void)state;
	assert_float_equal(pgb_mmu(NULL, 0, 10, 1), 1, NEARLY);
	assert_float_equal(pgb_mmu(NULL, 0, 10, 10), 1, NEARLY);
}

static void inside_of_a_pause_it_is_zero(void **state)
{
	struct run run = {.lasted = 100};

	(void)state;
	add(&run, 40, 10);
	assert_float_equal(measured(&run, 10), 0, NEARLY);
	assert_float_equal(measured(&run, 11), 1 - 10 / 11.0, NEARLY);
	assert_float_equal(measured(&run, 100), 0.9, NEARLY);
}

static void short_pauses_add_up(void **state)
{
	struct run run = {.lasted = 100};

	(void)state;
	add(&run, 10, 4);
	add(&run, 16, 4);
	assert_float_equal(measured(&run, 10), 0.2, NEARLY);
}

static void a_pause_at_either_end_of_the_run_counts(void **state)
{
	struct run at_start = {.lasted = 50}, at_end = {.lasted = 50};

	(void)state;
	add(&at_start, 0, 5);
	add(&at_end, 45, 5);
	assert_float_equal(measured(&at_start, 20), 0.75, NEARLY);
	assert_float_equal(measured(&at_end, 20), 0.75, NEARLY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_definition),
		cmocka_unit_test(without_a_pause_it_is_one),
		cmocka_unit_test(inside_of_a_pause_it_is_zero),
		cmocka_unit_test(short_pauses_add_up),
		cmocka_unit_test(a_pause_at_either_end_of_the_run_counts),
	};

	return cmocka_run_group_tests_name("mmu", tests, NULL, NULL);
}

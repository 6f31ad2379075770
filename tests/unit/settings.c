/* SPDX-License-Identifier: MIT */
/* settings.c - tests of gc-integration/bdwgc/settings.c, on a libgc of one variable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "settings.h"

static int full_freq;

int GC_get_full_freq(void);
void GC_set_full_freq(int value);
void GC_set_max_prior_attempts(int value);
void GC_set_rate(int value);

static int get_full_freq(void)
{
	return full_freq;
}

static void set_full_freq(int value)
{
	full_freq = value;
}

static int tries;
/* What a thread of the program sets it to, in the middle of our own call; 0: nothing. */
static int set_meanwhile;

static int get_tries(void)
{
	return tries;
}

static void set_tries(int value)
{
	int programs = set_meanwhile;

	set_meanwhile = 0;
	if (programs)
		GC_set_max_prior_attempts(programs);
	tries = value;
}

static const struct collector libgc = {
	.api = {.get_full_freq = get_full_freq,
		.set_full_freq = set_full_freq,
		.get_max_prior_attempts = get_tries,
		.set_max_prior_attempts = set_tries},
};

static void borrowed(void **state)
{
	(void)state;
	full_freq = 19;
	settings_borrow(SETTING_FULL_FREQUENCY, 0);
	assert_int_equal(full_freq, 0);
	assert_int_equal(settings_value(SETTING_FULL_FREQUENCY), 0);
	assert_true(settings_is_ours(SETTING_FULL_FREQUENCY));
	assert_int_equal(GC_get_full_freq(), 19);
	settings_borrow(SETTING_FULL_FREQUENCY, 3);
	assert_int_equal(full_freq, 3);
	assert_int_equal(GC_get_full_freq(), 19);
	settings_give_back(SETTING_FULL_FREQUENCY);
	assert_int_equal(full_freq, 19);
	assert_false(settings_is_ours(SETTING_FULL_FREQUENCY));
}

/* By GC_init() from the environment, or by a program that knows the variable. */
static void changed_without_a_call(void **state)
{
	(void)state;
	full_freq = 19;
	settings_borrow(SETTING_FULL_FREQUENCY, 0);
	full_freq = 5;
	assert_false(settings_is_ours(SETTING_FULL_FREQUENCY));
	assert_int_equal(GC_get_full_freq(), 5);
	settings_borrow(SETTING_FULL_FREQUENCY, 1);
	assert_int_equal(full_freq, 5);
	settings_give_back(SETTING_FULL_FREQUENCY);
	assert_int_equal(full_freq, 5);
	settings_borrow(SETTING_FULL_FREQUENCY, 1);
	assert_int_equal(full_freq, 5);
}

static void set_by_the_program(void **state)
{
	(void)state;
	full_freq = 19;
	settings_borrow(SETTING_FULL_FREQUENCY, 0);
	GC_set_full_freq(0);
	assert_int_equal(GC_get_full_freq(), 0);
	settings_give_back(SETTING_FULL_FREQUENCY);
	assert_int_equal(full_freq, 0);
	settings_borrow(SETTING_FULL_FREQUENCY, 8);
	assert_int_equal(full_freq, 0);
}

/* GC_set_*() takes no lock of libgc's. */
static void set_while_it_is_given_back(void **state)
{
	(void)state;
	tries = 1;
	settings_borrow(SETTING_TRIES, 10000);
	set_meanwhile = 7;
	settings_give_back(SETTING_TRIES);
	assert_int_equal(tries, 7);
	settings_borrow(SETTING_TRIES, 10000);
	assert_int_equal(tries, 7);
}

/* A libgc that lacks it: nothing to call, nothing to crash. */
static void unknown(void **state)
{
	(void)state;
	GC_set_rate(4);
}

int main(void)
{
	/* set_by_the_program leaves it to the program, for good. */
	const struct CMUnitTest settings[] = {
		cmocka_unit_test(borrowed),
		cmocka_unit_test(changed_without_a_call),
		cmocka_unit_test(set_by_the_program),
		cmocka_unit_test(set_while_it_is_given_back),
		cmocka_unit_test(unknown),
	};

	settings_init(&libgc);
	return cmocka_run_group_tests(settings, NULL, NULL);
}

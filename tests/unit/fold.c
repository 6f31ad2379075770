/* SPDX-License-Identifier: MIT */
/* fold.c - tests of the layout of reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tool/fold.h"

static void expect(const char *text, const char *folded)
{
	char copy[256];

	assert_true(snprintf(copy, sizeof(copy), "%s", text) < (int)sizeof(copy));
	pgb_fold(copy);
	assert_string_equal(copy, folded);
}

static void a_plain_array_takes_one_line(void **state)
{
	(void)state;
	expect("[\n  1,\n  2.5,\n  null\n]", "[1, 2.5, null]");
	expect("[]", "[]");
}

static void an_array_of_arrays_takes_one_for_each(void **state)
{
	(void)state;
	expect("[\n  [\n    1,\n    2\n  ],\n  [\n    3\n  ]\n]", "[\n  [1, 2],\n  [3]\n]");
}

static void objects_stay_as_they_are(void **state)
{
	(void)state;
	expect("{\n  \"a\": 1\n}", "{\n  \"a\": 1\n}");
	expect("[\n  {\n    \"a\": [\n      1\n    ]\n  }\n]",
	       "[\n  {\n    \"a\": [1]\n  }\n]");
}

static void what_is_in_strings_counts_for_nothing(void **state)
{
	(void)state;
	expect("[\n  \"[\",\n  \"a, \\\"]{\",\n  \"  \\\\\"\n]",
	       "[\"[\", \"a, \\\"]{\", \"  \\\\\"]");
	expect("{\n  \"[\": \"]\"\n}", "{\n  \"[\": \"]\"\n}");
}

static void text_that_ends_early_is_kept(void **state)
{
	(void)state;
	expect("[\n  1,\n", "[\n  1,\n");
	expect("[\n  \"a", "[\n  \"a");
	expect("[\n  \"a\\", "[\n  \"a\\");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_array_takes_one_line),
		cmocka_unit_test(an_array_of_arrays_takes_one_for_each),
		cmocka_unit_test(objects_stay_as_they_are),
		cmocka_unit_test(what_is_in_strings_counts_for_nothing),
		cmocka_unit_test(text_that_ends_early_is_kept),
	};

	return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}

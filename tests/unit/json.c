/* SPDX-License-Identifier: MIT */
/*
 * json.c - texts from outside that JSON is to have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tool/json.h"

#define SIZE 8

static void assert_copied(const char *from, const char *expected)
{
	char to[SIZE];

	memset(to, 'x', sizeof(to));
	pgb_json_copy(to, sizeof(to), from, strlen(from));
	assert_string_equal(to, expected);
}

static void what_fits_is_as_it_was(void **state)
{
	(void)state;
	assert_copied("", "");
	assert_copied("na\303\257ve", "na\303\257ve");
	assert_copied("1234567", "1234567");
}

static void no_character_is_cut(void **state)
{
	(void)state;
	assert_copied("12345678", "1234567");
	assert_copied("123456\303\257", "123456");
	assert_copied("1234\360\237\230\200", "1234");
}

static void what_is_no_text_becomes_question_marks(void **state)
{
	(void)state;
	assert_copied("\1a\n\177", "?a??");
	assert_copied("a\303\257\377", "a???");
	/* The rest of it would be another character. */
	assert_copied("\257\257", "??");
}

static void a_string_has_all_of_it(void **state)
{
	static const char bytes[] = "a\0b\377 and as much more as there is of it";
	json_t *string = pgb_json_text(bytes, sizeof(bytes) - 1);

	(void)state;
	assert_string_equal(json_string_value(string),
			    "a?b? and as much more as there is of it");
	json_decref(string);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_as_it_was),
		cmocka_unit_test(no_character_is_cut),
		cmocka_unit_test(what_is_no_text_becomes_question_marks),
		cmocka_unit_test(a_string_has_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* stop_function.c - tests of gc-integration/bdwgc/stop_function.c, on a small libgc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "events.h"
#include "stop_function.h"

void GC_set_stop_func(collector_stop_function *function);
collector_stop_function *GC_get_stop_func(void);
void GC_gcollect(void);

static collector_stop_function *libgcs;
static bool may_abandon;

bool events_may_abandon(void)
{
	return may_abandon;
}

static int never(void)
{
	return 0;
}

static int always(void)
{
	return 1;
}

static void set(collector_stop_function *function)
{
	libgcs = function;
}

static collector_stop_function *get(void)
{
	return libgcs;
}

static const struct collector libgc = {
	.api = {.set_stop_func = set, .get_stop_func = get},
};

/* Nothing to call, nothing to crash. */
static void a_libgc_without(void **state)
{
	static const struct collector none;

	(void)state;
	stop_function_init(&none);
	GC_set_stop_func(never);
	assert_null(GC_get_stop_func());
	GC_gcollect();
}

static void the_programs_is_asked(void **state)
{
	(void)state;
	libgcs = never;
	stop_function_init(&libgc);
	assert_ptr_not_equal(libgcs, never);
	assert_ptr_equal(GC_get_stop_func(), never);
	may_abandon = true;
	assert_int_equal(libgcs(), 0);
	GC_set_stop_func(always);
	assert_ptr_equal(GC_get_stop_func(), always);
	assert_int_equal(libgcs(), 1);
	GC_set_stop_func(never);
	assert_int_equal(libgcs(), 0);
}

static void tries_end_at_once(void **state)
{
	(void)state;
	stop_function_end_at_once(true);
	may_abandon = true;
	assert_int_equal(libgcs(), 1);
	may_abandon = false;
	assert_int_equal(libgcs(), 0);
	stop_function_end_at_once(false);
	may_abandon = true;
	assert_int_equal(libgcs(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_libgc_without),
		cmocka_unit_test(the_programs_is_asked),
		cmocka_unit_test(tries_end_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

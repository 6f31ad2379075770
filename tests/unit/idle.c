/* SPDX-License-Identifier: MIT */
/* idle.c - tests of gc-integration/bdwgc/idle.c, with a clock and a kernel of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "idle.h"
#include "record.h"

#define MS UINT64_C(1000000)

static uint64_t time_now;
static struct rusage used;

uint64_t record_now(void)
{
	return time_now;
}

int getrusage(__rusage_who_t who, struct rusage *usage)
{
	assert_int_equal(who, RUSAGE_SELF);
	*usage = used;
	return 0;
}

/* A second in which threads were busy for so many milliseconds, and waited so often. */
static bool idle_after(long busy_ms, long waits)
{
	idle_watch();
	time_now += 1000 * MS;
	used.ru_utime.tv_sec += busy_ms / 2 / 1000;
	used.ru_utime.tv_usec += busy_ms / 2 % 1000 * 1000;
	used.ru_stime.tv_usec += busy_ms / 2 * 1000;
	used.ru_nvcsw += waits;
	return idle_was_seen();
}

static void who_waits_again_and_again_has_time(void **state)
{
	(void)state;
	assert_true(idle_after(800, 5000));
	assert_true(idle_after(100, 60));
}

static void who_is_always_busy_has_none(void **state)
{
	(void)state;
	assert_false(idle_after(1000, 0));
	assert_false(idle_after(990, 5000));
	assert_false(idle_after(3000, 5000));
}

/* On a busy machine a program runs for part of the time, and waits for nothing. */
static void who_is_kept_from_running_has_none(void **state)
{
	(void)state;
	assert_false(idle_after(300, 0));
	assert_false(idle_after(300, 20));
}

/* A collection may come soon after another. */
static void a_moment_without_a_wait_is_none(void **state)
{
	(void)state;
	idle_watch();
	time_now += 10 * MS;
	assert_false(idle_was_seen());
	used.ru_nvcsw++;
	assert_true(idle_was_seen());
}

/* The kernel counts anew there. */
static void a_child_has_none_at_first(void **state)
{
	(void)state;
	used.ru_nvcsw = 10000;
	idle_watch();
	time_now += 1000 * MS;
	used.ru_nvcsw = 9000;
	assert_false(idle_was_seen());
	memset(&used, 0, sizeof(used));
	used.ru_nvcsw = 10100;
	assert_false(idle_was_seen());
}

int main(void)
{
	const struct CMUnitTest idle[] = {
		cmocka_unit_test(who_waits_again_and_again_has_time),
		cmocka_unit_test(who_is_always_busy_has_none),
		cmocka_unit_test(who_is_kept_from_running_has_none),
		cmocka_unit_test(a_moment_without_a_wait_is_none),
		cmocka_unit_test(a_child_has_none_at_first),
	};

	return cmocka_run_group_tests(idle, NULL, NULL);
}

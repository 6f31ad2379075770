/* SPDX-License-Identifier: MIT */
/* sink.c - tests of src/sink.c, the joining of runs and pins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "os/memory.h"
#include "sink.h"

struct probe {
	struct pgb_sink sink;
	AO_t readers;
	struct pgb_ranges pins;
	char runs[256]; /* what the visitor was given, in pages: "3-5 8-9 " */
};

static void take_run(void *arg, uintptr_t start, uintptr_t end)
{
	struct probe *probe = arg;
	size_t length = strlen(probe->runs);

	snprintf(probe->runs + length, sizeof(probe->runs) - length, "%zu-%zu ",
		 (size_t)(start / pgb_page_size()), (size_t)(end / pgb_page_size()));
}

static int set_up(void **state)
{
	static struct probe probe;

	memset(&probe, 0, sizeof(probe));
	pgb_ranges_init(&probe.pins, &probe.readers);
	*state = &probe;
	return 0;
}

static int tear_down(void **state)
{
	struct probe *probe = *state;

	pgb_ranges_destroy(&probe->pins);
	return 0;
}

static void pin(struct probe *probe, size_t first, size_t end)
{
	size_t page = pgb_page_size();

	pgb_ranges_publish(&probe->pins,
			   pgb_range_table_pinned(pgb_ranges_current(&probe->pins),
						  first * page, end * page));
}

static void begin(struct probe *probe)
{
	probe->runs[0] = '\0';
	pgb_sink_begin(&probe->sink, take_run, probe, pgb_ranges_current(&probe->pins));
}

static void open_window(struct probe *probe, size_t first, size_t end)
{
	pgb_sink_open_window(&probe->sink, first * pgb_page_size(), end * pgb_page_size());
}

static void report(struct probe *probe, size_t first, size_t end)
{
	pgb_sink_report(&probe->sink, first * pgb_page_size(), end * pgb_page_size());
}

static void assert_runs(struct probe *probe, const char *expected)
{
	pgb_sink_close_window(&probe->sink);
	pgb_sink_end(&probe->sink);
	assert_string_equal(probe->runs, expected);
}

static void nothing(void **state)
{
	begin(*state);
	assert_runs(*state, "");
	begin(*state);
	open_window(*state, 1, 100);
	assert_runs(*state, "");
}

static void touching_runs_join(void **state)
{
	struct probe *probe = *state;

	begin(probe);
	open_window(probe, 1, 100);
	report(probe, 1, 2);
	report(probe, 2, 5);
	report(probe, 6, 7);
	report(probe, 99, 100);
	assert_runs(probe, "1-5 6-7 99-100 ");
	assert_int_equal(probe->sink.pages_given, 6);
	assert_int_equal(probe->sink.pages_by_backend, 6);
	assert_int_equal(probe->sink.pages_unsure, 0);
}

static void windows_are_joined_too(void **state)
{
	struct probe *probe = *state;

	begin(probe);
	open_window(probe, 1, 10);
	report(probe, 8, 10);
	pgb_sink_close_window(&probe->sink);
	open_window(probe, 10, 20);
	report(probe, 10, 11);
	pgb_sink_close_window(&probe->sink);
	open_window(probe, 30, 40);
	report(probe, 30, 31);
	assert_runs(probe, "8-11 30-31 ");
}

static void unsure_pages_are_counted(void **state)
{
	struct probe *probe = *state;

	begin(probe);
	open_window(probe, 1, 10);
	report(probe, 1, 2);
	pgb_sink_report_unsure(&probe->sink, 2 * pgb_page_size(), 9 * pgb_page_size());
	assert_runs(probe, "1-9 ");
	assert_int_equal(probe->sink.pages_unsure, 7);
	assert_int_equal(probe->sink.pages_by_backend, 8);
}

static void no_visitor(void **state)
{
	struct probe *probe = *state;

	pgb_sink_begin(&probe->sink, NULL, NULL, pgb_ranges_current(&probe->pins));
	open_window(probe, 1, 10);
	report(probe, 1, 2);
	report(probe, 4, 8);
	assert_runs(probe, "");
	assert_int_equal(probe->sink.pages_given, 5);
}

/* One pin of pages 10 to 20, among runs at every place. */
static void a_pin_among_runs(void **state)
{
	static const struct {
		size_t first, end;
		const char *runs;
	} cases[] = {
		{1, 5, "1-5 10-20 "}, {1, 10, "1-20 "},		{1, 15, "1-20 "},
		{1, 20, "1-20 "},     {1, 30, "1-30 "},		{10, 15, "10-20 "},
		{12, 15, "10-20 "},   {12, 20, "10-20 "},	{12, 30, "10-30 "},
		{20, 30, "10-30 "},   {21, 30, "10-20 21-30 "}, {10, 20, "10-20 "},
	};
	struct probe *probe = *state;

	pin(probe, 10, 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin(probe);
		open_window(probe, 1, 100);
		report(probe, cases[i].first, cases[i].end);
		assert_runs(probe, cases[i].runs);
	}
}

static void pins_alone(void **state)
{
	struct probe *probe = *state;

	pin(probe, 30, 31);
	pin(probe, 10, 20);
	pin(probe, 15, 25);
	pin(probe, 12, 14);
	pin(probe, 40, 41);
	begin(probe);
	open_window(probe, 1, 100);
	assert_runs(probe, "10-25 30-31 40-41 ");
	assert_int_equal(probe->sink.pages_given, 17);
	assert_int_equal(probe->sink.pages_by_backend, 0);
}

static void pins_are_cut_to_windows(void **state)
{
	struct probe *probe = *state;

	pin(probe, 5, 50);
	pin(probe, 60, 61);
	begin(probe);
	open_window(probe, 10, 20);
	report(probe, 12, 13);
	pgb_sink_close_window(&probe->sink);
	open_window(probe, 30, 40);
	pgb_sink_close_window(&probe->sink);
	open_window(probe, 45, 60);
	report(probe, 55, 56);
	assert_runs(probe, "10-20 30-40 45-50 55-56 ");
}

static void pins_that_are_over(void **state)
{
	struct probe *probe = *state;
	struct pgb_range *first;

	pin(probe, 10, 20);
	pin(probe, 30, 40);
	first = (struct pgb_range *)&pgb_ranges_current(&probe->pins)->range[0];
	first->pins = 0;
	first->due = PGB_PIN_DUE;
	begin(probe);
	open_window(probe, 1, 100);
	assert_runs(probe, "10-20 30-40 ");
	first->due = PGB_PIN_SETTLED;
	begin(probe);
	open_window(probe, 1, 100);
	assert_runs(probe, "30-40 ");
}

/* The injected loss takes exactly every n-th page, also from the middle of runs. */
static void injected_loss(void **state)
{
	struct probe *probe = *state;
	uint64_t count = 0;

	for (int harvest = 0; harvest < 2; harvest++) {
		begin(probe);
		probe->sink.drop_every = 4;
		probe->sink.drop_count = &count;
		open_window(probe, 1, 100);
		report(probe, 1, 11);
		report(probe, 20, 22);
		/* The 4th, 8th and 12th page. */
		assert_runs(probe, "1-4 5-8 9-11 20-21 ");
		assert_int_equal(count, 12 * (harvest + 1));
	}
}

#define SINK_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest sink[] = {
		SINK_TEST(nothing),
		SINK_TEST(touching_runs_join),
		SINK_TEST(windows_are_joined_too),
		SINK_TEST(unsure_pages_are_counted),
		SINK_TEST(no_visitor),
		SINK_TEST(a_pin_among_runs),
		SINK_TEST(pins_alone),
		SINK_TEST(pins_are_cut_to_windows),
		SINK_TEST(pins_that_are_over),
		SINK_TEST(injected_loss),
	};

	return cmocka_run_group_tests(sink, NULL, NULL);
}

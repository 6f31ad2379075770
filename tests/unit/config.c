/* SPDX-License-Identifier: MIT */
/* config.c - tests of the table of settings and of how words become values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "pgbarrier.h"

struct complaints {
	int count;
	char last[PGB_CONFIG_ERROR_SIZE];
	const char *consequence; /* of what the last is about */
};

static void complain(void *arg, const char *sentence, const char *consequence)
{
	struct complaints *complaints = arg;

	complaints->count++;
	snprintf(complaints->last, sizeof(complaints->last), "%s", sentence);
	complaints->consequence = consequence;
}

static void load(struct pgb_config *config, struct complaints *complaints,
		 const char *const *environment)
{
	int returned;

	*complaints = (struct complaints){0};
	pgb_config_init(config);
	returned =
		pgb_config_load(config, (char *const *)environment, complain, complaints);
	assert_int_equal(returned, complaints->count);
}

static const struct pgb_setting *setting_of(const char *variable)
{
	const struct pgb_setting *s = pgb_settings;

	while (s->variable && strcmp(s->variable, variable))
		s++;
	assert_non_null(s->variable);
	return s;
}

static void assert_contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void starts_with_the_defaults(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"HOME=/", "PGBARRIER=1", NULL});
	assert_int_equal(complaints.count, 0);
	assert_string_equal(config.backend, "auto");
	assert_int_equal(config.design, PGB_DESIGN_AUTO);
	assert_int_equal(config.mode, PGB_MODE_GENERATIONAL);
	assert_int_equal(config.pause, 0);
	assert_null(config.stats);
	assert_int_equal(config.log, PGB_LOG_WARN);
	assert_int_equal(config.verify, 0);
	assert_int_equal(config.tables, PGB_TABLES_HUGE);
	assert_int_equal(config.walk, PGB_WALK_SKIP);
	assert_int_equal(config.test_table, 1024);
	assert_null(config.stats_page);
	assert_int_equal(config.root_pid, 0);
	assert_int_equal(config.test_drop, 0);
}

static void takes_over_the_environment(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints,
	     (const char *[]){"PGBARRIER_BACKEND=mprotect", "PGBARRIER_DESIGN=B",
			      "PGBARRIER_MODE=incremental", "PGBARRIER_PAUSE=7",
			      "PGBARRIER_STATS=r.json", "PGBARRIER_LOG=info",
			      "PGBARRIER_VERIFY=1", "PGBARRIER_STATS_PAGE=/dev/shm/p",
			      "PGBARRIER_ROOT_PID=4194303", "PGBARRIER_TEST_DROP=100",
			      "PGBARRIER_TABLES=plain", "PGBARRIER_WALK=full",
			      "PGBARRIER_TEST_TABLE=0", NULL});
	assert_int_equal(complaints.count, 0);
	assert_string_equal(config.backend, "mprotect");
	assert_int_equal(config.design, PGB_DESIGN_B);
	assert_int_equal(config.mode, PGB_MODE_INCREMENTAL);
	assert_int_equal(config.pause, 7);
	assert_string_equal(config.stats, "r.json");
	assert_int_equal(config.log, PGB_LOG_INFO);
	assert_int_equal(config.verify, 1);
	assert_string_equal(config.stats_page, "/dev/shm/p");
	assert_int_equal(config.root_pid, 4194303);
	assert_int_equal(config.test_drop, 100);
	assert_int_equal(config.tables, PGB_TABLES_PLAIN);
	assert_int_equal(config.walk, PGB_WALK_FULL);
	assert_int_equal(config.test_table, 0);
}

static void takes_the_first_of_two(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints,
	     (const char *[]){"PGBARRIER_LOG=off", "PGBARRIER_LOG=info", NULL});
	assert_int_equal(config.log, PGB_LOG_OFF);
}

static void does_not_care_for_case(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints,
	     (const char *[]){"PGBARRIER_DESIGN=a", "PGBARRIER_BACKEND=UFFD-Async", NULL});
	assert_int_equal(complaints.count, 0);
	assert_int_equal(config.design, PGB_DESIGN_A);
	assert_string_equal(config.backend, "uffd-async");
}

static void names_a_bad_choice_and_what_is_allowed(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_DESIGN=C", NULL});
	assert_int_equal(complaints.count, 1);
	assert_string_equal(complaints.last,
			    "PGBARRIER_DESIGN is \"C\"; allowed: auto, A, B or none");
	assert_string_equal(complaints.consequence, "the default is used");
	assert_int_equal(config.design, PGB_DESIGN_AUTO);
	load(&config, &complaints, (const char *[]){"PGBARRIER_BACKEND=", NULL});
	assert_int_equal(complaints.count, 1);
	assert_string_equal(config.backend, "auto");
}

static void ignores_a_bad_value_where_there_is_no_default(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_PAUSE=soon", NULL});
	assert_int_equal(complaints.count, 1);
	assert_string_equal(complaints.consequence, "it is ignored");
	assert_int_equal(config.mode, PGB_MODE_GENERATIONAL);
}

static void cuts_a_long_value_but_not_what_is_allowed(void **state)
{
	char error[PGB_CONFIG_ERROR_SIZE];
	struct pgb_config config;
	char value[1000];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	pgb_config_init(&config);
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		char allowed[PGB_CONFIG_ERROR_SIZE];

		if (s->type == PGB_SETTING_PATH)
			continue;
		pgb_setting_allowed(s, allowed, sizeof(allowed));
		assert_true(pgb_config_set(&config, s, s->variable, value, error) < 0);
		assert_contains(error, s->variable);
		assert_contains(error, "xxx...");
		assert_contains(error, allowed);
	}
}

static void refuses_what_is_no_number_in_range(void **state)
{
	static const char *const bad[] = {"",	   "0",	 "10001", "-5",
					  " 5",	   "5 ", "5ms",	  "0x5",
					  "1e3",   "+5", "five",  "18446744073709551617",
					  "99999", NULL};
	const struct pgb_setting *pause = setting_of("PGBARRIER_PAUSE");
	char error[PGB_CONFIG_ERROR_SIZE];
	struct pgb_config config;

	(void)state;
	pgb_config_init(&config);
	for (size_t i = 0; bad[i]; i++) {
		if (!pgb_config_set(&config, pause, "--pause", bad[i], error))
			fail_msg("\"%s\" was taken for %u", bad[i], config.pause);
		assert_contains(error, "--pause is ");
		assert_contains(error, "from 1 to 10000");
		assert_int_equal(config.pause, 0);
	}
	assert_int_equal(pgb_config_set(&config, pause, "--pause", "10000", error), 0);
	assert_int_equal(config.pause, 10000);
}

static void complains_of_an_unknown_variable(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_DESING=A", NULL});
	assert_int_equal(complaints.count, 1);
	assert_contains(complaints.last, "PGBARRIER_DESING is no setting");
	assert_contains(complaints.last, "PGBARRIER_DESIGN");
	assert_null(strstr(complaints.last, "TEST_DROP"));
	assert_string_equal(complaints.consequence, "it is ignored");
	load(&config, &complaints, (const char *[]){"PGBARRIER_STATS_PAGER=1", NULL});
	assert_int_equal(complaints.count, 1);
}

static void lists_every_variable_in_the_complaint(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_X=1", NULL});
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++)
		if (!s->hidden)
			assert_contains(complaints.last, s->variable);
}

static void pause_chooses_the_mode(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_PAUSE=5", NULL});
	assert_int_equal(complaints.count, 0);
	assert_int_equal(config.mode, PGB_MODE_INCREMENTAL);
	assert_int_equal(config.pause, 5);
}

static void incremental_has_a_pause(void **state)
{
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	load(&config, &complaints, (const char *[]){"PGBARRIER_MODE=incremental", NULL});
	assert_int_equal(complaints.count, 0);
	assert_int_equal(config.mode, PGB_MODE_INCREMENTAL);
	assert_int_equal(config.pause, 10);
	assert_contains(setting_of("PGBARRIER_PAUSE")->help, "which takes 10 where");
}

static void pause_and_another_mode_contradict(void **state)
{
	static const char *const modes[] = {"PGBARRIER_MODE=generational",
					    "PGBARRIER_MODE=off"};
	struct complaints complaints;
	struct pgb_config config;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		load(&config, &complaints,
		     (const char *[]){"PGBARRIER_PAUSE=5", modes[i], NULL});
		assert_int_equal(complaints.count, 1);
		assert_contains(complaints.last, "needs mode incremental");
		assert_contains(complaints.last, strchr(modes[i], '=') + 1);
		assert_string_equal(complaints.consequence, "the pause is ignored");
		assert_int_not_equal(config.mode, PGB_MODE_INCREMENTAL);
		assert_int_equal(config.pause, 0);
	}
}

/* Each default must be a value that a user may give, and mean what init sets. */
static void defaults_are_values(void **state)
{
	(void)state;
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		char error[PGB_CONFIG_ERROR_SIZE];
		struct pgb_config fresh, set;

		if (!s->fallback)
			continue;
		pgb_config_init(&fresh);
		pgb_config_init(&set);
		assert_int_equal(pgb_config_set(&set, s, s->variable, s->fallback, error),
				 0);
		assert_memory_equal((char *)&fresh + s->offset, (char *)&set + s->offset,
				    s->type == PGB_SETTING_NAME ? sizeof(char *)
								: sizeof(unsigned));
	}
}

/* So must be what a flag means that is given without one. */
static void flags_alone_are_values(void **state)
{
	char error[PGB_CONFIG_ERROR_SIZE];
	struct pgb_config config;
	size_t found = 0;

	(void)state;
	pgb_config_init(&config);
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		if (!s->alone)
			continue;
		found++;
		assert_non_null(s->flag);
		assert_int_equal(pgb_config_set(&config, s, s->flag, s->alone, error), 0);
	}
	assert_int_equal(found, 2);
	assert_string_equal(config.stats, "-");
	assert_int_equal(config.verify, 1);
}

static void rows_are_complete(void **state)
{
	(void)state;
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		assert_memory_equal(s->variable, "PGBARRIER_", strlen("PGBARRIER_"));
		assert_non_null(s->help);
		assert_int_equal(s->hidden, !s->flag);
		assert_int_equal(!s->flag, !s->argument);
		assert_int_equal(s->type <= PGB_SETTING_NAME, s->choices != NULL);
		if (s->type == PGB_SETTING_NUMBER)
			assert_true(s->minimum < s->maximum);
	}
}

static void backends_are_those_of_the_library(void **state)
{
	const char *const *choices = setting_of("PGBARRIER_BACKEND")->choices;
	size_t count = 0;

	(void)state;
	while (choices[count])
		count++;
	assert_int_equal(count, pgb_backend_count() + 1);
	for (size_t i = 0; i < pgb_backend_count(); i++) {
		struct pgb_backend_info info;
		size_t found = 0;

		assert_int_equal(pgb_backend_probe(i, &info, sizeof(info)), 0);
		while (choices[found] && strcmp(choices[found], info.name))
			found++;
		if (!choices[found])
			fail_msg("%s is no choice of PGBARRIER_BACKEND", info.name);
	}
}

static void says_what_is_allowed(void **state)
{
	char text[PGB_CONFIG_ERROR_SIZE];
	char narrow[8];

	(void)state;
	pgb_setting_allowed(setting_of("PGBARRIER_LOG"), text, sizeof(text));
	assert_string_equal(text, "off, warn or info");
	pgb_setting_allowed(setting_of("PGBARRIER_STATS"), text, sizeof(text));
	assert_string_equal(text, "the name of a file");
	pgb_setting_allowed(setting_of("PGBARRIER_LOG"), narrow, sizeof(narrow));
	assert_string_equal(narrow, "off, wa");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_with_the_defaults),
		cmocka_unit_test(takes_over_the_environment),
		cmocka_unit_test(takes_the_first_of_two),
		cmocka_unit_test(does_not_care_for_case),
		cmocka_unit_test(names_a_bad_choice_and_what_is_allowed),
		cmocka_unit_test(ignores_a_bad_value_where_there_is_no_default),
		cmocka_unit_test(cuts_a_long_value_but_not_what_is_allowed),
		cmocka_unit_test(refuses_what_is_no_number_in_range),
		cmocka_unit_test(complains_of_an_unknown_variable),
		cmocka_unit_test(lists_every_variable_in_the_complaint),
		cmocka_unit_test(pause_chooses_the_mode),
		cmocka_unit_test(incremental_has_a_pause),
		cmocka_unit_test(pause_and_another_mode_contradict),
		cmocka_unit_test(defaults_are_values),
		cmocka_unit_test(flags_alone_are_values),
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(backends_are_those_of_the_library),
		cmocka_unit_test(says_what_is_allowed),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* run.c - `pgbarrier run`: start a program with the preload. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "tool/inspect.h"
#include "tool/output.h"
#include "tool/preload.h"
#include "tool/stats_file.h"
#include "tool/stats_json.h"
#include "tool/supervise.h"
#include "tool/tool.h"

/* Above every character, so that no row gets a short option. */
#define FIRST_KEY 256

static const char explanation[] =
	"Run PROGRAM with the write barrier under its Boehm collector (libgc)."
	"\v"
	"Each option has an environment variable, which it overrides; see "
	"pgbarrier-environment(7).  The exit status is that of PROGRAM; 127 if it was not "
	"found, 126 if it or its interpreter cannot be run, 2 after a wrong option or "
	"variable, 1 if it could not be started with the preload.";

static size_t setting_count(void)
{
	size_t count = 0;

	while (pgb_settings[count].variable)
		count++;
	return count;
}

static char *help_of(const struct pgb_setting *setting)
{
	char allowed[PGB_CONFIG_ERROR_SIZE];
	char *help;
	int length;

	pgb_setting_allowed(setting, allowed, sizeof(allowed));
	if (setting->fallback)
		length = asprintf(&help, "%s  %s is %s; default: %s.", setting->help,
				  setting->argument, allowed, setting->fallback);
	else
		length = asprintf(&help, "%s  %s is %s; no default.", setting->help,
				  setting->argument, allowed);
	return length < 0 ? NULL : help;
}

/* The options of --help, one for each row of the table that has a flag. */
static struct argp_option *make_options(void)
{
	size_t count = setting_count();
	struct argp_option *options = calloc(count + 1, sizeof(*options));
	struct argp_option *option = options;

	for (size_t i = 0; options && i < count; i++) {
		const struct pgb_setting *setting = &pgb_settings[i];

		if (!setting->flag)
			continue;
		option->name = setting->flag;
		option->key = FIRST_KEY + (int)i;
		option->arg = setting->argument;
		option->flags = setting->alone ? OPTION_ARG_OPTIONAL : 0;
		option->doc = help_of(setting);
		option++;
	}
	return options;
}

static void free_options(struct argp_option *options)
{
	for (struct argp_option *option = options; option && option->name; option++)
		free((char *)option->doc);
	free(options);
}

/* A flag is the variable, set in our own environment. */
static void set_variable(const struct pgb_setting *setting, const char *value,
			 struct argp_state *state)
{
	char error[PGB_CONFIG_ERROR_SIZE], origin[64];
	struct pgb_config config;

	if (!value)
		value = setting->alone;
	snprintf(origin, sizeof(origin), "--%s", setting->flag);
	pgb_config_init(&config);
	if (pgb_config_set(&config, setting, origin, value, error))
		argp_error(state, "%s", error);
	else if (setenv(setting->variable, value, 1))
		argp_failure(state, PGB_EXIT_FAILED, errno, "cannot set %s",
			     setting->variable);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	char ***program = state->input;

	if (key >= FIRST_KEY && key < FIRST_KEY + (int)setting_count()) {
		set_variable(&pgb_settings[key - FIRST_KEY], argument, state);
		return 0;
	}
	switch (key) {
	case ARGP_KEY_ARG:
		/* What follows belongs to the program. */
		*program = state->argv + state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program given");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static char **parse_options(int argc, char **argv)
{
	struct argp_option *options = make_options();
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[--] PROGRAM [ARG...]",
		.doc = explanation,
	};
	char **program = NULL;

	if (!options || argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &program))
		program = NULL;
	free_options(options);
	return program;
}

static void complain(void *arg, const char *sentence, const char *consequence)
{
	(void)arg;
	(void)consequence;
	pgb_say("%s", sentence);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* A program that has run is not made to fail by what goes wrong here. */
static void write_report(struct pgb_output *output, const struct pgb_stats_file *file,
			 const struct pgb_outcome *outcome)
{
	struct pgb_stats_page *page = malloc(sizeof(*page));
	char *text = NULL;
	int err = -ENOMEM;

	if (page)
		err = pgb_stats_file_read(file, page);
	if (!err) {
		text = pgb_stats_json(outcome, page);
		err = text ? 0 : -ENOMEM;
	}
	if (err) {
		pgb_say("no report: %s",
			err == -EPROTO ? "the counters were damaged" : strerror(-err));
		pgb_output_cancel(output);
	} else {
		pgb_output_finish(output, text);
	}
	free(text);
	free(page);
}

static int run_with_report(char **program, const char *name)
{
	struct pgb_outcome outcome = {.program = program};
	struct pgb_stats_file file;
	struct pgb_output output;
	uint64_t start;
	int err;

	if (pgb_output_open(&output, name))
		return PGB_EXIT_FAILED;
	if (pgb_stats_file_create(&file))
		goto err_output;
	/* A `pgbarrier run` inside the program is not to write the report as well. */
	unsetenv("PGBARRIER_STATS");
	if (setenv("PGBARRIER_STATS_PAGE", file.path, 1)) {
		pgb_say("cannot set PGBARRIER_STATS_PAGE: %s", strerror(errno));
		goto err_file;
	}
	start = now();
	err = pgb_supervise(program, &outcome.status);
	if (err) {
		pgb_say("cannot start a process: %s", strerror(-err));
		goto err_file;
	}
	outcome.wall_ns = now() - start;
	getrusage(RUSAGE_CHILDREN, &outcome.usage);
	write_report(&output, &file, &outcome);
	pgb_stats_file_remove(&file);
	return pgb_end_like(outcome.status);

err_file:
	pgb_stats_file_remove(&file);
err_output:
	pgb_output_cancel(&output);
	return PGB_EXIT_FAILED;
}

int pgb_run(int argc, char **argv)
{
	char **program = parse_options(argc, argv);
	struct pgb_config config;

	if (!program)
		return PGB_EXIT_USAGE;
	pgb_config_init(&config);
	if (pgb_config_load(&config, environ, complain, NULL))
		return PGB_EXIT_USAGE;
	if (pgb_preload_set())
		return PGB_EXIT_FAILED;
	if (config.log >= PGB_LOG_WARN)
		pgb_inspect(program[0]);
	if (config.stats)
		return run_with_report(program, config.stats);
	return pgb_exec(program);
}

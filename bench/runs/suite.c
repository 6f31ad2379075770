/* SPDX-License-Identifier: MIT */
/*
 * suite.c - run the programs of a suite, show what came out, and write it down.
 */
#include "suite.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "measure.h"
#include "number_option.h"
#include "outcome.h"
#include "plan.h"
#include "row.h"
#include "suite_options.h"
#include "summary.h"

#define QUICK_ROUNDS	3
#define QUICK_RUN_LIMIT 10
#define FULL_ROUNDS	5
#define FULL_RUN_LIMIT	600
#define NS_PER_SECOND	UINT64_C(1000000000)
#define STATUS_USAGE	2
#define VARIABLES	4

struct options {
	struct suite_options common;
	struct plan_wishes wishes; /* rounds 0: the default */
	unsigned seconds;	   /* begin no run after them; 0: whenever */
	unsigned limit;		   /* seconds after which a run is ended */
	const char *pgbarrier;	   /* NULL: our own */
};

struct session {
	const struct suite *suite;
	const struct options *options;
	struct places places;
	struct setting setting;
	struct results *results;
	struct plan plan;
	bool misused; /* and the user has been told */
};

static const char no_time[] = "no time was left";

/* Make what the program needs.  0 or -EINTR; *able: did it work?  Else it is skipped. */
static int prepare(struct session *session, const struct program *program,
		   const struct description *description, bool *able)
{
	char *argv[PROGRAM_ARGUMENTS + 1] = {NULL}, why[OUTCOME_SIZE];
	struct child_result result = {0};
	struct child_request request = {
		.argv = (const char *const *)argv,
		.variables = program->variables,
		.limit = session->options->limit,
	};
	int err = 0;

	for (size_t i = 0; !err && description->prepare[i]; i++) {
		argv[i] = places_expand(&session->places, description->prepare[i]);
		err = argv[i] ? 0 : -ENOMEM;
	}
	*able = true;
	if (!err && argv[0]) {
		err = child_run(&request, &result);
		*able = !err && outcome_is_sound(&result, NULL, why, sizeof(why));
		free(result.output);
	}
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
	if (err || *able)
		return err;
	return plan_skip(program, NULL, why, session->results);
}

/* It has a row for what was run, and a note for the rest. */
static int skip_unrun(struct session *session, struct program *program)
{
	unsigned unrun = 0;
	int err = 0;

	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		if (program->configurations & BIT(id) && !program->cells[id].runs)
			unrun |= BIT(id);
	}
	if (unrun == program->configurations)
		err = plan_skip(program, NULL, no_time, session->results);
	else
		for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
			if (unrun & BIT(id))
				err = plan_skip(program, session->setting.label[id],
						no_time, session->results);
		}
	program->configurations &= ~unrun;
	return err;
}

static int add_rows(struct session *session, struct program *program)
{
	int err = 0;

	for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
		if (program->configurations & BIT(id))
			err = results_add(session->results,
					  row_of(&session->setting, program, id));
	}
	for (unsigned id = 0; id < CONFIGURATIONS; id++)
		cell_release(&program->cells[id]);
	return err;
}

static int run_program(struct session *session, size_t index, uint64_t deadline)
{
	struct program *program = session->plan.programs[index];
	struct experiment experiment = {
		.places = &session->places,
		.setting = &session->setting,
		.run_limit = session->options->limit,
		.deadline = deadline,
	};
	bool able;
	int err;

	if (now_ns() >= deadline)
		return plan_skip(program, NULL, no_time, session->results);
	err = prepare(session, program, session->plan.descriptions[index], &able);
	if (err || !able)
		return err;
	err = experiment_run(&experiment, program);
	if (!err)
		err = skip_unrun(session, program);
	if (err || !program->configurations)
		return err;
	print_program(&session->setting, program);
	return add_rows(session, program);
}

/* What was begun, or not yet, when we were told to end. */
static void skip_rest(struct session *session, size_t index)
{
	for (; index < session->plan.count; index++)
		plan_skip(session->plan.programs[index], NULL, "the suite was interrupted",
			  session->results);
}

/* Time that a program leaves goes to those after it. */
static uint64_t share_of_time(uint64_t end, size_t programs)
{
	uint64_t now = now_ns();

	return end > now ? now + (end - now) / programs : now;
}

static int run_plan(struct session *session)
{
	unsigned seconds = session->options->seconds;
	uint64_t end = now_ns() + seconds * NS_PER_SECOND;
	size_t count = session->plan.count;
	/* Programs write to their user's home. */
	char home[PLACES_NAME + 16], cache[PLACES_NAME + 16];
	/* The inputs of those that --quick runs are smaller then. */
	bool quick = session->options->common.quick;
	const char *variables[VARIABLES] = {home, cache,
					    quick ? "BENCH_QUICK=1" : "BENCH_QUICK="};
	int err = 0;

	snprintf(home, sizeof(home), "HOME=%s", session->places.scratch);
	snprintf(cache, sizeof(cache), "XDG_CACHE_HOME=%s", session->places.scratch);
	for (size_t i = 0; !err && i < count; i++) {
		session->plan.programs[i]->variables = variables;
		err = run_program(session, i,
				  seconds ? share_of_time(end, count - i) : UINT64_MAX);
		session->plan.programs[i]->variables = NULL;
		if (err == -EINTR)
			skip_rest(session, i);
	}
	return err;
}

/* Did all that ran under pgbarrier end well? */
static bool all_sound(const struct plan *plan)
{
	unsigned unsound = 0;

	for (size_t i = 0; i < plan->count; i++) {
		for (unsigned id = 0; id < CONFIGURATIONS; id++) {
			const struct cell *cell = &plan->programs[i]->cells[id];

			if (configurations[id].design)
				unsound += cell->runs - cell->sound_runs;
		}
	}
	return !unsound;
}

static int write_results(struct session *session)
{
	const char *path = session->options->common.json;
	int err = path ? results_write(session->results, path) : 0;

	if (err)
		fprintf(stderr, "%s: cannot write %s: %s\n", session->suite->name, path,
			strerror(-err));
	return err;
}

/* Is there such a program?  Else say which there are. */
static bool is_any_wanted(const struct suite *suite, const struct plan_wishes *wishes)
{
	for (size_t i = 0; i < suite->count; i++) {
		if (plan_wants(&suite->descriptions[i], wishes))
			return true;
	}
	fprintf(stderr, "%s: no program%s fits --only and --live; there are:\n",
		suite->name, wishes->quick ? " of --quick" : "");
	for (size_t i = 0; i < suite->count; i++) {
		const struct description *description = &suite->descriptions[i];

		for (const struct load *load = description->loads; load->full; load++) {
			if (wishes->quick && !load->quick)
				continue;
			fprintf(stderr, load->live_mib ? "  %s, %u MiB\n" : "  %s\n",
				description->name, load->live_mib);
		}
	}
	return false;
}

/* Is there such a configuration?  Else say which there are. */
static bool is_configuration_known(const struct session *session)
{
	const struct setting *setting = &session->setting;

	if (setting_knows(setting, session->options->wishes.configurations))
		return true;
	fprintf(stderr, "%s: no configuration fits --configurations; there are:\n",
		session->suite->name);
	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		if (*setting->label[id])
			fprintf(stderr, "  %s\n", setting->label[id]);
	}
	return false;
}

static int run_session(struct session *session)
{
	const struct plan_wishes *wishes = &session->options->wishes;
	int err = setting_examine(&session->setting, wishes->configurations,
				  session->results);
	int unwritten;

	session->misused = !err && !is_configuration_known(session);
	if (session->misused)
		return -EINVAL;
	if (!err)
		err = plan_make(&session->plan, session->suite, &session->places,
				&session->setting, wishes, session->results);
	if (!err)
		err = run_plan(session);
	if (err && err != -EINTR)
		fprintf(stderr, "%s: %s\n", session->suite->name, strerror(-err));
	if (!err) {
		print_figures(&session->setting, session->suite, &session->plan);
		print_notes(session->results, &session->plan);
	}
	/* Whatever ended it, the programs before are measured. */
	unwritten = write_results(session);
	if (err || unwritten)
		return err ? err : unwritten;
	return all_sound(&session->plan) ? 0 : -EIO;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'r':
		options->wishes.rounds =
			number_option(state, "rounds", argument, 1, MAXIMUM_ROUNDS);
		return 0;
	case 'o':
		options->wishes.only = argument;
		return 0;
	case 'c':
		options->wishes.configurations = argument;
		return 0;
	case 'l':
		options->wishes.live_mib =
			number_option(state, "live", argument, 1, UINT32_MAX);
		return 0;
	case 's':
		options->seconds = number_option(state, "seconds", argument, 1, UINT32_MAX);
		return 0;
	case 't':
		options->limit = number_option(state, "limit", argument, 1, UINT32_MAX);
		return 0;
	case 'p':
		options->pgbarrier = argument;
		return 0;
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"rounds", 'r', "N", 0,
	 "Rounds of each program (5; with --quick 3, or fewer if there is no time)", 0},
	{"only", 'o', "PATTERN", 0,
	 "Only programs whose names match PATTERN, as file names in a shell", 0},
	{"configurations", 'c', "PATTERN", 0,
	 "All configurations whose labels match PATTERN, and stock (those that tell most)",
	 0},
	{"live", 'l', "N", 0, "Only with N MiB alive", 0},
	{"seconds", 's', "N", 0,
	 "Begin no run when N seconds are over (with --quick as many as tell something)",
	 0},
	{"limit", 't', "N", 0,
	 "End a run that takes more than N seconds (600; with --quick 10)", 0},
	{"pgbarrier", 'p', "PATH", 0, "The pgbarrier command to use (our own)", 0},
	{0},
};

static void parse_options(const struct suite *suite, struct options *options, int argc,
			  char **argv)
{
	const struct argp_child children[] = {{.argp = &suite_argp}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = suite->doc,
		.children = children,
	};
	bool quick;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, options);
	quick = options->common.quick;
	options->wishes.quick = quick;
	if (!options->wishes.rounds)
		options->wishes.rounds = quick ? QUICK_ROUNDS : FULL_ROUNDS;
	if (!options->seconds && quick)
		options->seconds = suite->quick_seconds;
	if (!options->limit)
		options->limit = quick ? QUICK_RUN_LIMIT : FULL_RUN_LIMIT;
}

int suite_main(const struct suite *suite, int argc, char **argv)
{
	struct options options = {0};
	struct session session = {.suite = suite, .options = &options};
	int err;

	parse_options(suite, &options, argc, argv);
	if (!is_any_wanted(suite, &options.wishes))
		return STATUS_USAGE;
	child_prepare();
	err = places_find(&session.places, options.pgbarrier);
	if (err)
		return EXIT_FAILURE;
	session.results = results_new(suite->name, options.common.quick);
	if (session.results) {
		err = run_session(&session);
	} else {
		err = -ENOMEM;
		fprintf(stderr, "%s: %s\n", suite->name, strerror(-err));
	}
	plan_free(&session.plan);
	results_free(session.results);
	places_leave(&session.places);
	child_leave();
	if (session.misused)
		return STATUS_USAGE;
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

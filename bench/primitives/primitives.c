/* SPDX-License-Identifier: MIT */
/*
 * primitives.c - the suite `pgbarrier bench primitives`: what barriers are made of.
 *
 * Everything that is compared takes turns in each round, in one process and on one CPU, so
 * that a slow spell of the machine hits all alike.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../measure.h"
#include "../progress.h"
#include "../suite_options.h"
#include "show.h"
#include "suite.h"

#define BUSY 0.05 /* share of the CPU time from which on others are worth a word */

int suite_run(struct suite *suite, const struct part *part, void *arg)
{
	struct cells cells = {0};
	int err = part->plan(&cells, arg);

	if (!err) {
		if (part->reference)
			cells_compare(&cells, part->reference);
		cells_run(&cells, &part->pace, part->turn, arg);
		progress_end();
		show_cells(part->title, &cells);
		if (part->counts)
			show_counts(part->counts, &cells);
		err = cells_record(&cells, suite->results);
	}
	if (!err && part->look)
		part->look(&cells, arg);
	/* Whoever ends us has the tables so far. */
	if (!err && fflush(stdout))
		err = -errno;
	cells_free(&cells);
	return err;
}

static void print_notes(const struct results *results)
{
	const json_t *skipped = results_skipped(results);
	double others = results_others_share(results);
	const json_t *skip;
	size_t index;

	if (json_array_size(skipped))
		printf("\nNot measured:\n");
	json_array_foreach(skipped, index, skip)
		printf("  %s: %s\n", json_string_value(json_object_get(skip, "what")),
		       json_string_value(json_object_get(skip, "why")));
	if (others > BUSY)
		printf("\nOthers had %.0f %% of the CPU time meanwhile: trust the ratios, "
		       "not the times.\n",
		       100 * others);
}

static int run(struct suite *suite)
{
	int err = subjects_open(&suite->subjects, suite->results);

	if (err)
		return err;
	/* Not before: threads of backends would inherit it, and have to run here too. */
	cpus_pin(&suite->cpus, pthread_self(), 0);
	err = appel_li(suite);
	if (!err)
		err = first_write(suite);
	if (!err)
		err = card_marking(suite);
	if (!err)
		err = rewrite(suite);
	if (!err)
		err = harvest(suite);
	if (!err)
		print_notes(suite->results);
	subjects_close(&suite->subjects);
	return err;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

static const struct argp_child children[] = {{&suite_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
	.parser = parse_option,
	.children = children,
	.doc = "Measure first writes and harvests with each backend that runs here, with "
	       "plain mprotect, and without a barrier.",
};

/* The caller's are for other programs: PGBARRIER_VERIFY=1 makes each harvest slower. */
static void forget_settings(void)
{
	static const char prefix[] = "PGBARRIER_";
	char **kept = environ;

	for (char **variable = environ; *variable; variable++)
		if (strncmp(*variable, prefix, sizeof(prefix) - 1))
			*kept++ = *variable;
	*kept = NULL;
}

int main(int argc, char **argv)
{
	struct suite_options options = {0};
	struct suite suite = {0};
	int err;

	forget_settings();
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	suite.quick = options.quick;
	suite.results = results_new("primitives", options.quick);
	if (!suite.results)
		fail("cannot begin", -ENOMEM);
	cpus_find(&suite.cpus);
	err = run(&suite);
	if (err)
		fail("cannot go on", err);
	if (fflush(stdout))
		fail("cannot print the tables", -errno);
	if (options.json) {
		err = results_write(suite.results, options.json);
		if (err)
			fail(options.json, err);
	}
	results_free(suite.results);
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * experiment.c - run programs by turns in their configurations.
 */
#include "experiment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "measure.h"
#include "outcome.h"
#include "progress.h"

#define COMMAND_ARGUMENTS (PROGRAM_ARGUMENTS + CONFIGURATION_FLAGS + 8)
#define ENVIRONMENT	  8
#define COUNTING_LIMIT	  30 /* seconds; by then a large heap is built and written to */

struct command {
	char stats[PLACES_NAME + 16], requests[PLACES_NAME + 16];
	const char *argv[COMMAND_ARGUMENTS];
	const char *variables[ENVIRONMENT];
};

static void set_environment(const struct program *program,
			    const struct configuration *configuration,
			    struct command *command)
{
	size_t count = 0;

	for (size_t i = 0; i < CONFIGURATION_VARIABLES && configuration->variables[i]; i++)
		command->variables[count++] = configuration->variables[i];
	for (size_t i = 0; program->variables && program->variables[i]; i++)
		command->variables[count++] = program->variables[i];
}

/*
 * Timed runs all go through `pgbarrier run`, which measures stock libgc the same way as
 * its own work.  Where VMAs are counted, the child must be the program itself.
 */
static void make_command(const struct experiment *experiment, const struct program *program,
			 const struct configuration *configuration, bool timed,
			 struct command *command)
{
	const struct places *places = experiment->places;
	const char **argv = command->argv;
	size_t count = 0;

	*command = (struct command){0};
	if (timed || configuration->design) {
		argv[count++] = places->pgbarrier;
		argv[count++] = "run";
		argv[count++] = "--log=off";
		for (size_t i = 0; i < CONFIGURATION_FLAGS && configuration->flags[i]; i++)
			argv[count++] = configuration->flags[i];
		if (timed) {
			snprintf(command->stats, sizeof(command->stats), "--stats=%s",
				 places->report);
			argv[count++] = command->stats;
		}
		argv[count++] = "--";
	}
	for (size_t i = 0; program->argv[i]; i++)
		argv[count++] = program->argv[i];
	if (timed && program->tells_requests) {
		snprintf(command->requests, sizeof(command->requests), "--requests=%s",
			 places->requests);
		argv[count] = command->requests;
	}
	set_environment(program, configuration, command);
}

static void tell(const struct experiment *experiment, const struct program *program,
		 enum configuration_id id, unsigned round)
{
	char load[24] = "", doing[48] = "counting VMAs";

	if (program->live_mib)
		snprintf(load, sizeof(load), ", %u MiB", program->live_mib);
	if (round)
		snprintf(doing, sizeof(doing), "round %u of up to %u", round,
			 program->rounds);
	progress("%s%s: %s, %s", program->name, load, experiment->setting->label[id],
		 doing);
}

static int run_child(const struct experiment *experiment, const struct program *program,
		     enum configuration_id id, bool timed, struct child_result *result)
{
	struct command command;
	struct child_request request = {
		.argv = command.argv,
		.variables = command.variables,
		.count_vmas = !timed,
		.limit = experiment->run_limit,
	};

	if (!timed && request.limit > COUNTING_LIMIT)
		request.limit = COUNTING_LIMIT;
	make_command(experiment, program, &configurations[id], timed, &command);
	return child_run(&request, result);
}

static int count_vmas(const struct experiment *experiment, struct program *program,
		      enum configuration_id id)
{
	struct child_result result;
	int err;

	tell(experiment, program, id, 0);
	err = run_child(experiment, program, id, false, &result);
	program->cells[id].peak_vmas = result.peak_vmas;
	free(result.output);
	return err;
}

/* Did what was to be measured take place?  Else `text` says what did. */
static bool report_is_sound(const struct experiment *experiment,
			    const struct configuration *configuration,
			    struct run_report *report, char *text, size_t size)
{
	if (run_report_read(experiment->places->report, report)) {
		snprintf(text, size, "ended without a report of `pgbarrier run`");
		return false;
	}
	if (report->process &&
	    (!configuration->design || !strcmp(configuration->design, report->design)))
		return true;
	if (report->process)
		snprintf(text, size, "ran without the barrier: %s", report->reason);
	else
		snprintf(text, size, "libgc is not in the program");
	run_report_release(report);
	return false;
}

static void judge(const struct experiment *experiment, struct cell *cell,
		  const struct configuration *configuration,
		  const struct child_result *result, const struct child_result *expected)
{
	unsigned round = cell->runs++;
	struct run_report *report = &cell->reports[round];
	char text[OUTCOME_SIZE];

	if (outcome_is_sound(result, expected, text, sizeof(text)) &&
	    report_is_sound(experiment, configuration, report, text, sizeof(text))) {
		run_report_read_requests(experiment->places->requests, report);
		cell->sound[round] = true;
		cell->sound_runs++;
	} else if (!*cell->outcome) {
		snprintf(cell->outcome, sizeof(cell->outcome), "%s", text);
	}
}

/* The first sound run, which is one of stock libgc if that works, says what is right. */
static int run_once(const struct experiment *experiment, struct program *program,
		    enum configuration_id id, struct child_result *expected)
{
	struct cell *cell = &program->cells[id];
	struct child_result result;
	int err;

	tell(experiment, program, id, cell->runs + 1);
	unlink(experiment->places->report);
	unlink(experiment->places->requests);
	err = run_child(experiment, program, id, true, &result);
	if (err)
		return err;
	judge(experiment, cell, &configurations[id], &result,
	      expected->output ? expected : NULL);
	if (cell->sound_runs && !expected->output)
		*expected = result;
	else
		free(result.output);
	return 0;
}

static int run_round(const struct experiment *experiment, struct program *program,
		     struct child_result *expected)
{
	int err = 0;

	for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
		if (program->configurations & BIT(id) && now_ns() < experiment->deadline)
			err = run_once(experiment, program, id, expected);
	}
	return err;
}

/* These runs warm up, too; so they come first. */
static int count_all_vmas(const struct experiment *experiment, struct program *program)
{
	uint64_t begin = now_ns(), half = begin;
	int err = 0;

	if (experiment->deadline > begin)
		half += (experiment->deadline - begin) / 2;

	for (unsigned id = 0; !err && id < CONFIGURATIONS && now_ns() < half; id++) {
		if (program->configurations & BIT(id))
			err = count_vmas(experiment, program, id);
	}
	return err;
}

int experiment_run(const struct experiment *experiment, struct program *program)
{
	struct child_result expected = {0};
	uint64_t round_ns = 0;
	int err = count_all_vmas(experiment, program);

	for (unsigned round = 0; !err && round < program->rounds; round++) {
		uint64_t begin = now_ns();

		if (begin > experiment->deadline || round_ns > experiment->deadline - begin)
			break;
		err = run_round(experiment, program, &expected);
		round_ns = now_ns() - begin;
	}
	progress_end();
	free(expected.output);
	return err;
}

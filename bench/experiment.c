/* SPDX-License-Identifier: MIT */
/*
 * experiment.c - run programs by turns in their configurations.
 */
#include "experiment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "measure.h"
#include "outcome.h"
#include "run_report.h"

#define COMMAND_ARGUMENTS (PROGRAM_ARGUMENTS + 8)
#define SOFT_DIRTY_BIT	  55 /* of an entry of /proc/PID/pagemap */

struct configuration {
	const char *name;
	const char *variable; /* of libgc's, in the environment */
	const char *design;   /* what must have served; NULL: stock */
	const char *flags[2]; /* of `pgbarrier run` */
};

static const struct configuration configurations[CONFIGURATIONS] = {
	[STOCK] = {"stock", NULL, NULL, {"--design=none", "--mode=off"}},
	[STOCK_ONE_MARKER] = {"stock, GC_MARKERS=1",
			      "GC_MARKERS=1",
			      NULL,
			      {"--design=none", "--mode=off"}},
	[STOCK_INCREMENTAL] = {"stock incremental",
			       "GC_ENABLE_INCREMENTAL=1",
			       NULL,
			       {"--design=none"}},
	[DESIGN_A] = {"pgbarrier A", NULL, "A", {"--design=A"}},
	[DESIGN_A_PAUSE] = {"pgbarrier A --pause=5",
			    NULL,
			    "A",
			    {"--design=A", "--pause=5"}},
	[DESIGN_B] = {"pgbarrier B", NULL, "B", {"--design=B"}},
};

struct command {
	char stats[PATH_MAX + 32];
	const char *argv[COMMAND_ARGUMENTS];
};

const char *configuration_name(const struct experiment *experiment,
			       enum configuration_id id)
{
	if (id != STOCK_INCREMENTAL)
		return configurations[id].name;
	return experiment->stock_is_soft_dirty ? "stock incremental (soft-dirty)"
					       : "stock incremental (mprotect)";
}

bool kernel_has_soft_dirty(void)
{
	volatile char written = 1;
	uint64_t entry = 0;
	off_t offset = (off_t)((uintptr_t)&written / (uintptr_t)sysconf(_SC_PAGESIZE) *
			       sizeof(entry));
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = pread(fd, &entry, sizeof(entry), offset);
	close(fd);
	return length == sizeof(entry) && entry >> SOFT_DIRTY_BIT & 1;
}

/*
 * Timed runs all go through `pgbarrier run`, which measures stock libgc the same way as
 * its own work.  Where VMAs are counted, the child must be the program itself.
 */
static void make_command(const struct experiment *experiment, const struct program *program,
			 const struct configuration *configuration, bool timed,
			 struct command *command)
{
	size_t count = 0;

	*command = (struct command){0};
	if (timed || configuration->design) {
		command->argv[count++] = experiment->pgbarrier;
		command->argv[count++] = "run";
		for (size_t i = 0; i < 2 && configuration->flags[i]; i++)
			command->argv[count++] = configuration->flags[i];
		if (timed) {
			snprintf(command->stats, sizeof(command->stats), "--stats=%s",
				 experiment->report_path);
			command->argv[count++] = command->stats;
		}
		command->argv[count++] = "--";
	}
	for (size_t i = 0; program->argv[i]; i++)
		command->argv[count++] = program->argv[i];
}

static void progress(const struct experiment *experiment, const struct program *program,
		     enum configuration_id id, unsigned round)
{
	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K%s: %s, ", program->name,
		configuration_name(experiment, id));
	if (round)
		fprintf(stderr, "round %u of up to %u", round, program->rounds);
	else
		fprintf(stderr, "counting VMAs");
}

static void end_progress(void)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

static int count_vmas(const struct experiment *experiment, struct program *program,
		      enum configuration_id id)
{
	struct child_result result;
	struct command command;
	int err;

	progress(experiment, program, id, 0);
	make_command(experiment, program, &configurations[id], false, &command);
	err = child_run(&(struct child_request){.argv = command.argv,
						.variable = configurations[id].variable,
						.count_vmas = true,
						.limit = experiment->run_limit},
			&result);
	program->cells[id].peak_vmas = result.peak_vmas;
	free(result.output);
	return err;
}

static void add_sample(struct cell *cell, const struct run_report *report)
{
	unsigned i = cell->sound++;

	cell->wall_ms[i] = report->wall_ms;
	cell->pauses[i] = report->pauses;
	cell->pause_p50[i] = report->pause_p50;
	cell->pause_p99[i] = report->pause_p99;
	cell->pause_average[i] = report->pause_average;
	cell->signals[i] = report->signals;
	if (report->pause_max > cell->longest_pause)
		cell->longest_pause = report->pause_max;
}

/* Did what was to be measured take place?  Else `text` says what did. */
static bool report_is_sound(const struct experiment *experiment,
			    const struct configuration *configuration,
			    struct run_report *report, char *text, size_t size)
{
	if (run_report_read(experiment->report_path, report)) {
		snprintf(text, size, "no report from %s", experiment->pgbarrier);
		return false;
	}
	if (!configuration->design || !strcmp(configuration->design, report->design))
		return true;
	snprintf(text, size, "ran without the barrier: %s",
		 *report->reason ? report->reason : "libgc is not in the program");
	return false;
}

static void judge(const struct experiment *experiment, struct cell *cell,
		  const struct configuration *configuration,
		  const struct child_result *result, const struct child_result *expected)
{
	char text[OUTCOME_SIZE];
	struct run_report report;

	cell->runs++;
	if (outcome_is_sound(result, expected, text, sizeof(text)) &&
	    report_is_sound(experiment, configuration, &report, text, sizeof(text))) {
		add_sample(cell, &report);
		return;
	}
	if (!cell->unsound++)
		snprintf(cell->outcome, sizeof(cell->outcome), "%s", text);
}

/* The first sound run, which is one of stock libgc if that works, says what is right. */
static int run_once(const struct experiment *experiment, struct program *program,
		    enum configuration_id id, struct child_result *expected)
{
	const struct configuration *configuration = &configurations[id];
	struct cell *cell = &program->cells[id];
	struct child_result result;
	struct command command;
	int err;

	progress(experiment, program, id, cell->runs + 1);
	make_command(experiment, program, configuration, true, &command);
	unlink(experiment->report_path);
	err = child_run(&(struct child_request){.argv = command.argv,
						.variable = configuration->variable,
						.limit = experiment->run_limit},
			&result);
	if (err)
		return err;
	judge(experiment, cell, configuration, &result, expected->output ? expected : NULL);
	if (cell->sound && !expected->output)
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
		if (program->configurations & BIT(id))
			err = run_once(experiment, program, id, expected);
	}
	return err;
}

int experiment_run(const struct experiment *experiment, struct program *program)
{
	struct child_result expected = {0};
	uint64_t round_ns = 0;
	int err = 0;

	for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
		if (program->configurations & BIT(id))
			err = count_vmas(experiment, program, id);
	}
	for (unsigned round = 0; !err && round < program->rounds; round++) {
		uint64_t begin = now_ns();

		if (round && begin + round_ns > experiment->deadline)
			break;
		err = run_round(experiment, program, &expected);
		round_ns = now_ns() - begin;
	}
	end_progress();
	free(expected.output);
	return err;
}

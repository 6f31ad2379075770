/* SPDX-License-Identifier: MIT */
/* report.c - `pgbarrier report`: make a page of what was measured. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/output.h"
#include "tool/report/load.h"
#include "tool/report/page.h"
#include "tool/tool.h"

struct wishes {
	const char *output;
	char **files;
	size_t count;
};

static const struct argp_option options[] = {
	{.name = "output",
	 .key = 'o',
	 .arg = "FILE",
	 .doc = "Write the page to FILE; '-' is standard output."},
	{0},
};

static const char explanation[] =
	"Make one page, to be looked at in a browser, of files that `pgbarrier bench "
	"--json' "
	"or `pgbarrier run --stats=FILE' wrote, in any mix; '-' is standard input."
	"\v"
	"Without --output the page goes to standard output, unless that is a terminal.  "
	"Files "
	"of benchmarks have to be from one machine.  The exit status is 1 if a file cannot "
	"be "
	"used or the page cannot be written.";

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct wishes *wishes = state->input;

	switch (key) {
	case 'o':
		wishes->output = argument;
		return 0;
	case ARGP_KEY_ARGS:
		wishes->files = state->argv + state->next;
		wishes->count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no file given; `pgbarrier bench --json FILE' and "
				  "`pgbarrier run --stats=FILE' write them");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool to_standard_output(const struct wishes *wishes)
{
	return !wishes->output || !strcmp(wishes->output, "-");
}

static int print(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout)) {
		pgb_say("cannot write the page to standard output: %s", strerror(errno));
		return -EIO;
	}
	return 0;
}

static int write_file(const char *name, const char *text)
{
	struct pgb_output output;
	int err = pgb_output_open(&output, name);

	return err ? err : pgb_output_finish(&output, text);
}

static int make_page(const struct wishes *wishes)
{
	json_t *runs = pgb_load(wishes->files, wishes->count);
	char *text;
	int err;

	if (!runs)
		return -EINVAL;
	text = pgb_page_text(runs);
	json_decref(runs);
	if (!text) {
		pgb_say("cannot make the page: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	err = to_standard_output(wishes) ? print(text) : write_file(wishes->output, text);
	free(text);
	return err;
}

int pgb_report(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "FILE...",
		.doc = explanation,
	};
	struct wishes wishes = {0};

	if (argp_parse(&argp, argc, argv, 0, NULL, &wishes))
		return PGB_EXIT_USAGE;
	if (!wishes.output && isatty(STDOUT_FILENO)) {
		pgb_say("a page of HTML is not for a terminal; name a file with -o, or - "
			"if "
			"you mean it");
		return PGB_EXIT_USAGE;
	}
	return make_page(&wishes) ? PGB_EXIT_FAILED : PGB_EXIT_OK;
}

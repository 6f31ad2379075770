/* SPDX-License-Identifier: MIT */
/* main.c - the pgbarrier command: choose the subcommand. */
#include "tool/tool.h"

#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pgbarrier.h"

struct command {
	const char *name;
	char *title; /* the name that argp's messages begin with */
	int (*main)(int argc, char **argv);
};

static const struct command commands[] = {
	{"run", "pgbarrier run", pgb_run},
	{"doctor", "pgbarrier doctor", pgb_doctor},
	{"bench", "pgbarrier bench", pgb_bench},
	{"report", "pgbarrier report", pgb_report},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

struct choice {
	const struct command *command;
	int first; /* index of its name in argv */
};

static const char usage[] = "run [OPTION...] [--] PROGRAM [ARG...]\ndoctor [OPTION...]\n"
			    "bench [OPTION...] [SUITE]\n"
			    "report [OPTION...] FILE...";

static const char explanation[] =
	"Run programs that use the Boehm collector (libgc) with a cheaper write barrier."
	"\v"
	"  run      run a program with it\n"
	"  doctor   say what this machine can do\n"
	"  bench    measure what it costs here\n"
	"  report   make a page of what was measured\n"
	"\n"
	"`pgbarrier COMMAND --help' explains a command.";

void pgb_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("pgbarrier: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static void print_version(FILE *stream, struct argp_state *state)
{
	(void)state;
	fprintf(stream, "pgbarrier %s\n", pgb_version());
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct choice *choice = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		choice->command = find_command(argument);
		if (!choice->command)
			argp_error(state,
				   "no command is called '%s'; there are run, doctor, "
				   "bench and report",
				   argument);
		/* What follows belongs to the command. */
		choice->first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state,
			   "no command given; there are run, doctor, bench and report");
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	const struct argp argp = {
		.parser = parse,
		.args_doc = usage,
		.doc = explanation,
	};
	struct choice choice = {0};

	argp_err_exit_status = PGB_EXIT_USAGE;
	argp_program_version_hook = print_version;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice))
		return PGB_EXIT_USAGE;
	argv[choice.first] = choice.command->title;
	return choice.command->main(argc - choice.first, argv + choice.first);
}

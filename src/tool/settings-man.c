/* SPDX-License-Identifier: MIT */
/*
 * settings-man.c - the table of settings as lists for the manual pages.
 *
 * settings-man < PAGE.in > PAGE replaces the line "@OPTIONS@" by the flags of
 * `pgbarrier run` and the line "@VARIABLES@" by the environment variables.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

static void print_flag(const struct pgb_setting *setting)
{
	if (setting->alone)
		printf(".It Fl -%s Ns Op = Ns Ar %s\n", setting->flag, setting->argument);
	else
		printf(".It Fl -%s Ns = Ns Ar %s\n", setting->flag, setting->argument);
}

static void print_setting(const struct pgb_setting *setting)
{
	char allowed[PGB_CONFIG_ERROR_SIZE];

	pgb_setting_allowed(setting, allowed, sizeof(allowed));
	/* \& keeps a line that begins with a dot or a quote from being a request. */
	printf("\\&%s\n.Ar %s\nis %s;\n", setting->help, setting->argument, allowed);
	if (setting->fallback)
		printf("default:\n.Ql %s .\n", setting->fallback);
	else
		printf("no default.\n");
}

static void print_list(bool flags)
{
	printf(".Bl -tag -width Ds\n");
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		if (s->hidden)
			continue;
		if (flags)
			print_flag(s);
		else
			printf(".It Ev %s Ns = Ns Ar %s\n", s->variable, s->argument);
		print_setting(s);
	}
	printf(".El\n");
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	bool failed;

	while (getline(&line, &size, stdin) >= 0) {
		if (!strcmp(line, "@OPTIONS@\n"))
			print_list(true);
		else if (!strcmp(line, "@VARIABLES@\n"))
			print_list(false);
		else
			fputs(line, stdout);
	}
	free(line);
	failed = ferror(stdin) || fflush(stdout) || ferror(stdout);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

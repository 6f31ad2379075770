/* SPDX-License-Identifier: MIT */
/* tool.h - what the files of the pgbarrier command share. */
#ifndef PGB_TOOL_H
#define PGB_TOOL_H

enum pgb_exit {
	PGB_EXIT_OK = 0,
	PGB_EXIT_FAILED = 1,
	PGB_EXIT_USAGE = 2,
	PGB_EXIT_NOT_EXECUTABLE = 126, /* as a shell says it */
	PGB_EXIT_NOT_FOUND = 127,
	PGB_EXIT_SIGNAL = 128, /* plus the signal */
};

/* The subcommands.  argv[0] is what argp calls them, "pgbarrier run". */
int pgb_run(int argc, char **argv);
int pgb_doctor(int argc, char **argv);
int pgb_bench(int argc, char **argv);
int pgb_report(int argc, char **argv);

/* One line on standard error, behind "pgbarrier: ". */
__attribute__((format(printf, 1, 2))) void pgb_say(const char *format, ...);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * refusal.c - why a program cannot be run.
 *
 * execve(2) has the same ENOENT for a program that is not there and for one whose
 * interpreter is not there, and the same EACCES for much else.
 */
#include "tool/refusal.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/program.h"
#include "tool/tool.h"

/* How many interpreters deep the kernel goes. */
#define DEPTH 5

/* What is wrong with a file that is to be executed; NULL: nothing that shows. */
static const char *fault_of(const char *path)
{
	struct stat file;

	if (stat(path, &file))
		return errno == ENOENT ? "is missing; install it, or name another" : NULL;
	if (S_ISDIR(file.st_mode))
		return "is a directory; name a program";
	if (!S_ISREG(file.st_mode))
		return "is not a regular file; name a program";
	return file.st_mode & 0111 ? NULL : "is not executable; chmod +x makes it so";
}

/* From the name of a file to that of what the file is run by. */
static bool next_interpreter(char name[PATH_MAX])
{
	struct pgb_image image;
	char path[PATH_MAX];

	snprintf(path, PATH_MAX, "%s", name);
	if (pgb_program_interpreter(path, name))
		return true;
	if (pgb_program_image(path, &image) || !image.loader[0])
		return false;
	snprintf(name, PATH_MAX, "%s", image.loader);
	return true;
}

/* Is it one of the interpreters, each of which may be a script again? */
static bool tell_of_interpreter(const char *program)
{
	const char *fault = NULL;
	char path[PATH_MAX];

	snprintf(path, PATH_MAX, "%s", program);
	for (int i = 0; i < DEPTH && !fault && next_interpreter(path); i++)
		fault = fault_of(path);
	if (!fault)
		return false;
	if (path[strlen(path) - 1] == '\r')
		pgb_say("cannot run %s: its first line ends with a carriage return; give "
			"it the line ends of Unix",
			program);
	else
		pgb_say("cannot run %s: its interpreter %s %s", program, path, fault);
	return true;
}

int pgb_refusal(const char *program, int err)
{
	char path[PATH_MAX];
	const char *fault;
	struct stat file;

	if (!*program) {
		pgb_say("the name of the program is empty; give the one to run");
		return PGB_EXIT_NOT_FOUND;
	}
	if (!pgb_program_find(program, X_OK, path) &&
	    !pgb_program_find(program, F_OK, path) && !strchr(program, '/')) {
		pgb_say("cannot run %s: no folder in PATH has it", program);
		return PGB_EXIT_NOT_FOUND;
	}
	if (stat(path, &file)) {
		pgb_say("cannot run %s: %s", program, strerror(err));
		return err == ENOENT || err == ENOTDIR ? PGB_EXIT_NOT_FOUND
						       : PGB_EXIT_NOT_EXECUTABLE;
	}
	fault = fault_of(path);
	if (fault)
		pgb_say("cannot run %s: it %s", path, fault);
	else if (!tell_of_interpreter(path))
		pgb_say("cannot run %s: %s", path, strerror(err));
	return PGB_EXIT_NOT_EXECUTABLE;
}

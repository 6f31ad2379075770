/* SPDX-License-Identifier: MIT */
/*
 * inspect.c - whether LD_PRELOAD works for a program, told from its file.
 *
 * It works for what ld.so loads, with rights that are not raised by the file, and only
 * for the kind of machine and the C library that the preload was built for, which are
 * those of this command.
 */
#include "tool/inspect.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tool/program.h"
#include "tool/tool.h"

/* ld.so ignores LD_PRELOAD where the file gives more rights than the user has. */
static const char *raised_rights(const char *path)
{
	struct stat file;

	if (stat(path, &file))
		return NULL;
	if ((file.st_mode & S_ISUID) && file.st_uid != getuid())
		return "is set-uid";
	if ((file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP) && file.st_gid != getgid())
		return "is set-gid";
	if (getuid() && getxattr(path, "security.capability", NULL, 0) > 0)
		return "has file capabilities";
	return NULL;
}

void pgb_inspect(const char *program)
{
	char script[PATH_MAX], interpreter[PATH_MAX];
	const char *path = script, *raised;
	struct pgb_image image = {0}, own = {0};

	if (!pgb_program_find(program, X_OK, script))
		return;
	if (pgb_program_interpreter(script, interpreter))
		path = interpreter;
	if (pgb_program_image(path, &image) || pgb_program_image("/proc/self/exe", &own))
		return;
	raised = raised_rights(path);
	if (image.class != own.class || image.data != own.data ||
	    image.machine != own.machine)
		pgb_say("%s is for another kind of machine than the preload: it runs "
			"without",
			path);
	else if (!image.loader[0] && !image.has_soname)
		pgb_say("%s is a static executable, which ignores LD_PRELOAD: it runs "
			"without the preload; what it starts is still served",
			path);
	else if (image.loader[0] && strcmp(basename(image.loader), basename(own.loader)))
		pgb_say("%s is loaded by %s, but the preload is made for %s: expect it to "
			"fail",
			path, basename(image.loader), basename(own.loader));
	else if (raised)
		pgb_say("%s %s, so ld.so ignores LD_PRELOAD: it runs without the preload",
			path, raised);
}

/* SPDX-License-Identifier: MIT */
/* output.c - a file that is written whole or not at all. */
#include "tool/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/tool.h"

/* What open(2) would give a new file; umask can only be read by setting it. */
static mode_t default_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The absolute name of a file that need not be there yet. */
static int resolve(const char *name, char path[PATH_MAX])
{
	char folder[PATH_MAX], base[PATH_MAX], real[PATH_MAX];

	if (realpath(name, path))
		return 0;
	if (errno != ENOENT)
		return -errno;
	if (strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(folder, PATH_MAX, "%s", name);
	snprintf(base, PATH_MAX, "%s", name);
	if (!realpath(dirname(folder), real))
		return -errno;
	if (snprintf(path, PATH_MAX, "%s/%s", real, basename(base)) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static int open_temporary(struct pgb_output *output, mode_t mode)
{
	int length = snprintf(output->temporary, PATH_MAX, "%s.XXXXXX", output->path);

	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	output->fd = mkostemp(output->temporary, O_CLOEXEC);
	if (output->fd < 0)
		return -errno;
	return fchmod(output->fd, mode) ? -errno : 0;
}

/* /dev/stdout and its like: whatever is behind it, the program writes there too. */
static bool is_descriptor(const char *name)
{
	return !strncmp(name, "/dev/std", strlen("/dev/std")) ||
	       !strncmp(name, "/dev/fd/", strlen("/dev/fd/")) ||
	       !strncmp(name, "/proc/", strlen("/proc/"));
}

static int open_as_it_is(struct pgb_output *output, const char *name)
{
	output->fd = open(name, O_WRONLY | O_APPEND | O_CLOEXEC);
	return output->fd < 0 ? -errno : 0;
}

static int open_file(struct pgb_output *output, const char *name)
{
	struct stat file;
	int err = resolve(name, output->path);

	if (err)
		return err;
	if (is_descriptor(name))
		return open_as_it_is(output, name);
	if (stat(output->path, &file))
		return errno == ENOENT ? open_temporary(output, default_mode()) : -errno;
	if (S_ISREG(file.st_mode))
		return access(output->path, W_OK)
			       ? -errno
			       : open_temporary(output, file.st_mode & 0777);
	/* A device or a pipe cannot be replaced, only written. */
	return open_as_it_is(output, name);
}

int pgb_output_open(struct pgb_output *output, const char *name)
{
	int err = 0;

	*output = (struct pgb_output){.fd = -1, .start = ""};
	if (!strcmp(name, "-")) {
		snprintf(output->path, PATH_MAX, "standard error");
		/* What the program wrote there last need not have ended its line. */
		output->start = "\n";
		output->fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		if (output->fd < 0)
			err = -errno;
	} else {
		err = open_file(output, name);
	}
	if (err) {
		pgb_say("cannot write the report to %s: %s", name, strerror(-err));
		pgb_output_cancel(output);
	}
	return err;
}

static int write_text(int fd, const char *start, const char *text)
{
	FILE *stream = fdopen(fd, "w");
	bool failed;

	if (!stream)
		return -errno;
	failed = fprintf(stream, "%s%s\n", start, text) < 0;
	if (fclose(stream) || failed)
		return errno ? -errno : -EIO;
	return 0;
}

int pgb_output_finish(struct pgb_output *output, const char *text)
{
	int err = write_text(output->fd, output->start, text);

	output->fd = -1;
	if (!err && output->temporary[0] && rename(output->temporary, output->path))
		err = -errno;
	if (err) {
		pgb_say("cannot write the report to %s: %s", output->path, strerror(-err));
		pgb_output_cancel(output);
	}
	return err;
}

void pgb_output_cancel(struct pgb_output *output)
{
	if (output->fd >= 0)
		close(output->fd);
	if (output->temporary[0])
		unlink(output->temporary);
	output->fd = -1;
}

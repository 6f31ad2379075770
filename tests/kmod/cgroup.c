/* SPDX-License-Identifier: MIT */
/* cgroup.c - a control group that accounts for memory; for root only. */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"

static int open_file(const char *directory, const char *file, int flags)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", directory, file);
	return open(path, flags | O_CLOEXEC);
}

static int write_file(const char *directory, const char *file, const char *text)
{
	int fd = open_file(directory, file, O_WRONLY);
	ssize_t wrote;

	if (fd < 0)
		return -errno;
	wrote = write(fd, text, strlen(text));
	close(fd);
	return wrote < 0 ? -errno : 0;
}

static void give_up(const struct cgroup *group, const char *what, int err)
{
	umount2(group->root, MNT_DETACH);
	rmdir(group->root);
	skip_because("%s: %s", what, strerror(err));
}

void cgroup_make(struct cgroup *group)
{
	const char *directory = getenv("TMPDIR");
	int err;

	snprintf(group->root, sizeof(group->root), "%.40s/cgroup-XXXXXX",
		 directory ? directory : "/tmp");
	check(mkdtemp(group->root) != NULL);
	if (mount("none", group->root, "cgroup2", 0, NULL))
		give_up(group, "cgroups cannot be mounted", errno);
	err = write_file(group->root, "cgroup.subtree_control", "+memory");
	if (err)
		give_up(group, "cgroups do not account for memory", -err);
	snprintf(group->path, sizeof(group->path), "%s/region", group->root);
	if (mkdir(group->path, 0700))
		give_up(group, "no cgroup can be made", errno);
}

void cgroup_remove(struct cgroup *group)
{
	/* A process that was waited for is in it a moment longer. */
	while (rmdir(group->path))
		check_int(errno, EBUSY);
	check_int(umount(group->root), 0);
	check_int(rmdir(group->root), 0);
}

void cgroup_enter(const struct cgroup *group)
{
	check_int(write_file(group->path, "cgroup.procs", "0"), 0);
}

long cgroup_number(const struct cgroup *group, const char *file)
{
	char text[64] = "";
	int fd = open_file(group->path, file, O_RDONLY);

	check(fd >= 0);
	check(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strtol(text, NULL, 10);
}

void cgroup_set(const struct cgroup *group, const char *file, unsigned long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lu", value);
	check_int(write_file(group->path, file, text), 0);
}

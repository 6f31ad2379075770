/* SPDX-License-Identifier: MIT */
/* stats_file.c - the file behind a stats page. */
#include "tool/stats_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/tool.h"

/* Whoever has the name may read and write, but nobody can list the folder. */
#define FOLDER_MODE 0711
#define FILE_MODE   0666

static int create_folder(struct pgb_stats_file *file, const char *parent)
{
	int length = snprintf(file->folder, PATH_MAX, "%s/pgbarrier-XXXXXX", parent);

	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!mkdtemp(file->folder) || chmod(file->folder, FOLDER_MODE))
		return -errno;
	return 0;
}

static int create_file(struct pgb_stats_file *file)
{
	const struct pgb_stats_head head = {
		.magic = PGB_STATS_MAGIC,
		.size = sizeof(struct pgb_stats_page),
	};
	int err;

	if (snprintf(file->path, PATH_MAX, "%s/XXXXXX", file->folder) >= PATH_MAX)
		return -ENAMETOOLONG;
	file->fd = mkostemp(file->path, O_CLOEXEC);
	if (file->fd < 0)
		return -errno;
	if (fchmod(file->fd, FILE_MODE))
		return -errno;
	/* All of it, so that no program faults for want of space. */
	err = posix_fallocate(file->fd, 0, sizeof(struct pgb_stats_page));
	if (err)
		return -err;
	if (pwrite(file->fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return errno ? -errno : -EIO;
	return 0;
}

static int create_in(struct pgb_stats_file *file, const char *parent)
{
	int err;

	*file = (struct pgb_stats_file){.fd = -1};
	err = create_folder(file, parent);
	if (!err)
		err = create_file(file);
	if (err)
		pgb_stats_file_remove(file);
	return err;
}

int pgb_stats_file_create(struct pgb_stats_file *file)
{
	/* On a disk, writeback would make the program wait for its own counters. */
	const char *const parents[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};
	int err = -ENOENT;

	for (size_t i = 0; err && i < sizeof(parents) / sizeof(*parents); i++) {
		if (parents[i] && *parents[i] == '/')
			err = create_in(file, parents[i]);
	}
	if (err)
		pgb_say("cannot count in a file in /dev/shm, $TMPDIR or /tmp: %s",
			strerror(-err));
	return err;
}

/* Reads and does not map: a program can cut the file, but that cannot kill us. */
int pgb_stats_file_read(const struct pgb_stats_file *file, struct pgb_stats_page *page)
{
	ssize_t length = pread(file->fd, page, sizeof(*page), 0);

	if (length < 0)
		return -errno;
	if (length != (ssize_t)sizeof(*page) || page->head.magic != PGB_STATS_MAGIC ||
	    page->head.size != sizeof(*page))
		return -EPROTO;
	return 0;
}

void pgb_stats_file_remove(struct pgb_stats_file *file)
{
	if (file->fd >= 0) {
		unlink(file->path);
		close(file->fd);
	}
	rmdir(file->folder);
	file->fd = -1;
}

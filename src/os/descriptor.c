/* SPDX-License-Identifier: MIT */
/* descriptor.c - file descriptors that live in somebody else's program. */
#include "os/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/inject.h"

/* High enough to be out of the way, low enough not to make the kernel grow its table. */
#define OUT_OF_THE_WAY 900

static int move_up(int fd)
{
	struct rlimit limit;
	int moved = -1;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur > OUT_OF_THE_WAY)
		moved = PGB_OS_CALL(PGB_OS_FCNTL,
				    fcntl(fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY));
	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

int pgb_descriptor_adopt(struct pgb_descriptor *descriptor, int fd)
{
	struct stat file;
	int err;

	fd = move_up(fd);
	if (PGB_OS_CALL(PGB_OS_FSTAT, fstat(fd, &file))) {
		err = -errno;
		close(fd);
		return err;
	}
	*descriptor = (struct pgb_descriptor){fd, file.st_dev, file.st_ino};
	return 0;
}

/* Does it still name the file that was adopted?  1, 0, or a negative errno: no telling. */
static int names_its_file(const struct pgb_descriptor *descriptor)
{
	struct stat file;

	if (descriptor->fd < 0)
		return 0;
	if (PGB_OS_CALL(PGB_OS_FSTAT, fstat(descriptor->fd, &file)))
		return errno == EBADF ? 0 : -errno;
	return file.st_dev == descriptor->device && file.st_ino == descriptor->inode;
}

bool pgb_descriptor_is_ours(const struct pgb_descriptor *descriptor)
{
	return names_its_file(descriptor) > 0;
}

bool pgb_descriptor_is_lost(const struct pgb_descriptor *descriptor)
{
	return names_its_file(descriptor) == 0;
}

void pgb_descriptor_close(struct pgb_descriptor *descriptor)
{
	if (pgb_descriptor_is_ours(descriptor))
		close(descriptor->fd);
	*descriptor = PGB_DESCRIPTOR_NONE;
}

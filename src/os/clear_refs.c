/* SPDX-License-Identifier: MIT */
/* clear_refs.c - /proc/self/clear_refs, which clears the soft-dirty bits of a process. */
#include "os/clear_refs.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "os/inject.h"

int pgb_clear_refs_open(void)
{
	int fd = PGB_OS_CALL(PGB_OS_CLEAR_REFS_OPEN,
			     open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC));

	return fd < 0 ? -errno : fd;
}

int pgb_clear_refs_soft_dirty(int clear_refs)
{
	return PGB_OS_CALL(PGB_OS_CLEAR_REFS_WRITE, pwrite(clear_refs, "4", 1, 0)) == 1
		       ? 0
		       : -errno;
}

/* SPDX-License-Identifier: MIT */
/* huge_pages.c - whether memory gets huge pages without being asked about. */
#include "os/huge_pages.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "os/inject.h"

/* Documentation/admin-guide/mm/transhuge.rst */
#define FOLDER "/sys/kernel/mm/transparent_hugepage/"

/* A line of sysfs; empty if it cannot be read.  No streams: see os/memory.h. */
static void read_line(const char *path, char *line, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = PGB_OS_AGAIN(read(fd, line, size - 1));
		close(fd);
	}
	line[got > 0 ? got : 0] = '\0';
}

size_t pgb_huge_page_size(void)
{
	char line[64];

	read_line(FOLDER "enabled", line, sizeof(line));
	if (!strstr(line, "[always]"))
		return 0;
	read_line(FOLDER "hpage_pmd_size", line, sizeof(line));
	return strtoul(line, NULL, 10);
}

/* SPDX-License-Identifier: MIT */
/* huge_pages.c - whether memory gets huge pages, by itself or on request. */
#include "os/huge_pages.h"

#include <fcntl.h>
#include <stdbool.h>
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

/* 0: nobody knows, or `enabled` does not have this word or, else, has it. */
static size_t size_where(const char *word, bool is_there)
{
	char line[64];

	read_line(FOLDER "enabled", line, sizeof(line));
	if (!line[0] || !strstr(line, word) == is_there)
		return 0;
	read_line(FOLDER "hpage_pmd_size", line, sizeof(line));
	return strtoul(line, NULL, 10);
}

size_t pgb_huge_page_size(void)
{
	return size_where("[always]", true);
}

size_t pgb_huge_page_size_on_request(void)
{
	return size_where("[never]", false);
}

/* SPDX-License-Identifier: MIT */
/* vmas.c - how many mappings a process has. */
#include "os/vmas.h"

#include <fcntl.h>
#include <unistd.h>

#include "os/inject.h"

static ssize_t read_some(int fd, char *text, size_t size)
{
	return PGB_OS_AGAIN(
		PGB_OS_CALL_SHORT(PGB_OS_MAPS_READ, size, 1, read(fd, text, size)));
}

uint64_t pgb_vmas_count(void)
{
	int fd = PGB_OS_CALL(PGB_OS_MAPS_OPEN,
			     open("/proc/self/maps", O_RDONLY | O_CLOEXEC));
	uint64_t lines = 0;
	char text[4096];
	ssize_t length;

	if (fd < 0)
		return 0;
	while ((length = read_some(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < length; i++)
			lines += text[i] == '\n';
	close(fd);
	return length < 0 ? 0 : lines;
}

/* SPDX-License-Identifier: MIT */
/* beside.c - files that lie beside the command in a build tree. */
#include "tool/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pgb_beside(const char *name, char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	path[length > 0 ? length : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash || snprintf(slash + 1, (size_t)(path + PATH_MAX - slash - 1), "%s",
			       name) >= path + PATH_MAX - slash - 1)
		*path = '\0';
}

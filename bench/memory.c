/* SPDX-License-Identifier: MIT */
/*
 * memory.c - how much memory there is, by the kernel's own count.
 */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t memory_kib_in(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	unsigned long long kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)))
			continue;
		kib = strtoull(line + strlen(name), NULL, 10);
		break;
	}
	if (file)
		fclose(file);
	return kib;
}

uint64_t memory_available_kib(void)
{
	return memory_kib_in("/proc/meminfo", "MemAvailable:");
}

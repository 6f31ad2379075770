/* SPDX-License-Identifier: MIT */
/*
 * machine.c - the machine that a benchmark ran on, for its results.
 */
#include "machine.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "tool/host.h"

/* The first line of a file without its end; empty if it cannot be read. */
static void read_line(const char *path, char *line, int size)
{
	FILE *file = fopen(path, "re");

	*line = '\0';
	if (!file)
		return;
	if (!fgets(line, size, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
}

/*
 * The id of a machine is not to be told to others (machine-id(5)).  64 of its 128 bits are
 * lost here.  Where there is none, as in some containers, the machine is another one after
 * each boot: rather too few runs are taken for comparable than too many.
 */
static json_t *hashed_id(void)
{
	char id[64], text[17];

	read_line("/etc/machine-id", id, sizeof(id));
	if (!*id)
		read_line("/proc/sys/kernel/random/boot_id", id, sizeof(id));
	if (!*id)
		return json_null();
	snprintf(text, sizeof(text), "%016" PRIx64, XXH3_64bits(id, strlen(id)));
	return json_string(text);
}

/* x86 alone has names of models there. */
static json_t *cpu_model(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	json_t *model = NULL;
	char line[256];

	while (file && !model && fgets(line, sizeof(line), file)) {
		char *name = strstr(line, ": ");

		if (strncmp(line, "model name", strlen("model name")) || !name)
			continue;
		name[strcspn(name, "\n")] = '\0';
		model = json_string(name + 2);
	}
	if (file)
		fclose(file);
	return model ? model : json_null();
}

/* "always [madvise] never": the word in brackets. */
static json_t *huge_page_setting(void)
{
	char line[64], *word, *end;

	read_line("/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof(line));
	word = strchr(line, '[');
	end = word ? strchr(word, ']') : NULL;
	return end ? json_stringn(word + 1, (size_t)(end - word - 1)) : json_null();
}

static json_t *libgc_version(const struct pgb_libgc *libgc)
{
	if (!libgc->major)
		return json_null();
	return json_sprintf("%u.%u.%u", libgc->major, libgc->minor, libgc->micro);
}

static json_int_t allowed_cpus(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return sysconf(_SC_NPROCESSORS_ONLN);
	return CPU_COUNT(&allowed);
}

json_t *machine_record(void)
{
	json_int_t memory_kib =
		(json_int_t)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);
	struct pgb_host host;

	pgb_host_examine(&host);
	return json_pack("{s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:o, s:b, s:o}", "id",
			 hashed_id(), "kernel", host.kernel.release, "arch",
			 host.kernel.machine, "cpu", cpu_model(), "cpus", allowed_cpus(),
			 "memory_kib", memory_kib, "page_size", (json_int_t)host.page_size,
			 "thp", huge_page_setting(), "soft_dirty", host.soft_dirty, "libgc",
			 libgc_version(&host.libgc));
}

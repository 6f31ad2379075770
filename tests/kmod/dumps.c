/* SPDX-License-Identifier: MIT */
/* dumps.c - what of a region is in a core dump. */
#include <fcntl.h>
#include <gelf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stopping.h"

#define PAGES  64
#define FILLED 10 /* the rest was never touched */

/* Of /proc/PID/coredump_filter: what is usual, and with bit 3, shared mappings of files. */
#define USUAL	   "0x33"
#define WITH_FILES "0x3b"

struct dump {
	const struct region *region;
	const char *filter;
	char place[32]; /* a directory */
};

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd >= 0);
	check_int(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void need_files_for_dumps(void)
{
	char pattern[128] = "";
	FILE *file = fopen("/proc/sys/kernel/core_pattern", "r");

	check(file && fgets(pattern, sizeof(pattern), file));
	fclose(file);
	pattern[strcspn(pattern, "\n")] = 0;
	if (strcmp(pattern, "core"))
		skip_because("kernel.core_pattern is %s: core dumps are not ours", pattern);
}

/* With the region where the parent has it. */
static void crash(void *arg)
{
	const struct dump *dump = arg;
	const struct region *region = dump->region;
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	check(mmap(region->base, PAGES * region->page, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED, region->fd, 0) == region->base);
	check_int(chdir(dump->place), 0);
	check_int(setrlimit(RLIMIT_CORE, &all), 0);
	write_text("/proc/self/coredump_filter", dump->filter);
	signal(SIGABRT, SIG_DFL);
	abort();
}

/* Where kernel.core_uses_pid is set, the name has more to it. */
static int open_core(const struct dump *dump, pid_t child)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/core", dump->place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(path, sizeof(path), "%s/core.%d", dump->place, (int)child);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	check(fd >= 0);
	check_int(unlink(path), 0);
	return fd;
}

static GElf_Phdr segment_at(int fd, uintptr_t address)
{
	GElf_Phdr segment;
	size_t count;
	Elf *elf;

	check(elf_version(EV_CURRENT) != EV_NONE);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	check(elf && !elf_getphdrnum(elf, &count));
	for (size_t i = 0; i < count; i++) {
		check(gelf_getphdr(elf, (int)i, &segment) == &segment);
		if (segment.p_type == PT_LOAD && segment.p_vaddr == address) {
			elf_end(elf);
			return segment;
		}
	}
	check(!"the region has a segment");
	abort();
}

/* Filled pages have their number and 1 in each byte, others are zeros. */
static void must_have_content(int fd, const GElf_Phdr *segment, size_t page)
{
	unsigned char *found = malloc(page), *expected = malloc(page);

	check(found && expected);
	for (size_t i = 0; i < PAGES; i++) {
		memset(expected, i < FILLED ? (int)i + 1 : 0, page);
		check_int(pread(fd, found, page, (off_t)(segment->p_offset + i * page)),
			  page);
		check_int(memcmp(found, expected, page), 0);
	}
	free(expected);
	free(found);
}

static void dump_core(const struct region *region, const char *filter)
{
	struct dump dump = {region, filter, "/tmp/pgbarrier-core-XXXXXX"};
	size_t size = PAGES * region->page;
	GElf_Phdr segment;
	int status, fd;
	pid_t child;

	check(mkdtemp(dump.place) != NULL);
	child = child_start(crash, &dump);
	status = child_wait(child);
	check(WIFSIGNALED(status) && WCOREDUMP(status));
	fd = open_core(&dump, child);
	segment = segment_at(fd, (uintptr_t)region->base);
	check_int(segment.p_memsz, size);
	check_int(segment.p_filesz, strcmp(filter, USUAL) ? size : 0);
	if (segment.p_filesz)
		must_have_content(fd, &segment, region->page);
	close(fd);
	check_int(rmdir(dump.place), 0);
}

static void dump_filled(unsigned kind, const char *filter)
{
	struct region region;

	need_files_for_dumps();
	region_open(&region, kind, PAGES);
	for (size_t i = 0; i < FILLED; i++)
		memset(region_page(&region, i), (int)i + 1, region.page);
	dump_core(&region, filter);
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void left_out(unsigned kind)
{
	dump_filled(kind, USUAL);
}

static void asked_for(unsigned kind)
{
	dump_filled(kind, WITH_FILES);
}

/* Who would have to fill them may be a thread of the process that has ended. */
static void absent_pages(unsigned mode)
{
	struct stopping stopping;
	unsigned char *source;
	size_t page;

	need_files_for_dumps();
	stopping_open(&stopping, mode, PGBARRIER_CREATE_ABSENT, PAGES);
	page = stopping.region.page;
	source = malloc(FILLED * page);
	check(source != NULL);
	for (size_t i = 0; i < FILLED; i++)
		memset(source + i * page, (int)i + 1, page);
	check_int(stopping_copy(&stopping, 0, FILLED, source), 0);
	dump_core(&stopping.region, WITH_FILES);
	stopping_quiet(&stopping);
	free(source);
	stopping_close(&stopping);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("left out of a core dump", left_out),
	IN_EACH_KIND("in a core dump that asks for shared files", asked_for),
	IN_EACH_MODE("absent pages do not stop a core dump", absent_pages),
};

REGION_MAIN("dumps", cases)

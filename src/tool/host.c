/* SPDX-License-Identifier: MIT */
/* host.c - what `pgbarrier doctor` finds out about the machine and this user. */
#include "tool/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/kmod.h"

#define SOFT_DIRTY (UINT64_C(1) << 55)

static long read_sysctl(const char *path)
{
	FILE *stream = fopen(path, "re");
	char line[32], *end;
	long value = -EIO;

	if (!stream)
		return -errno;
	if (fgets(line, sizeof(line), stream)) {
		value = strtol(line, &end, 10);
		if (end == line)
			value = -EIO;
	}
	fclose(stream);
	return value;
}

static int try_device(void)
{
	int fd = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* As libgc looks for it: a page just written must have the bit. */
static bool has_soft_dirty(long page_size)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	volatile char *page = mmap(NULL, (size_t)page_size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entry = 0;

	if (fd >= 0 && page != MAP_FAILED) {
		*page = 1;
		if (pread(fd, &entry, sizeof(entry),
			  (off_t)((uintptr_t)page / (uintptr_t)page_size *
				  sizeof(entry))) != (ssize_t)sizeof(entry))
			entry = 0;
	}
	if (page != MAP_FAILED)
		munmap((void *)page, (size_t)page_size);
	if (fd >= 0)
		close(fd);
	return entry & SOFT_DIRTY;
}

static void load_libgc(struct pgb_libgc *libgc)
{
	void *library = dlopen("libgc.so.1", RTLD_LAZY | RTLD_LOCAL);
	unsigned (*get_version)(void) = NULL;
	struct link_map *map;
	unsigned version;

	if (library)
		*(void **)&get_version = dlsym(library, "GC_get_version");
	if (!get_version || dlinfo(library, RTLD_DI_LINKMAP, &map)) {
		const char *why = dlerror();

		snprintf(libgc->path, sizeof(libgc->path), "%s", why ? why : "not found");
		return;
	}
	version = get_version();
	libgc->major = (unsigned char)(version >> 16);
	libgc->minor = (unsigned char)(version >> 8);
	libgc->micro = (unsigned char)version;
	snprintf(libgc->path, sizeof(libgc->path), "%s", map->l_name);
}

/* In a process of its own: a collector is not to move in here. */
static void find_libgc(struct pgb_libgc *libgc)
{
	struct pgb_libgc *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = -1;
	pid_t child;

	memset(libgc, 0, sizeof(*libgc));
	strcpy(libgc->path, "the process that was to load it failed");
	if (shared == MAP_FAILED)
		return;
	child = fork();
	if (!child) {
		load_libgc(shared);
		_exit(0);
	}
	if (child > 0 && waitpid(child, &status, 0) == child && !status)
		*libgc = *shared;
	munmap(shared, sizeof(*shared));
}

/* Whether libgc has the code for soft-dirty bits: only that opens this file. */
static bool names_clear_refs(const char *path)
{
	static const char name[] = "clear_refs";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *content = MAP_FAILED;
	bool found = false;
	struct stat file;

	if (fd < 0)
		return false;
	if (!fstat(fd, &file) && file.st_size)
		content = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (content != MAP_FAILED) {
		found = memmem(content, (size_t)file.st_size, name, strlen(name));
		munmap(content, (size_t)file.st_size);
	}
	close(fd);
	return found;
}

static const char *design_for(const struct pgb_libgc *libgc)
{
	if (!libgc->major)
		return NULL;
	if (libgc->major == 8 && libgc->minor == 2 && names_clear_refs(libgc->path))
		return "A";
	return "B";
}

void pgb_host_examine(struct pgb_host *host)
{
	uname(&host->kernel);
	host->page_size = sysconf(_SC_PAGESIZE);
	host->uid = geteuid();
	host->unprivileged_userfaultfd =
		read_sysctl("/proc/sys/vm/unprivileged_userfaultfd");
	host->max_map_count = read_sysctl("/proc/sys/vm/max_map_count");
	host->device = try_device();
	host->soft_dirty = has_soft_dirty(host->page_size);
	host->module.status = pgb_kmod_ask(&host->module.info, host->module.reason,
					   sizeof(host->module.reason));
	find_libgc(&host->libgc);
	host->libgc.design = design_for(&host->libgc);
}

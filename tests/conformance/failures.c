/* SPDX-License-Identifier: MIT */
/*
 * failures.c - what happens when the kernel says no.
 *
 * Everything is provoked for real, in children: by seccomp filters, resource limits, the
 * limit on mappings, and the lack of privilege.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/uapi.h"
#include "watch.h"

#define PAGES 64

/* Make a system call fail from now on; its second argument has to be `second`, unless 0. */
static void deny(long call, uint32_t second, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 1, 0),
		BPF_STMT(BPF_JMP | BPF_JA, second ? 1 : 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(code) / sizeof(code[0]), code};

	check_int(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		skip_because("seccomp filters are not allowed here: %s", strerror(errno));
}

static void find(const char *name, struct pgb_backend_info *info)
{
	for (size_t i = 0; i < pgb_backend_count(); i++) {
		check_int(pgb_backend_probe(i, info, sizeof(*info)), 0);
		if (!strcmp(info->name, name))
			return;
	}
	check(!"the backend is known");
}

static bool uses_userfaultfd(const char *name)
{
	return !strncmp(name, "uffd", 4);
}

static bool uses_module(const char *name)
{
	return !strncmp(name, "kmod", 4);
}

/* These read /proc/self/pagemap, through a descriptor. */
static bool needs_pagemap(const char *name)
{
	return uses_userfaultfd(name) || !strcmp(name, "soft-dirty");
}

/* Open, add, write, harvest. */
static void must_run(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* It says that it cannot run, and why; what is chosen automatically runs. */
static void must_not_run(const struct pgb_backend_info *backend, const char *reason)
{
	struct pgb_backend_info info;
	struct pgb_barrier *barrier;
	struct watch watch;

	find(backend->name, &info);
	note("%s: %d, %s", info.name, info.status, info.reason);
	check(info.status < 0);
	check(strstr(info.reason, reason) != NULL);
	check_int(pgb_open(&barrier, backend->name), info.status);
	check_int(pgb_open(&barrier, NULL), 0);
	find(pgb_backend_name(barrier), &info);
	pgb_close(barrier);
	check_int(info.status, 0);
	check(info.automatic);
	watch_open(&watch, &info, PAGES);
	watch_arm(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void userfaultfd_denied(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;
	bool device = access("/dev/userfaultfd", R_OK | W_OK) == 0;

	deny(SYS_userfaultfd, 0, EPERM);
	if (device || !uses_userfaultfd(backend->name)) {
		find(backend->name, &info);
		check_int(info.status, 0);
		must_run(backend);
	} else {
		must_not_run(backend, "/dev/userfaultfd");
	}
}

static void userfaultfd_and_device_denied(const struct pgb_backend_info *backend)
{
	deny(SYS_userfaultfd, 0, ENOSYS);
	deny(SYS_ioctl, USERFAULTFD_IOC_NEW, EPERM);
	if (uses_userfaultfd(backend->name))
		must_not_run(backend, "userfaultfd");
	else
		must_run(backend);
}

static void register_denied(const struct pgb_backend_info *backend)
{
	deny(SYS_ioctl, (uint32_t)UFFDIO_REGISTER, EPERM);
	if (uses_userfaultfd(backend->name))
		must_not_run(backend, "");
	else
		must_run(backend);
}

/* Whatever is written, and whatever is not, is reported. */
static void must_report_everything(struct watch *watch, bool fails)
{
	struct pgb_stats before = watch_stats(watch), after;
	int err;

	/* The first page: up to the failure a backend may vouch for what it has seen. */
	watch_write(watch, 0);
	err = watch_try_harvest(watch);
	watch_must_report(watch, 0, 1);
	after = watch_stats(watch);
	if (!fails) {
		check_int(err, 0);
		return;
	}
	check(err < 0);
	watch_must_report(watch, 0, PAGES);
	check_int(after.last_error, err);
	check_int(after.fallbacks, before.fallbacks + 1);
	check_int(after.pages_unsure, before.pages_unsure + PAGES);
}

static void ioctl_denied(const struct pgb_backend_info *backend, unsigned long call,
			 bool fails)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	deny(SYS_ioctl, (uint32_t)call, EPERM);
	for (int round = 0; round < 3; round++)
		must_report_everything(&watch, fails);
	/* All else goes on. */
	watch_remove(&watch, 8, 8);
	watch_add(&watch, 8, 8);
	watch_pin(&watch, 1, 1);
	watch_unpin(&watch, 1, 1);
	must_report_everything(&watch, fails);
	watch_close(&watch);
}

static void scan_denied(const struct pgb_backend_info *backend)
{
	ioctl_denied(backend, PAGEMAP_SCAN, !strcmp(backend->name, "uffd-async"));
}

/* What was protected is let go all the same. */
static void writeprotect_denied(const struct pgb_backend_info *backend)
{
	ioctl_denied(backend, UFFDIO_WRITEPROTECT,
		     uses_userfaultfd(backend->name) &&
			     strcmp(backend->name, "uffd-async"));
}

static void mprotect_denied(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_write_range(&watch, 0, PAGES);
	watch_add(&watch, 0, PAGES);
	deny(SYS_mprotect, 0, ENOMEM);
	for (size_t i = 0; i < 3; i++) {
		watch_write(&watch, i);
		watch_try_harvest(&watch);
		watch_must_report(&watch, i, 1);
	}
	watch_close(&watch);
}

static void no_descriptors_left(struct rlimit *saved)
{
	struct rlimit none;
	int fd;

	check_int(getrlimit(RLIMIT_NOFILE, saved), 0);
	fd = dup(STDERR_FILENO);
	check(fd >= 0);
	close(fd);
	none = *saved;
	none.rlim_cur = (rlim_t)fd;
	check_int(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void child_without_descriptors(void *arg)
{
	struct watch *watch = arg;
	struct rlimit saved;
	int err;

	no_descriptors_left(&saved);
	for (int round = 0; round < 2; round++) {
		watch_write(watch, 7);
		err = watch_try_harvest(watch);
		if (uses_userfaultfd(watch->backend))
			check(err < 0);
		watch_must_report(watch, 7, 1);
		if (err)
			watch_must_report(watch, 0, PAGES);
	}
	check_int(setrlimit(RLIMIT_NOFILE, &saved), 0);
	watch_write(watch, 8);
	watch_try_harvest(watch);
	watch_must_report(watch, 8, 1);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static void no_descriptors(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;
	struct pgb_barrier *barrier;
	struct rlimit saved;
	struct watch watch;
	int err;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	child_run(child_without_descriptors, &watch);
	no_descriptors_left(&saved);
	err = pgb_open(&barrier, backend->name);
	check_int(err,
		  needs_pagemap(backend->name) || uses_module(backend->name) ? -EMFILE : 0);
	if (!err)
		pgb_close(barrier);
	find(backend->name, &info);
	check_int(info.status, err);
	/* The barrier that is open needs no more of them. */
	watch_must_work(&watch, 0, PAGES);
	check_int(setrlimit(RLIMIT_NOFILE, &saved), 0);
	must_run(backend);
	watch_close(&watch);
}

/* The first number in a file; 0 if there is none. */
static size_t number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[128];
	size_t number = 0;

	if (!file)
		return 0;
	if (fgets(line, sizeof(line), file))
		number = strtoul(line, NULL, 10);
	fclose(file);
	return number;
}

/* From now on the address space can grow by `room` bytes only. */
static void limit_memory(size_t room)
{
	size_t pages = number_in("/proc/self/statm");
	struct rlimit limit;

	check(pages != 0);
	check_int(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = pages * (size_t)sysconf(_SC_PAGESIZE) + room;
	check_int(setrlimit(RLIMIT_AS, &limit), 0);
}

static void no_memory(const struct pgb_backend_info *backend)
{
	struct pgb_barrier *barrier;
	struct pgb_stats before, after;
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_write_range(&watch, 0, PAGES);
	watch_add(&watch, 0, 32);
	watch_add(&watch, 40, 4);
	watch_settle(&watch);
	watch_pin(&watch, 2, 1);
	before = watch_stats(&watch);
	limit_memory(0);
	check_int(pgb_add(watch.barrier, watch_page(&watch, 32), 4 * watch.page), -ENOMEM);
	check_int(pgb_add(watch.barrier, watch_page(&watch, 50), 4 * watch.page), -ENOMEM);
	check_int(pgb_remove(watch.barrier, watch_page(&watch, 8), 4 * watch.page),
		  -ENOMEM);
	check_int(pgb_pin(watch.barrier, watch_page(&watch, 20), 4 * watch.page), -ENOMEM);
	check_int(pgb_open(&barrier, backend->name), -ENOMEM);
	/* Nothing has changed, and a harvest needs no memory. */
	after = watch_stats(&watch);
	check_int(memcmp(&before, &after, sizeof(before)), 0);
	watch_write(&watch, 10);
	watch_write(&watch, 33);
	watch_write(&watch, 51);
	watch_harvest(&watch);
	watch_must_report(&watch, 2, 1);
	watch_must_report(&watch, 10, 1);
	watch_must_not_report(&watch, 3, 7);
	watch_must_not_report(&watch, 11, PAGES - 11);
	watch_unpin(&watch, 2, 1);
	limit_memory(1u << 30);
	watch_add(&watch, 32, 8);
	watch_add(&watch, 44, 20);
	watch_remove(&watch, 8, 4);
	watch_add(&watch, 8, 4);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Split a mapping of our own until there can be no more mappings. */
static void use_up_mappings(size_t limit, size_t page)
{
	size_t size = (2 * limit + 2) * page;
	char *memory = mmap(NULL, size, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(memory != MAP_FAILED);
	for (size_t i = 0; i < limit; i++)
		if (mprotect(memory + (2 * i + 1) * page, page, PROT_READ))
			break;
}

static void no_mappings(const struct pgb_backend_info *backend)
{
	size_t limit = number_in("/proc/sys/vm/max_map_count");
	struct watch watch;
	unsigned char *copy;
	uint64_t random = 9;

	if (!limit || limit > 300000)
		skip_because("vm.max_map_count is %zu: too many mappings to use them up",
			     limit);
	watch_open(&watch, backend, 4 * PAGES);
	copy = calloc(watch.pages, watch.page);
	check(copy != NULL);
	watch_arm(&watch);
	memcpy(copy, watch.base, watch.pages * watch.page);
	use_up_mappings(limit, watch.page);
	for (int round = 0; round < 20; round++) {
		/* First writes, each of which would split a mapping; more each round. */
		for (int i = 0; i < 2 * round + 1; i++)
			watch_write(&watch, random_next(&random) % (4 * PAGES));
		watch_try_harvest(&watch);
		for (size_t i = 0; i < watch.pages; i++)
			if (watch.reported[i])
				memcpy(copy + i * watch.page, watch_page(&watch, i),
				       watch.page);
		check_int(memcmp(copy, watch.base, watch.pages * watch.page), 0);
	}
	free(copy);
	watch_close_barrier(&watch);
}

static void unprivileged(const struct pgb_backend_info *backend)
{
	struct pgb_backend_info info;

	if (getuid() == 0) {
		check_int(setresgid(65534, 65534, 65534), 0);
		check_int(setresuid(65534, 65534, 65534), 0);
		/* As in a process that never was root. */
		check_int(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	}
	find(backend->name, &info);
	if (info.status && backend->capabilities & PGB_CAP_NEEDS_PRIVILEGE)
		return;
	check_int(info.status, 0);
	must_run(backend);
}

/* /proc may be missing or closed: no reason to fail in any other way. */
static void no_pagemap(const struct pgb_backend_info *backend)
{
	check(chroot("/proc/self/fdinfo") == 0);
	if (needs_pagemap(backend->name))
		must_not_run(backend, "pagemap");
	else if (uses_module(backend->name))
		must_not_run(backend, "not loaded");
	else
		must_run(backend);
}

static void without_proc(const struct pgb_backend_info *backend)
{
	if (getuid() != 0)
		skip_because("only root can change its root directory");
	no_pagemap(backend);
}

/* Who asked for a check does not get a run that was not checked. */
static void verifying_denied(const struct pgb_backend_info *backend)
{
	static const int errors[] = {EPERM, ENOSYS};
	struct pgb_barrier *barrier;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		deny(SYS_process_vm_readv, 0, errors[i]);
		check_int(setenv("PGBARRIER_VERIFY", "1", 1), 0);
		check_int(pgb_open(&barrier, backend->name), -errors[i]);
		check_int(unsetenv("PGBARRIER_VERIFY"), 0);
		must_run(backend);
	}
}

static const struct conformance_case cases[] = {
	{"userfaultfd(2) is denied", userfaultfd_denied, 0},
	{"userfaultfd(2) and /dev/userfaultfd are denied", userfaultfd_and_device_denied,
	 0},
	{"UFFDIO_REGISTER is denied", register_denied, 0},
	{"PAGEMAP_SCAN is denied in mid-life", scan_denied, 0},
	{"UFFDIO_WRITEPROTECT is denied in mid-life", writeprotect_denied, 0},
	{"mprotect(2) is denied in mid-life", mprotect_denied, 0},
	{"no descriptors are left", no_descriptors, 0},
	{"no memory is left", no_memory, 0},
	{"no mappings are left", no_mappings, 0},
	{"an unprivileged user", unprivileged, 0},
	{"without /proc", without_proc, 0},
	{"reading pages to verify them is denied", verifying_denied, 0},
};

CONFORMANCE_MAIN("failures", cases)

/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - system calls that write to watched memory.
 *
 * With PGB_CAP_KERNEL_WRITES they succeed and are noticed.  On other backends they may
 * fail with EFAULT, but never succeed unnoticed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "watch.h"

#define PAGES 32
#define AT    7 /* the page that is written to */

static void written_by(const struct pgb_backend_info *backend, ssize_t (*call)(void *to))
{
	struct watch watch;
	ssize_t wrote;
	int err;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	errno = 0;
	wrote = call(watch_page(&watch, AT));
	err = errno;
	if (err == ENOSYS || (wrote < 0 && err == EPERM))
		skip_because("the system call is not allowed here: %s", strerror(err));
	watch_harvest(&watch);
	if (wrote >= 0 || backend->capabilities & PGB_CAP_KERNEL_WRITES) {
		check_int(wrote, KERNEL_WRITE_BYTES);
		check(*watch_page(&watch, AT) != 1);
		watch_must_report_only(&watch, AT, 1);
	} else {
		check_int(err, EFAULT);
	}
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void written_by_read(const struct pgb_backend_info *backend)
{
	written_by(backend, by_read);
}

static void written_by_recv(const struct pgb_backend_info *backend)
{
	written_by(backend, by_recv);
}

static void written_by_pread(const struct pgb_backend_info *backend)
{
	written_by(backend, by_pread);
}

static void written_by_readv(const struct pgb_backend_info *backend)
{
	written_by(backend, by_readv);
}

static void written_by_process_vm_writev(const struct pgb_backend_info *backend)
{
	written_by(backend, by_process_vm_writev);
}

static void written_by_getcwd(const struct pgb_backend_info *backend)
{
	written_by(backend, by_getcwd);
}

/* One call that writes many pages, half of which are armed. */
static void long_read(const struct pgb_backend_info *backend)
{
	struct watch watch;
	size_t length;
	ssize_t got;
	int fd;

	watch_open(&watch, backend, PAGES);
	length = 16 * watch.page;
	fd = memfd_create("zeros", 0);
	check_int(ftruncate(fd, (off_t)length), 0);
	watch_arm(&watch);
	for (size_t i = 4; i < 20; i += 2)
		watch_write(&watch, i);
	got = pread(fd, watch_page(&watch, 4), length, 0);
	watch_harvest(&watch);
	if (backend->capabilities & PGB_CAP_KERNEL_WRITES) {
		check_int(got, length);
		watch_must_report_only(&watch, 4, 16);
	} else if (got > 0) {
		watch_must_report(&watch, 4, (size_t)got / watch.page);
	}
	close(fd);
	watch_close(&watch);
}

/* What reads dirty anyway is not to fault, and a fault of the kernel's would be EFAULT. */
static void added_again(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(pgb_add(watch.barrier, watch_page(&watch, AT), 2 * watch.page), 0);
	check_int(by_read(watch_page(&watch, AT)), KERNEL_WRITE_BYTES);
	check_int(by_read(watch_page(&watch, AT + 1)), KERNEL_WRITE_BYTES);
	watch_harvest(&watch);
	watch_must_report(&watch, AT, 2);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"read(2)", written_by_read, 0},
	{"recv(2)", written_by_recv, 0},
	{"pread(2)", written_by_pread, 0},
	{"readv(2)", written_by_readv, 0},
	{"process_vm_writev(2)", written_by_process_vm_writev, 0},
	{"getcwd(2)", written_by_getcwd, 0},
	{"a read of many pages", long_read, 0},
	{"what was added again is not armed", added_again, 0},
};

CONFORMANCE_MAIN("kernel", cases)

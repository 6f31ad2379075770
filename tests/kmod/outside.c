/* SPDX-License-Identifier: MIT */
/*
 * outside.c - writes that the program's own instructions do not make: system calls,
 * debuggers, devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build-config.h"
#include "kernel_writes.h"
#include "region.h"

#ifdef HAVE_LIBURING
#include <liburing.h>
#endif

#define PAGES 64
#define AT    7 /* the page that is written to */

static void by_system_calls(unsigned kind)
{
	static ssize_t (*const calls[])(void *to) = {
		by_read, by_recv, by_pread, by_readv, by_process_vm_writev, by_getcwd,
	};
	struct region region;

	region_open(&region, kind, PAGES);
	for (int there = 0; there < 2; there++) {
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
			check_int(calls[i](region_page(&region, AT)), KERNEL_WRITE_BYTES);
			region_must_find_only(&region, AT, 1);
			check_int(region_harvest(&region), 0);
			if (!there)
				check_int(region_discard(&region, AT, 1), 0);
			region_harvest(&region);
		}
		region_settle(&region);
	}
	region_close(&region);
}

/* One call that writes many pages, half of which are dirty. */
static void by_a_long_read(unsigned kind)
{
	struct region region;
	int fd = memfd_create("zeros", MFD_CLOEXEC);

	region_open(&region, kind, PAGES);
	region_settle(&region);
	check_int(ftruncate(fd, (off_t)(16 * region.page)), 0);
	for (size_t i = 4; i < 20; i += 2)
		region_write(&region, i, 1);
	check_int(pread(fd, region_page(&region, 4), 16 * region.page, 0),
		  16 * region.page);
	region_must_find_only(&region, 4, 16);
	check_int(*region_page(&region, 5), 0);
	close(fd);
	region_close(&region);
}

/*
 * Where a write would have to wait for an answer, and its system call cannot, it fails and
 * has written nothing.  So does that of a debugger.
 */
static bool may_fail(const struct region *region)
{
	return region->answered && errno == EIO;
}

static void by_proc_mem(unsigned kind)
{
	struct region region;
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	off_t at;

	check(fd >= 0);
	region_open(&region, kind, PAGES);
	region_settle(&region);
	at = (off_t)(uintptr_t)region_page(&region, AT);
	if (pwrite(fd, "x", 1, at) != 1) {
		check(may_fail(&region));
		check_int(*region_page(&region, AT), 1);
		/* This cycle's write has been acknowledged by then. */
		region_write(&region, AT, 1);
		check_int(pwrite(fd, "x", 1, at), 1);
	}
	check_int(*region_page(&region, AT), 'x');
	region_must_find_only(&region, AT, 1);
	/* By force, where the mapping does not allow it. */
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ), 0);
	if (pwrite(fd, "y", 1, at) == 1) {
		check_int(*region_page(&region, AT), 'y');
		region_must_find_only(&region, AT, 1);
	}
	close(fd);
	region_close(&region);
}

/* A child with a mapping of the region, which stops for its parent to write to it. */
struct debugged {
	const struct region *region;
	unsigned char *at;
};

static void be_debugged(void *arg)
{
	const struct debugged *debugged = arg;
	void *base = mmap(debugged->at, debugged->region->page, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, debugged->region->fd,
			  (off_t)(AT * debugged->region->page));

	check(base == debugged->at);
	check_int(*debugged->at, 1);
	check_int(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	raise(SIGSTOP);
	check_int(*debugged->at, 'z');
}

static void by_a_debugger(unsigned kind)
{
	struct region region;
	struct debugged debugged = {.region = &region};
	pid_t child;
	int status;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	debugged.at =
		mmap(NULL, region.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	child = child_start(be_debugged, &debugged);
	check_int(waitpid(child, &status, 0), child);
	check(WIFSTOPPED(status));
	if (ptrace(PTRACE_POKEDATA, child, debugged.at, (void *)(long)'z')) {
		check(may_fail(&region));
		check_int(*region_page(&region, AT), 1);
		region_write(&region, AT, 1);
		check_int(ptrace(PTRACE_POKEDATA, child, debugged.at, (void *)(long)'z'),
			  0);
	}
	region_must_find_only(&region, AT, 1);
	check_int(ptrace(PTRACE_CONT, child, NULL, NULL), 0);
	check_int(child_wait(child), 0);
	region_close(&region);
}

/* Another process resets what the kernel keeps for others in the same page tables. */
static void beside_clear_refs(unsigned kind)
{
	struct region region;
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip_because("no clear_refs: %s", strerror(errno));
	region_open(&region, kind, PAGES);
	region_settle(&region);
	for (int number = 1; number <= 5; number++) {
		char what = (char)('0' + number);

		region_write(&region, 10, 2);
		if (write(fd, &what, 1) != 1)
			note("clear_refs %c: %s", what, strerror(errno));
		region_write(&region, 11, 2);
		region_must_find_only(&region, 10, 3);
		check_int(region_harvest(&region), 0);
	}
	close(fd);
	region_close(&region);
}

static int open_direct(const struct region *region)
{
	const char *directories[] = {getenv("TMPDIR"), ".", "/var/tmp"};
	char name[256];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		snprintf(name, sizeof(name), "%s/region-XXXXXX",
			 directories[i] ? directories[i] : "/tmp");
		fd = mkostemp(name, O_DIRECT | O_CLOEXEC);
	}
	if (fd < 0)
		skip_because("no file system here has O_DIRECT: %s", strerror(errno));
	unlink(name);
	memset(region->base, 'd', 4 * region->page);
	check_int(pwrite(fd, region->base, 4 * region->page, 0), 4 * region->page);
	return fd;
}

static void by_direct_reads(unsigned kind)
{
	struct region region;
	int fd;

	region_open(&region, kind, PAGES);
	fd = open_direct(&region);
	region_settle(&region);
	for (int i = 0; i < 3; i++) {
		check_int(pread(fd, region_page(&region, 20), 4 * region.page, 0),
			  4 * region.page);
		check_int(*region_page(&region, 23), 'd');
		region_must_find_only(&region, 20, 4);
		check_int(region_harvest(&region), 0);
	}
	close(fd);
	region_close(&region);
}

#ifdef HAVE_LIBURING
/* A ring with a buffer that stays pinned, and a pipe to fill it from. */
struct device {
	struct io_uring ring;
	int source[2];
	unsigned char *buffer;
	size_t bytes;
};

static void device_open(struct device *device, unsigned char *buffer, size_t bytes)
{
	struct iovec vector = {buffer, bytes};
	int err = io_uring_queue_init(4, &device->ring, 0);

	if (err)
		skip_because("io_uring cannot be used here: %s", strerror(-err));
	err = io_uring_register_buffers(&device->ring, &vector, 1);
	/* Since 6.5: memory whose first write faults is not pinned for long. */
	if (err)
		skip_because("no buffer can be registered: %s", strerror(-err));
	check_int(pipe2(device->source, O_CLOEXEC), 0);
	device->buffer = buffer;
	device->bytes = bytes;
}

static void device_write(struct device *device, char value)
{
	struct io_uring_sqe *request = io_uring_get_sqe(&device->ring);
	struct io_uring_cqe *completion;

	io_uring_prep_read_fixed(request, device->source[0], device->buffer,
				 (unsigned)device->bytes, 0, 0);
	check_int(io_uring_submit(&device->ring), 1);
	check_int(write(device->source[1], &value, 1), 1);
	check_int(io_uring_wait_cqe(&device->ring, &completion), 0);
	check_int(completion->res, 1);
	io_uring_cqe_seen(&device->ring, completion);
	check_int(*device->buffer, value);
}

static void device_close(struct device *device)
{
	check_int(io_uring_unregister_buffers(&device->ring), 0);
	io_uring_queue_exit(&device->ring);
	close(device->source[0]);
	close(device->source[1]);
}

/* The contract: what was written through a pin is reported once it is dropped. */
static void by_fixed_buffers(unsigned kind)
{
	struct device device;
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	device_open(&device, region_page(&region, 30), 4 * region.page);
	device_write(&device, 'a');
	region_harvest(&region);
	device_write(&device, 'b');
	device_close(&device);
	region_must_find(&region, 30, 4);
	check_int(*region_page(&region, 30), 'b');
	region_must_work(&region, 29, 6);
	region_close(&region);
}

/* Pinned pages that the region drops are the device's alone; new ones take their place. */
static void discarded_fixed_buffers(unsigned kind)
{
	struct device device;
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	device_open(&device, region_page(&region, 30), 4 * region.page);
	check_int(region_discard(&region, 30, 4), 0);
	check_int(*region_page(&region, 30), 0);
	region_write(&region, 30, 1);
	device_close(&device);
	check_int(*region_page(&region, 30), 1);
	region_must_find(&region, 30, 4);
	region_must_work(&region, 29, 6);
	region_close(&region);
}
#endif

static const struct moded_case cases[] = {
	IN_EACH_KIND("system calls", by_system_calls),
	IN_EACH_KIND("a read of many pages", by_a_long_read),
	IN_EACH_KIND("/proc/self/mem", by_proc_mem),
	IN_EACH_KIND("PTRACE_POKEDATA", by_a_debugger),
	IN_EACH_KIND("clear_refs", beside_clear_refs),
	IN_EACH_KIND("O_DIRECT", by_direct_reads),
#ifdef HAVE_LIBURING
	IN_EACH_KIND("io_uring's fixed buffers", by_fixed_buffers),
	IN_EACH_KIND("fixed buffers that are discarded", discarded_fixed_buffers),
#endif
};

REGION_MAIN("outside", cases)

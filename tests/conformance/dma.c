/* SPDX-License-Identifier: MIT */
/*
 * dma.c - writes that go past the page tables, which is what pins are for.
 *
 * The kernel looks the pages of a buffer up once and writes to them later: when a buffer is
 * registered with io_uring, and for as long as an O_DIRECT read is in flight.  What is
 * armed in between is written unnoticed, on every backend that does not report clean pages
 * too, or looks for pages that are pinned (PGB_CAP_DEVICE_WRITES).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build-config.h"
#include "watch.h"

#ifdef HAVE_LIBURING
#include <liburing.h>

#define PAGES  32
#define BUFFER 8 /* first page of a registered buffer */
#define LENGTH 4 /* its pages */

#define BEFORE 0x11
#define AFTER  0x22

static void ring_open(struct io_uring *ring)
{
	int err = io_uring_queue_init(4, ring, 0);

	if (err)
		skip_because("io_uring cannot be used here: %s", strerror(-err));
}

static void ring_submit(struct io_uring *ring)
{
	check_int(io_uring_submit(ring), 1);
}

/* What came of the one request that was submitted. */
static int ring_wait(struct io_uring *ring)
{
	struct io_uring_cqe *completion;
	int result;

	do
		result = io_uring_wait_cqe(ring, &completion);
	while (result == -EINTR);
	check_int(result, 0);
	result = completion->res;
	io_uring_cqe_seen(ring, completion);
	return result;
}

/* A device: it fills a buffer that was registered before anything was armed. */
struct device {
	struct watch watch;
	struct io_uring ring;
	int source[2]; /* a pipe */
};

static unsigned char *buffer_of(const struct device *device)
{
	return watch_page(&device->watch, BUFFER);
}

static void device_open(struct device *device, const struct pgb_backend_info *backend)
{
	struct iovec buffer;
	int err;

	ring_open(&device->ring);
	watch_open(&device->watch, backend, PAGES);
	watch_write_range(&device->watch, 0, PAGES);
	buffer.iov_base = buffer_of(device);
	buffer.iov_len = LENGTH * device->watch.page;
	err = io_uring_register_buffers(&device->ring, &buffer, 1);
	if (err)
		skip_because("no buffer can be registered here: %s", strerror(-err));
	check_int(pipe(device->source), 0);
}

static void device_close(struct device *device)
{
	io_uring_queue_exit(&device->ring);
	close(device->source[0]);
	close(device->source[1]);
	watch_close(&device->watch);
}

/* The first page is asked for; it comes when there is something in the pipe. */
static void device_begin(struct device *device)
{
	struct io_uring_sqe *request = io_uring_get_sqe(&device->ring);

	io_uring_prep_read_fixed(request, device->source[0], buffer_of(device),
				 (unsigned)device->watch.page, 0, 0);
	ring_submit(&device->ring);
}

static void device_finish(struct device *device, unsigned char value)
{
	unsigned char text[512];

	memset(text, value, sizeof(text));
	check_int(write(device->source[1], text, sizeof(text)), sizeof(text));
	check_int(ring_wait(&device->ring), sizeof(text));
	check(!memcmp(buffer_of(device), text, sizeof(text)));
}

static void device_write(struct device *device, unsigned char value)
{
	device_begin(device);
	device_finish(device, value);
}

static bool is_noticed(const struct watch *watch)
{
	return watch->capabilities & PGB_CAP_DEVICE_WRITES;
}

static void must_be_reported_if_noticed(const struct device *device)
{
	if (is_noticed(&device->watch))
		watch_must_report_only(&device->watch, BUFFER, LENGTH);
	else
		watch_must_not_report(&device->watch, 0, PAGES);
}

static void without_a_pin(const struct pgb_backend_info *backend)
{
	struct device device;

	device_open(&device, backend);
	watch_arm(&device.watch);
	device_write(&device, AFTER);
	watch_harvest(&device.watch);
	must_be_reported_if_noticed(&device);
	/* In flight across a harvest it is no other. */
	device_begin(&device);
	watch_harvest(&device.watch);
	device_finish(&device, BEFORE);
	watch_harvest(&device.watch);
	must_be_reported_if_noticed(&device);
	/* The pages are still both the device's and the program's. */
	watch_write(&device.watch, BUFFER);
	watch_harvest(&device.watch);
	watch_must_report_only(&device.watch, BUFFER,
			       is_noticed(&device.watch) ? LENGTH : 1);
	device_write(&device, AFTER);
	device_close(&device);
}

static void reported_with_a_pin(const struct pgb_backend_info *backend)
{
	struct device device;

	device_open(&device, backend);
	watch_arm(&device.watch);
	watch_pin(&device.watch, BUFFER, LENGTH);
	watch_settle(&device.watch);
	for (unsigned char value = 1; value < 4; value++) {
		device_write(&device, value);
		watch_harvest(&device.watch);
		watch_must_report_only(&device.watch, BUFFER, LENGTH);
	}
	device_begin(&device);
	watch_settle(&device.watch);
	device_finish(&device, AFTER);
	watch_unpin(&device.watch, BUFFER, LENGTH);
	watch_harvest(&device.watch);
	watch_must_report_only(&device.watch, BUFFER, LENGTH);
	device_close(&device);
}

/* A pin that is set while a harvest runs holds for the rest of it. */
static void *pin_and_write(void *arg)
{
	struct device *device = arg;

	watch_pin(&device->watch, BUFFER, LENGTH);
	device_write(device, AFTER);
	return NULL;
}

static void visit_first_range(void *arg, uintptr_t start, uintptr_t end)
{
	struct device *device = arg;
	pthread_t thread;

	(void)end;
	if (start >= (uintptr_t)buffer_of(device))
		return;
	check_int(pthread_create(&thread, NULL, pin_and_write, device), 0);
	check_int(pthread_join(thread, NULL), 0);
}

static void pinned_beside_a_verified_harvest(const struct pgb_backend_info *backend)
{
	struct device device;

	check_int(setenv("PGBARRIER_VERIFY", "1", 1), 0);
	device_open(&device, backend);
	watch_add(&device.watch, 0, 4);
	watch_add(&device.watch, BUFFER, LENGTH);
	watch_settle(&device.watch);
	watch_write(&device.watch, 0);
	check_int(pgb_harvest(device.watch.barrier, visit_first_range, &device), 0);
	watch_harvest(&device.watch);
	watch_must_report(&device.watch, BUFFER, LENGTH);
	device_close(&device);
}

struct verified {
	const struct pgb_backend_info *backend;
	bool pinned;
};

static void harvest_verified(void *arg)
{
	const struct verified *verified = arg;
	const struct rlimit no_core = {0, 0};
	struct device device;

	setrlimit(RLIMIT_CORE, &no_core);
	check_int(setenv("PGBARRIER_VERIFY", "1", 1), 0);
	device_open(&device, verified->backend);
	if (verified->pinned)
		watch_pin(&device.watch, BUFFER, LENGTH);
	watch_arm(&device.watch);
	device_write(&device, AFTER);
	watch_settle(&device.watch);
	device_close(&device);
}

static void found_by_the_oracle(const struct pgb_backend_info *backend)
{
	struct verified verified = {.backend = backend};
	struct device trial;
	int status;

	device_open(&trial, backend); /* or the reason for skipping */
	device_close(&trial);
	status = child_wait(child_start(harvest_verified, &verified));
	if (backend->capabilities & PGB_CAP_DEVICE_WRITES) {
		check_int(status, 0);
	} else {
		check(WIFSIGNALED(status));
		check_int(WTERMSIG(status), SIGABRT);
	}
	verified.pinned = true;
	child_run(harvest_verified, &verified);
}

/* Reads with O_DIRECT; large, so that much of one is in flight when it has been started. */
#define DIRECT_PAGES 2048
#define ATTEMPTS     50

struct direct {
	struct watch watch;
	struct io_uring ring;
	int file;
};

static int open_in(const char *directory)
{
	char name[4096];
	int fd;

	if (!directory)
		return -1;
	snprintf(name, sizeof(name), "%s/pgbarrier-dma-XXXXXX", directory);
	fd = mkostemp(name, O_DIRECT);
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* A file on a file system that has O_DIRECT. */
static int open_direct(void)
{
	const char *directories[] = {getenv("TMPDIR"), ".", "/var/tmp", "/tmp"};
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < sizeof(directories) / sizeof(directories[0]); i++)
		fd = open_in(directories[i]);
	if (fd < 0)
		skip_because("no O_DIRECT in TMPDIR, the working directory, /var/tmp or "
			     "/tmp: %s",
			     strerror(errno));
	return fd;
}

static void direct_fill(const struct direct *direct, int value)
{
	memset(direct->watch.base, value, DIRECT_PAGES * direct->watch.page);
}

static void direct_close(struct direct *direct)
{
	io_uring_queue_exit(&direct->ring);
	close(direct->file);
	watch_close(&direct->watch);
}

/* The pages are writable at that time, on every backend, and look so. */
static void direct_begin(struct direct *direct)
{
	struct io_uring_sqe *request = io_uring_get_sqe(&direct->ring);

	direct_fill(direct, BEFORE);
	io_uring_prep_read(request, direct->file, direct->watch.base,
			   (unsigned)(DIRECT_PAGES * direct->watch.page), 0);
	ring_submit(&direct->ring);
}

static void direct_finish(struct direct *direct)
{
	check_int(ring_wait(&direct->ring), DIRECT_PAGES * direct->watch.page);
	for (size_t i = 0; i < DIRECT_PAGES; i++)
		check_int(*watch_page(&direct->watch, i), AFTER);
}

/*
 * Some file systems take O_DIRECT and copy all the same, through the page tables: then the
 * file is in memory after it was read.
 */
static bool is_in_memory(int file, size_t size)
{
	size_t pages = size / (size_t)sysconf(_SC_PAGESIZE);
	void *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
	unsigned char resident[DIRECT_PAGES];
	bool found = false;

	check(mapped != MAP_FAILED);
	check_int(mincore(mapped, size, resident), 0);
	for (size_t i = 0; i < pages; i++)
		found |= resident[i] & 1;
	check_int(munmap(mapped, size), 0);
	return found;
}

static void direct_open(struct direct *direct, const struct pgb_backend_info *backend)
{
	size_t size;

	ring_open(&direct->ring);
	direct->file = open_direct();
	watch_open(&direct->watch, backend, DIRECT_PAGES);
	size = DIRECT_PAGES * direct->watch.page;
	direct_fill(direct, AFTER);
	if (pwrite(direct->file, direct->watch.base, size, 0) != (ssize_t)size)
		skip_because("%zu bytes cannot be written with O_DIRECT: %s", size,
			     strerror(errno));
	direct_begin(direct);
	direct_finish(direct);
	if (is_in_memory(direct->file, size))
		skip_because("O_DIRECT copies on the file system here");
	watch_add(&direct->watch, 0, DIRECT_PAGES);
}

/*
 * Harvest with a read in flight: true if a page that this harvest found still had its
 * content from before when it was over.  Which one is in *page.
 */
static bool harvest_in_flight(struct direct *direct, size_t *page)
{
	bool found = false;

	direct_begin(direct);
	watch_harvest(&direct->watch);
	watch_must_report(&direct->watch, 0, DIRECT_PAGES);
	for (size_t i = DIRECT_PAGES; !found && i--;) {
		const volatile unsigned char *byte = watch_page(&direct->watch, i);

		found = *byte == BEFORE && byte[direct->watch.page - 1] == BEFORE;
		*page = i;
	}
	direct_finish(direct);
	return found;
}

static void direct_harvests(struct direct *direct, bool pinned)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		size_t page;

		if (!harvest_in_flight(direct, &page))
			continue;
		watch_harvest(&direct->watch);
		if (pinned || is_noticed(&direct->watch))
			watch_must_report(&direct->watch, pinned ? 0 : page,
					  pinned ? DIRECT_PAGES : 1);
		else
			watch_must_not_report(&direct->watch, page, 1);
		return;
	}
	skip_because("in %d attempts no read was in flight across a harvest", ATTEMPTS);
}

static void direct_without_a_pin(const struct pgb_backend_info *backend)
{
	struct direct direct;

	direct_open(&direct, backend);
	direct_harvests(&direct, false);
	direct_close(&direct);
}

static void direct_reported_with_a_pin(const struct pgb_backend_info *backend)
{
	struct direct direct;

	direct_open(&direct, backend);
	watch_pin(&direct.watch, 0, DIRECT_PAGES);
	direct_harvests(&direct, true);
	watch_unpin(&direct.watch, 0, DIRECT_PAGES);
	watch_harvest(&direct.watch);
	watch_must_report(&direct.watch, 0, DIRECT_PAGES);
	watch_harvest(&direct.watch);
	watch_must_not_report(&direct.watch, 0, DIRECT_PAGES);
	direct_close(&direct);
}

#else

static void built_without(const struct pgb_backend_info *backend)
{
	(void)backend;
	skip_because("this was built without liburing");
}

#define without_a_pin			 built_without
#define reported_with_a_pin		 built_without
#define found_by_the_oracle		 built_without
#define pinned_beside_a_verified_harvest built_without
#define direct_without_a_pin		 built_without
#define direct_reported_with_a_pin	 built_without

#endif

static const struct conformance_case cases[] = {
	{"a registered buffer, missed without a pin, or noticed", without_a_pin,
	 PGB_CAP_PAGE_PRECISE},
	{"a registered buffer, reported with a pin", reported_with_a_pin, 0},
	{"a registered buffer, found by the oracle without a pin, or noticed",
	 found_by_the_oracle, PGB_CAP_PAGE_PRECISE},
	{"pinned beside a harvest that is verified", pinned_beside_a_verified_harvest, 0},
	{"O_DIRECT in flight, missed without a pin, or noticed", direct_without_a_pin,
	 PGB_CAP_PAGE_PRECISE},
	{"O_DIRECT in flight, reported with a pin", direct_reported_with_a_pin, 0},
};

CONFORMANCE_MAIN("dma", cases)

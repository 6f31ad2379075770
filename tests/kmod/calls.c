/* SPDX-License-Identifier: MIT */
/* calls.c - what each ioctl answers to what it does not take: every errno of the header. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "klog.h"
#include "region.h"

#define PAGES 16
#define PAGE  ((uint64_t)sysconf(_SC_PAGESIZE))
#define SIZE  (PAGES * PAGE)
/* A multiple of any page's size, and near the end of what a number can say. */
#define HUGE_OFFSET (UINT64_MAX & ~(uint64_t)0xffff)

/* The compiler is not to know that nothing is there. */
static void *volatile nowhere = (void *)8;

static struct pgbarrier_create sound_create(void)
{
	return (struct pgbarrier_create){
		.abi = PGBARRIER_ABI,
		.mode = PGBARRIER_MODE_WP,
		.size = SIZE,
	};
}

static long create_with(struct pgbarrier_create create)
{
	int fd = region_device();
	long result = region_call(fd, PGBARRIER_IOC_CREATE, &create);

	close(fd);
	return result;
}

static void info(void)
{
	int fd = region_device();
	struct pgbarrier_info info = region_info(fd);

	check_int(info.abi, PGBARRIER_ABI);
	check_int(1UL << info.page_shift, PAGE);
	check_int(info.modes, 1 << PGBARRIER_MODE_DIRTY | 1 << PGBARRIER_MODE_WP |
				      1 << PGBARRIER_MODE_SYNC);
	check_int(info.flags & ~PGBARRIER_INFO_ZAP, 0);
	check(info.max_region && info.max_user >= info.max_region);
	check_int(info.used, 0);
	check(info.version[0]);
	check(memchr(info.version, 0, sizeof(info.version)) != NULL);
	check_int(region_call(fd, PGBARRIER_IOC_INFO, nowhere), -EFAULT);
	close(fd);
}

static void create(void)
{
	struct pgbarrier_create good = sound_create(), bad;
	int fd = region_device();

	bad = good, bad.abi = PGBARRIER_ABI + 1;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.abi = 0;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.mode = PGBARRIER_MODE_SYNC + 1;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.flags = 1u << 31;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.size = 0;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.size = PAGE + 1;
	check_int(create_with(bad), -EINVAL);
	bad = good, bad.size = HUGE_OFFSET;
	check_int(create_with(bad), -EFBIG);
	check_int(create_with(good), 0);

	check_int(region_call(fd, PGBARRIER_IOC_CREATE, nowhere), -EFAULT);
	/* What failed has left it as it was. */
	check_int(region_call(fd, PGBARRIER_IOC_CREATE, &good), 0);
	check_int(region_call(fd, PGBARRIER_IOC_CREATE, &good), -EBUSY);
	close(fd);
}

/* The answer cannot be stored: then the file is a region, or is none, but works. */
static void create_without_an_answer(void)
{
	struct pgbarrier_create good = sound_create(), *read_only;
	int fd = region_device();
	long result;

	read_only = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	*read_only = good;
	check_int(mprotect(read_only, PAGE, PROT_READ), 0);
	check_int(region_call(fd, PGBARRIER_IOC_CREATE, read_only), -EFAULT);
	result = region_call(fd, PGBARRIER_IOC_CREATE, &good);
	check(!result || result == -EBUSY);
	close(fd);
}

static void no_region_yet(void)
{
	static const unsigned long requests[] = {
		PGBARRIER_IOC_HARVEST, PGBARRIER_IOC_DISCARD,	PGBARRIER_IOC_COPY,
		PGBARRIER_IOC_FAULTFD, PGBARRIER_IOC_EVENTFD,	PGBARRIER_IOC_RELEASE,
		PGBARRIER_IOC_LOG,     PGBARRIER_IOC_LOG_RESET,
	};
	char argument[256] = "";
	int fd = region_device();

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check_int(region_call(fd, requests[i], argument), -ENXIO);
	close(fd);
}

static void unknown(void)
{
	static const unsigned long requests[] = {
		_IO(PGBARRIER_IOC_MAGIC, 11),
		_IO(PGBARRIER_IOC_MAGIC, 255),
		_IO(PGBARRIER_IOC_MAGIC - 1, 5),
		_IOWR(PGBARRIER_IOC_MAGIC, 2, struct pgbarrier_create),
		_IOC(_IOC_READ | _IOC_WRITE, PGBARRIER_IOC_MAGIC, 2, _IOC_SIZEMASK),
		_IO(PGBARRIER_IOC_MAGIC, 2),
		0,
		~0ul,
	};
	char argument[1 << _IOC_SIZEBITS] = "";
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check_int(region_call(region.fd, requests[i], argument), -ENOTTY);
	region_close(&region);
}

static const struct {
	uint64_t start, pages, odd;
} bad_ranges[] = {
	{0, 0, 0},
	{0, 1, 1},
	{0, 1, 0x800},
	{0, PAGES + 1, 0},
	{PAGES, 1, 0},
	{PAGES - 1, 2, 0},
	{1, UINT64_MAX >> 12, 0},
	{UINT64_MAX >> 12, 1, 0},
	{UINT64_MAX >> 12, 2, 0},
};

#define BAD_RANGES (sizeof(bad_ranges) / sizeof(bad_ranges[0]))

static void ranges(void)
{
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	for (size_t i = 0; i < BAD_RANGES; i++) {
		uint64_t start = bad_ranges[i].start * PAGE;
		uint64_t len = bad_ranges[i].pages * PAGE + bad_ranges[i].odd;
		struct pgbarrier_harvest harvest = {.start = start, .len = len};
		struct pgbarrier_range range = {.start = start, .len = len};
		struct pgbarrier_copy copy = {.dst = start, .len = len};

		check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, &harvest), -EINVAL);
		check_int(region_call(region.fd, PGBARRIER_IOC_DISCARD, &range), -EINVAL);
		check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EINVAL);
		/* The start may be what is odd. */
		harvest.start++, range.start++, copy.dst++;
		check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, &harvest), -EINVAL);
		check_int(region_call(region.fd, PGBARRIER_IOC_DISCARD, &range), -EINVAL);
		check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EINVAL);
	}
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void reserved(void)
{
	struct pgbarrier_harvest harvest = {.len = SIZE};
	struct pgbarrier_range range = {.len = SIZE};
	struct pgbarrier_copy copy = {.len = SIZE};
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	region_write(&region, 3, 1);
	harvest.flags = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, &harvest), -EINVAL);
	harvest.flags = 0, harvest.reserved = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, &harvest), -EINVAL);
	range.flags = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_DISCARD, &range), -EINVAL);
	range.flags = 0, range.reserved = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_DISCARD, &range), -EINVAL);
	copy.flags = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EINVAL);
	copy.flags = 0, copy.reserved = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EINVAL);
	/* None of them took anything out of the account, or the page away. */
	check_int(*region_page(&region, 3), 1);
	region_must_find_only(&region, 3, 1);
	region_close(&region);
}

static void bad_pointers(void)
{
	static const unsigned long requests[] = {
		PGBARRIER_IOC_INFO,    PGBARRIER_IOC_CREATE, PGBARRIER_IOC_HARVEST,
		PGBARRIER_IOC_DISCARD, PGBARRIER_IOC_COPY,   PGBARRIER_IOC_EVENTFD,
		PGBARRIER_IOC_CLONE,   PGBARRIER_IOC_LOG,    PGBARRIER_IOC_LOG_RESET,
	};
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		check_int(region_call(region.fd, requests[i], NULL), -EFAULT);
		check_int(region_call(region.fd, requests[i], (void *)~0xffful), -EFAULT);
	}
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

/*
 * A harvest whose answer cannot be stored has happened all the same: the bitmap says what
 * it found.
 */
static void harvest_without_an_answer(void)
{
	struct pgbarrier_harvest *read_only;
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	read_only = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	*read_only = (struct pgbarrier_harvest){.len = SIZE};
	check_int(mprotect(read_only, PAGE, PROT_READ), 0);
	region_write(&region, 3, 1);
	check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, read_only), -EFAULT);
	if (!region_found(&region, 3))
		region_must_find(&region, 3, 1);
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

static void copy(void)
{
	unsigned char *source = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct pgbarrier_copy copy;
	struct region region;

	check(source != MAP_FAILED);
	memset(source, 's', 4 * PAGE);
	region_create(&region, PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT, PAGES);
	copy = (struct pgbarrier_copy){
		.dst = 6 * PAGE, .src = (uintptr_t)source + 1, .len = PAGE};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), 0);
	check_int(region_page(&region, 6)[PAGE - 1], 's');
	copy = (struct pgbarrier_copy){.dst = PAGE, .src = PAGE, .len = PAGE, .copied = 7};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EFAULT);
	check_int(copy.copied, 0);

	/* The source ends, and the destination is there: so much was done. */
	check_int(munmap(source + 2 * PAGE, 2 * PAGE), 0);
	copy = (struct pgbarrier_copy){
		.dst = PAGE, .src = (uintptr_t)source, .len = 4 * PAGE};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EFAULT);
	check_int(copy.copied, 2 * PAGE);
	copy = (struct pgbarrier_copy){.dst = 0, .src = (uintptr_t)source, .len = 2 * PAGE};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), -EEXIST);
	check_int(copy.copied, PAGE);
	copy = (struct pgbarrier_copy){.dst = 3 * PAGE, .src = 0, .len = 2 * PAGE};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), 0);
	check_int(copy.copied, 2 * PAGE);

	check_int(*region_page(&region, 0), 's');
	check_int(region_page(&region, 2)[PAGE - 1], 's');
	check_int(*region_page(&region, 3), 0);
	region_close(&region);
}

/* Whoever writes where the copy comes from may be stopped itself; this is the same region.
 */
static void copy_from_the_region(void)
{
	struct pgbarrier_copy copy;
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT, PAGES);
	region_write(&region, 2, 1);
	copy = (struct pgbarrier_copy){
		.dst = 5 * PAGE, .src = (uintptr_t)region_page(&region, 2), .len = PAGE};
	check_int(region_call(region.fd, PGBARRIER_IOC_COPY, &copy), 0);
	check_int(*region_page(&region, 5), 1);
	region_close(&region);
}

static long faultfd(unsigned mode, unsigned flags)
{
	struct region region;
	long fd;

	region_create(&region, mode, flags, PAGES);
	fd = region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	if (fd >= 0) {
		check_int(region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL), -EBUSY);
		check_int(close((int)fd), 0);
		/* There may be one after the other. */
		fd = region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
		check(fd >= 0);
		check_int(close((int)fd), 0);
		fd = 0;
	}
	region_close(&region);
	return fd;
}

static void fault_fds(void)
{
	check_int(faultfd(PGBARRIER_MODE_DIRTY, 0), -EOPNOTSUPP);
	check_int(faultfd(PGBARRIER_MODE_WP, 0), -EOPNOTSUPP);
	check_int(faultfd(PGBARRIER_MODE_SYNC, 0), 0);
	check_int(faultfd(PGBARRIER_MODE_DIRTY, PGBARRIER_CREATE_ABSENT), 0);
	check_int(faultfd(PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT), 0);
	check_int(faultfd(PGBARRIER_MODE_SYNC, PGBARRIER_CREATE_ABSENT), 0);
}

/* Nothing waits for it: PGBARRIER_MODE_WP answers its writes itself. */
static void needless_acknowledgement(void)
{
	struct pgbarrier_range ack = {.len = PAGE};
	struct region region;
	int fd;

	region_create(&region, PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT, PAGES);
	fd = (int)region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(fd >= 0);
	check_int(write(fd, &ack, sizeof(ack)), -1);
	check_int(errno, EOPNOTSUPP);
	close(fd);
	region_close(&region);
}

static void fault_fd_calls(void)
{
	struct pgbarrier_range acks[2] = {{.start = PAGE, .len = PAGE}, {.start = 1}};
	struct pgbarrier_event event;
	struct region region;
	int fd;

	region_create(&region, PGBARRIER_MODE_SYNC, 0, PAGES);
	fd = (int)region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(fd >= 0);
	check_int(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	check_int(read(fd, &event, sizeof(event)), -1);
	check_int(errno, EAGAIN);
	check_int(read(fd, &event, sizeof(event) - 1), -1);
	check_int(errno, EINVAL);
	check_int(write(fd, acks, sizeof(acks[0]) - 1), -1);
	check_int(errno, EINVAL);
	check_int(write(fd, nowhere, sizeof(acks[0])), -1);
	check_int(errno, EFAULT);
	check_int(write(fd, &acks[1], sizeof(acks[1])), -1);
	check_int(errno, EINVAL);
	/* What came before the bad one counts. */
	check_int(write(fd, acks, sizeof(acks)), sizeof(acks[0]));
	for (size_t i = 0; i < BAD_RANGES; i++) {
		acks[0] = (struct pgbarrier_range){
			.start = bad_ranges[i].start * PAGE,
			.len = bad_ranges[i].pages * PAGE + bad_ranges[i].odd,
		};
		check_int(write(fd, acks, sizeof(acks[0])), -1);
		check_int(errno, EINVAL);
	}
	acks[0] = (struct pgbarrier_range){.len = PAGE, .flags = 1};
	check_int(write(fd, acks, sizeof(acks[0])), -1);
	acks[0] = (struct pgbarrier_range){.len = PAGE, .reserved = 1};
	check_int(write(fd, acks, sizeof(acks[0])), -1);
	acks[0] = (struct pgbarrier_range){.len = PAGE,
					   .region = region_info(region.fd).region + 1};
	check_int(write(fd, acks, sizeof(acks[0])), -1);
	check_int(errno, ESTALE);
	check_int(region_call(fd, PGBARRIER_IOC_FAULTFD, NULL), -ENOTTY);
	check_int(lseek(fd, 0, SEEK_SET) > 0, 0);
	check(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	close(fd);
	region_close(&region);
}

static void eventfds(void)
{
	int none = -1, closed = 1000, other = open("/dev/null", O_RDWR | O_CLOEXEC);
	int event = eventfd(0, EFD_CLOEXEC);
	struct region region;

	region_create(&region, PGBARRIER_MODE_SYNC, 0, PAGES);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &closed), -EBADF);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &other), -EINVAL);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &none), 0);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &event), 0);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &event), 0);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &none), 0);
	check_int(region_call(region.fd, PGBARRIER_IOC_EVENTFD, &event), 0);
	/* Closed by us, and by the region after us. */
	close(event);
	region_close(&region);
	close(other);
}

static void clone_into(int fd, int source, unsigned flags, long expected)
{
	struct pgbarrier_clone clone = {.source = source, .flags = flags};

	check_int(region_call(fd, PGBARRIER_IOC_CLONE, &clone), expected);
}

static void clones(void)
{
	int fd = region_device(), none = region_device();
	int other = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct region region;

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	clone_into(fd, none, 0, -EINVAL);
	clone_into(fd, other, 0, -EINVAL);
	clone_into(fd, fd, 0, -EINVAL);
	clone_into(fd, region.fd, 1u << 31, -EINVAL);
	check(region_call(fd, PGBARRIER_IOC_CLONE,
			  &(struct pgbarrier_clone){.source = -1}) < 0);
	clone_into(region.fd, region.fd, 0, -EBUSY);
	check_int(region_call(region.fd, PGBARRIER_IOC_RELEASE, NULL), -ENOENT);
	clone_into(fd, region.fd, 0, 0);
	clone_into(fd, region.fd, 0, -EBUSY);
	check_int(region_call(fd, PGBARRIER_IOC_RELEASE, NULL), -ENOENT);
	clone_into(none, region.fd, PGBARRIER_CLONE_HOLD, 0);
	check_int(region_call(none, PGBARRIER_IOC_RELEASE, NULL), 0);
	check_int(region_call(none, PGBARRIER_IOC_RELEASE, NULL), -ENOENT);
	close(fd);
	close(none);
	close(other);
	region_close(&region);
}

static long log_with(int fd, struct pgbarrier_log log)
{
	return region_call(fd, PGBARRIER_IOC_LOG, &log);
}

static long log_of(unsigned mode, unsigned flags)
{
	struct pgbarrier_log log = {.entries = 8, .eventfd = -1};
	struct region region;
	long result;

	region_create(&region, mode, flags, PAGES);
	result = log_with(region.fd, log);
	region_close(&region);
	return result;
}

static void logs(void)
{
	const struct pgbarrier_log good = {.entries = 8, .watermark = 8, .eventfd = -1};
	struct pgbarrier_log_reset reset = {.count = 0};
	int other = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct pgbarrier_log bad;
	struct region region;

	check_int(log_of(PGBARRIER_MODE_DIRTY, 0), -EOPNOTSUPP);
	check_int(log_of(PGBARRIER_MODE_WP, PGBARRIER_CREATE_ABSENT), -EOPNOTSUPP);
	check_int(log_of(PGBARRIER_MODE_SYNC, PGBARRIER_CREATE_ABSENT), -EOPNOTSUPP);
	check_int(log_of(PGBARRIER_MODE_SYNC, 0), 0);

	region_create(&region, PGBARRIER_MODE_WP, 0, PAGES);
	check_int(region_call(region.fd, PGBARRIER_IOC_LOG_RESET, &reset), -ENOENT);
	bad = good, bad.entries = 0;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.entries = 12;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.entries = 1u << 21;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.watermark = 9;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.flags = 1;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.eventfd = other;
	check_int(log_with(region.fd, bad), -EINVAL);
	bad = good, bad.eventfd = 1000;
	check_int(log_with(region.fd, bad), -EINVAL);
	check_int(log_with(region.fd, good), 0);
	check_int(log_with(region.fd, good), -EBUSY);
	reset.count = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_LOG_RESET, &reset), -EINVAL);
	reset.count = 0, reset.flags = 1;
	check_int(region_call(region.fd, PGBARRIER_IOC_LOG_RESET, &reset), -EINVAL);
	close(other);
	region_close(&region);
}

/* Faults have one who answers them. */
static void log_or_fault_fd(void)
{
	const struct pgbarrier_log log = {.entries = 8, .eventfd = -1};
	struct region region;
	int faults;

	region_create(&region, PGBARRIER_MODE_SYNC, 0, PAGES);
	faults = (int)region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(faults >= 0);
	check_int(log_with(region.fd, log), -EBUSY);
	close(faults);
	check_int(log_with(region.fd, log), 0);
	check_int(region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL), -EBUSY);
	region_close(&region);
}

/* Whatever a program writes, the kernel's log is not its to write. */
static void nothing_is_logged(void)
{
	const size_t calls = 100000;
	unsigned char bytes[256];
	struct region region;
	uint64_t state = 1;
	struct klog log;

	klog_open(&log);
	region_create(&region, PGBARRIER_MODE_SYNC, 0, PAGES);
	for (size_t i = 0; i < calls; i++) {
		unsigned long request;

		for (size_t j = 0; j < sizeof(bytes); j += sizeof(state))
			memcpy(bytes + j, &(uint64_t){random_next(&state)}, sizeof(state));
		request = _IOC(state >> 3 & 3, PGBARRIER_IOC_MAGIC, state >> 8 & 15,
			       state >> 16 & 63);
		/* The only one that no argument makes a bad one. */
		if (request != PGBARRIER_IOC_FAULTFD)
			check(region_call(region.fd, request, bytes) < 0);
	}
	region_close(&region);
	check(!klog_says(&log, "pgbarrier"));
	klog_close(&log);
}

static const struct plain_case cases[] = {
	{"INFO", info},
	{"CREATE", create},
	{"CREATE, and the answer cannot be stored", create_without_an_answer},
	{"no region yet", no_region_yet},
	{"unknown requests", unknown},
	{"ranges", ranges},
	{"reserved members", reserved},
	{"bad pointers", bad_pointers},
	{"HARVEST, and the answer cannot be stored", harvest_without_an_answer},
	{"COPY", copy},
	{"COPY from the region itself", copy_from_the_region},
	{"FAULTFD", fault_fds},
	{"an acknowledgement where nothing waits", needless_acknowledgement},
	{"read and write of the fault fd", fault_fd_calls},
	{"EVENTFD", eventfds},
	{"CLONE and RELEASE", clones},
	{"LOG and LOG_RESET", logs},
	{"a log or a fault fd", log_or_fault_fd},
	{"nothing in the kernel's log after 100,000 bad calls", nothing_is_logged},
};

PLAIN_MAIN("calls", cases)

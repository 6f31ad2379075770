/* SPDX-License-Identifier: MIT */
/* descriptors.c - a region that is passed on, and outlives who made it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "region.h"

#define PAGES 64
#define AT    9

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

static void send_descriptor(int socket, int fd)
{
	union control control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS}};
	struct iovec byte = {"", 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	check_int(sendmsg(socket, &message, 0), 1);
}

static int receive_descriptor(int socket)
{
	union control control;
	char byte;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	check_int(recvmsg(socket, &message, MSG_CMSG_CLOEXEC), 1);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

/* A process that never had the region, until it is sent to it. */
struct receiver {
	int socket;
	size_t bitmap_bytes;
};

static void receive(void *arg)
{
	const struct receiver *receiver = arg;
	struct region region;

	region_map(&region, receive_descriptor(receiver->socket), PAGES,
		   receiver->bitmap_bytes);
	check_int(*region_page(&region, AT), 1);
	region_write(&region, AT, 1);
	region_must_find_only(&region, AT, 1);
	region_write(&region, AT + 1, 1);
}

static void sent_to_another_process(unsigned kind)
{
	struct receiver receiver;
	struct region region;
	int sockets[2];
	pid_t child;

	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	region_open(&region, kind, PAGES);
	region_settle(&region);
	receiver.socket = sockets[1];
	receiver.bitmap_bytes = region.bitmap_bytes;
	child = child_start(receive, &receiver);
	send_descriptor(sockets[0], region.fd);
	check_int(child_wait(child), 0);
	/* What it wrote and did not harvest is left for us. */
	region_must_find_only(&region, AT + 1, 1);
	check_int(*region_page(&region, AT), 2);
	region_close(&region);
}

/* In a socket that nobody reads any more, a region is not kept for ever. */
static void sent_to_nobody(unsigned kind)
{
	struct pgbarrier_info before, after;
	struct region region;
	int sockets[2], fd = region_device();

	before = region_info(fd);
	region_open(&region, kind, PAGES);
	check_int(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	send_descriptor(sockets[0], region.fd);
	region_close(&region);
	after = region_info(fd);
	check(after.used > before.used);
	close(sockets[0]);
	close(sockets[1]);
	after = region_info(fd);
	check_int(after.used, before.used);
	close(fd);
}

static void duplicated(unsigned kind)
{
	struct region region;
	int original;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	original = region.fd;
	region.fd = fcntl(original, F_DUPFD_CLOEXEC, 0);
	region_write(&region, AT, 1);
	check_int(close(original), 0);
	region_must_find_only(&region, AT, 1);
	region_must_work(&region, AT, 3);
	region_close(&region);
}

static void opened_through_proc(unsigned kind)
{
	struct region region;
	char path[64];
	int other;

	region_open(&region, kind, PAGES);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", region.fd);
	/* It is the device that is opened: no region, and not ours. */
	other = open(path, O_RDWR | O_CLOEXEC);
	check(other >= 0);
	check_int(region_call(other, PGBARRIER_IOC_RELEASE, NULL), -ENXIO);
	close(other);
	region_must_work(&region, 0, 2);
	region_close(&region);
}

/* Neither account nor pages of a region that only has the number of the one that is meant.
 */
static void must_be_refused(const struct region *region, uint64_t id)
{
	size_t size = region->pages * region->page;
	struct pgbarrier_harvest harvest = {.len = size, .region = id};
	struct pgbarrier_range range = {.len = size, .region = id};
	struct pgbarrier_clone clone = {.source = region->fd, .region = id};
	int fd = region_device();

	check_int(region_call(region->fd, PGBARRIER_IOC_HARVEST, &harvest), -ESTALE);
	check_int(region_call(region->fd, PGBARRIER_IOC_DISCARD, &range), -ESTALE);
	check_int(region_call(fd, PGBARRIER_IOC_CLONE, &clone), -ESTALE);
	check_int(region_info(fd).region, 0);
	close(fd);
}

static void another_is_meant(unsigned kind)
{
	struct pgbarrier_harvest harvest = {0};
	struct region region, other;
	uint64_t id, other_id;

	region_open(&region, kind, PAGES);
	region_open(&other, kind, PAGES);
	id = region_info(region.fd).region;
	other_id = region_info(other.fd).region;
	check(id && other_id && id != other_id);
	region_close(&other);
	region_settle(&region);
	region_write(&region, AT, 1);
	must_be_refused(&region, other_id);
	check_int(*region_page(&region, AT), 2);
	harvest.len = PAGES * region.page;
	harvest.region = id;
	check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, &harvest), 0);
	check_int(harvest.nr_dirty, 1);
	region_must_work(&region, AT, 1);
	region_close(&region);
}

/* Pages live on in a mapping when no descriptor is left, and are accounted for until then.
 */
static void only_a_mapping_is_left(unsigned kind)
{
	struct pgbarrier_info before, after;
	struct region region;
	int fd = region_device();

	before = region_info(fd);
	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, AT, 1);
	if (region.answered)
		answerer_end(&region.answerer);
	check_int(close(region.fd), 0);
	check_int(*region_page(&region, AT), 2);
	region_write(&region, 0, PAGES);
	check_int(*region_page(&region, AT), 3);
	check_int(munmap((void *)region.found, region.bitmap_bytes), 0);
	check(region_info(fd).used > before.used);
	/* In parts, so that the last one is a piece in the middle. */
	check_int(munmap(region.base, AT * region.page), 0);
	check_int(munmap(region_page(&region, AT + 1), (PAGES - AT - 1) * region.page), 0);
	region_write(&region, AT, 1);
	check_int(munmap(region_page(&region, AT), region.page), 0);
	after = region_info(fd);
	check_int(after.used, before.used);
	close(fd);
}

/* A child that writes, and ends in one way or another. */
struct ending {
	const struct region *region;
	int signal;
};

static void write_and_end(void *arg)
{
	const struct ending *ending = arg;
	unsigned char *base = region_map_part(ending->region, 0, PAGES);
	char *const arguments[] = {"true", NULL};

	base[AT * ending->region->page]++;
	if (ending->signal > 0)
		raise(ending->signal);
	if (!ending->signal)
		return;
	/* A program that knows nothing of it, in the same process. */
	execvp(arguments[0], arguments);
	check_failed("true runs", __FILE__, __LINE__);
}

static void written_by_who_ends(unsigned kind)
{
	static const int signals[] = {0, SIGKILL, SIGSEGV, -1};
	struct region region;
	struct ending ending = {.region = &region};

	region_open(&region, kind, PAGES);
	region_settle(&region);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		int status;

		ending.signal = signals[i];
		status = child_wait(child_start(write_and_end, &ending));
		if (signals[i] > 0)
			check_int(WTERMSIG(status), signals[i]);
		else
			check_int(status, 0);
		check_int(*region_page(&region, AT), i + 2);
		region_must_find_only(&region, AT, 1);
		check_int(region_harvest(&region), 0);
	}
	region_close(&region);
}

static bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* No program that is started in between gets what it has not asked for. */
static void fault_fd_closes_on_exec(unsigned mode)
{
	struct region region;
	int faults;

	region_create(&region, mode, PGBARRIER_CREATE_ABSENT, PAGES);
	faults = (int)region_call(region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(faults >= 0);
	check(closes_on_exec(faults));
	close(faults);
	region_close(&region);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("sent to another process", sent_to_another_process),
	IN_EACH_KIND("sent to nobody", sent_to_nobody),
	IN_EACH_KIND("duplicated", duplicated),
	IN_EACH_KIND("opened through /proc", opened_through_proc),
	IN_EACH_KIND("another is meant", another_is_meant),
	IN_EACH_KIND("only a mapping is left", only_a_mapping_is_left),
	IN_EACH_KIND("written by a process that ends", written_by_who_ends),
	IN_EACH_MODE("the fault fd closes on exec", fault_fd_closes_on_exec),
};

REGION_MAIN("descriptors", cases)

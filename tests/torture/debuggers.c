/* SPDX-License-Identifier: MIT */
/*
 * debuggers.c - somebody else writes to watched memory, or looks on.
 *
 * What another process writes, with ptrace(2), process_vm_writev(2) or /proc/PID/mem, is
 * refused by the kernel, or reported by a backend that notices writes of the kernel, or
 * covered by a pin.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "watch.h"

#define PAGES  32
#define PINNED 20 /* from there on, a page for each way */

enum way {
	BY_POKE,
	BY_WRITEV,
	BY_FILE,
	WAYS,
};

/* Shared by both processes; memory is at the same addresses in both. */
struct session {
	struct watch *watch;
	struct gate armed, written;
	bool done[WAYS], done_pinned[WAYS];
};

static size_t page_of(enum way way)
{
	return 2 + 3 * (size_t)way;
}

static size_t pinned_page_of(enum way way)
{
	return PINNED + (size_t)way;
}

static void check_writes(const struct session *session)
{
	struct watch *watch = session->watch;
	bool notices = watch->capabilities & PGB_CAP_KERNEL_WRITES;

	for (int way = 0; way < WAYS; way++) {
		long value = *(volatile long *)watch_page(watch, page_of(way));

		/* Whoever says that he wrote has written. */
		check_int(value == -1, session->done[way]);
		if (session->done[way] && notices)
			watch_must_report(watch, page_of(way), 1);
		if (session->done_pinned[way])
			watch_must_report(watch, pinned_page_of(way), 1);
	}
}

static void debugged(void *arg)
{
	struct session *session = arg;
	struct watch *watch = session->watch;

	watch_pin(watch, PINNED, WAYS);
	watch_settle(watch);
	gate_open(&session->armed);
	gate_pass(&session->written);
	watch_harvest(watch);
	check_writes(session);
	/* The barrier is as it was. */
	watch_unpin(watch, PINNED, WAYS);
	watch_settle(watch);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static bool poke(pid_t child, void *address)
{
	return !ptrace(PTRACE_POKEDATA, child, address, (void *)-1L);
}

static bool write_vector(pid_t child, void *address)
{
	long value = -1;
	struct iovec from = {&value, sizeof(value)}, to = {address, sizeof(value)};

	return process_vm_writev(child, &from, 1, &to, 1, 0) == sizeof(value);
}

static bool write_file(pid_t child, void *address)
{
	char path[64];
	long value = -1;
	ssize_t written;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)child);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	written = pwrite(fd, &value, sizeof(value), (off_t)(uintptr_t)address);
	close(fd);
	return written == sizeof(value);
}

static void write_all_ways(struct session *session, pid_t child)
{
	static bool (*const ways[WAYS])(pid_t child, void *address) = {
		[BY_POKE] = poke,
		[BY_WRITEV] = write_vector,
		[BY_FILE] = write_file,
	};
	struct watch *watch = session->watch;

	for (int way = 0; way < WAYS; way++) {
		session->done[way] = ways[way](child, watch_page(watch, page_of(way)));
		session->done_pinned[way] =
			ways[way](child, watch_page(watch, pinned_page_of(way)));
		note("%s: way %d: %s", watch->backend, way,
		     session->done[way] ? "written" : "refused");
	}
}

static void attach(pid_t child)
{
	int status;

	if (ptrace(PTRACE_ATTACH, child, NULL, NULL)) {
		status = errno;
		kill(child, SIGKILL);
		skip_because("ptrace is not allowed here: %s", strerror(status));
	}
	check_int(waitpid(child, &status, 0), child);
	check(WIFSTOPPED(status));
}

static struct session *start_session(struct watch *watch)
{
	struct session *session = mmap(NULL, sizeof(*session), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	check(session != MAP_FAILED);
	session->watch = watch;
	gate_make(&session->armed);
	gate_make(&session->written);
	return session;
}

static void written_from_outside(const struct pgb_backend_info *backend)
{
	struct session *session;
	struct watch watch;
	pid_t child;

	watch_open(&watch, backend, PAGES);
	session = start_session(&watch);
	watch_arm(&watch);
	child = child_start(debugged, session);
	gate_pass(&session->armed);
	attach(child);
	write_all_ways(session, child);
	check_int(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
	gate_open(&session->written);
	check_int(child_wait(child), 0);
	/* The parent's memory is another. */
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_close(&watch);
}

static void work_hard(void *arg)
{
	struct session *session = arg;

	gate_open(&session->armed);
	gate_pass(&session->written);
	for (size_t round = 0; round < scaled(20); round++)
		watch_must_work(session->watch, 0, PAGES);
	watch_close(session->watch);
}

/* Let it run, and hand on its signals, as a debugger does; returns how it ended. */
static int trace_to_the_end(pid_t child, size_t *signals)
{
	int status;

	*signals = 0;
	check_int(ptrace(PTRACE_CONT, child, NULL, NULL), 0);
	while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
		++*signals;
		check_int(ptrace(PTRACE_CONT, child, NULL, (void *)(long)WSTOPSIG(status)),
			  0);
	}
	return status;
}

static void traced_all_the_time(const struct pgb_backend_info *backend)
{
	struct session *session;
	struct watch watch;
	size_t signals;
	pid_t child;

	watch_open(&watch, backend, PAGES);
	session = start_session(&watch);
	watch_arm(&watch);
	child = child_start(work_hard, session);
	gate_pass(&session->armed);
	attach(child);
	gate_open(&session->written);
	check_int(trace_to_the_end(child, &signals), 0);
	if (backend->capabilities & PGB_CAP_NO_SIGNALS)
		check_int(signals, 0);
	else
		check(signals > 0);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"another process writes", written_from_outside, 0},
	{"traced all the time", traced_all_the_time, 0},
};

CONFORMANCE_MAIN("debuggers", cases)

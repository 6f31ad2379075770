/* SPDX-License-Identifier: MIT */
/*
 * descriptors.c - programs that close descriptors they did not open, as daemons do.
 *
 * All in children, since the test program needs its own.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

#define PAGES 64

/* Above whatever the library may choose. */
#define HIGHEST 1100

static void close_everything(void)
{
	check_int(close_range(3, ~0u, 0), 0);
}

/* Written before and after the loss, nothing is lost; soon all is as it was. */
static void must_survive(struct watch *watch)
{
	watch_write(watch, 8);
	watch_try_harvest(watch);
	watch_must_report(watch, 7, 2);
	watch_write(watch, 9);
	watch_try_harvest(watch);
	watch_must_report(watch, 9, 1);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static void closed_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 7);
	close_everything();
	must_survive(&watch);
}

static void closed(const struct pgb_backend_info *backend)
{
	child_run(closed_in, (void *)backend);
}

/* The numbers now belong to the program, and stay open. */
static void reused_in(void *arg)
{
	static const char path[] = "/dev/zero";
	struct stat ours, file;
	struct watch watch;
	int fd;

	check_int(setrlimit(RLIMIT_NOFILE, &(struct rlimit){4096, 4096}), 0);
	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 7);
	close_everything();
	fd = open(path, O_RDONLY);
	check(fd >= 0);
	check_int(fstat(fd, &ours), 0);
	while (fd < HIGHEST) {
		fd = dup(fd);
		check(fd >= 0);
	}
	must_survive(&watch);
	for (fd = 3; fd <= HIGHEST; fd++) {
		check_int(fstat(fd, &file), 0);
		check_int(file.st_rdev, ours.st_rdev);
	}
}

static void reused(const struct pgb_backend_info *backend)
{
	child_run(reused_in, (void *)backend);
}

/* Adding and removing come first after the loss. */
static void changed_after_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 7);
	close_everything();
	watch_remove(&watch, 32, 16);
	watch_write_range(&watch, 32, 16);
	watch_add(&watch, 32, 16);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 7, 1);
	watch_must_report(&watch, 32, 16);
	watch_write(&watch, 7);
	must_survive(&watch);
}

static void changed_after(const struct pgb_backend_info *backend)
{
	child_run(changed_after_in, (void *)backend);
}

static void wait_at(void *arg)
{
	gate_pass(arg);
}

/* What is registered with the kernel stays so while anybody has a descriptor. */
static void closed_but_for_a_child_in(void *arg)
{
	struct watch watch;
	struct gate gate;
	pid_t child;

	check_int(setrlimit(RLIMIT_NOFILE, &(struct rlimit){4096, 4096}), 0);
	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	gate_make(&gate);
	gate.fds[1] = dup2(gate.fds[1], HIGHEST);
	check_int(gate.fds[1], HIGHEST);
	child = child_start(wait_at, &gate);
	watch_write(&watch, 7);
	check_int(close_range(3, HIGHEST - 1, 0), 0);
	for (size_t i = 0; i < 3; i++) {
		watch_write(&watch, 20 + i);
		watch_try_harvest(&watch);
		watch_must_report(&watch, 20 + i, 1);
		if (!i)
			watch_must_report(&watch, 7, 1);
	}
	gate_open(&gate);
	check_int(child_wait(child), 0);
	watch_write(&watch, 7);
	must_survive(&watch);
}

static void closed_but_for_a_child(const struct pgb_backend_info *backend)
{
	child_run(closed_but_for_a_child_in, (void *)backend);
}

/* The same, and nothing is harvested any more. */
static void given_up_but_for_a_child(const struct pgb_backend_info *backend, bool remove)
{
	struct watch watch;
	struct gate gate;
	pid_t child;

	check_int(setrlimit(RLIMIT_NOFILE, &(struct rlimit){4096, 4096}), 0);
	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	gate_make(&gate);
	gate.fds[1] = dup2(gate.fds[1], HIGHEST);
	check_int(gate.fds[1], HIGHEST);
	child = child_start(wait_at, &gate);
	check_int(close_range(3, HIGHEST - 1, 0), 0);
	if (remove) {
		watch_remove(&watch, 0, PAGES);
		watch_write_range(&watch, 0, PAGES / 2);
	}
	pgb_close(watch.barrier);
	watch_write_range(&watch, 0, PAGES);
	gate_open(&gate);
	check_int(child_wait(child), 0);
}

static void closed_but_for_a_child_then_pgb_close_in(void *arg)
{
	given_up_but_for_a_child(arg, false);
}

static void closed_but_for_a_child_then_pgb_close(const struct pgb_backend_info *backend)
{
	child_run(closed_but_for_a_child_then_pgb_close_in, (void *)backend);
}

static void closed_but_for_a_child_then_removed_in(void *arg)
{
	given_up_but_for_a_child(arg, true);
}

static void closed_but_for_a_child_then_removed(const struct pgb_backend_info *backend)
{
	child_run(closed_but_for_a_child_then_removed_in, (void *)backend);
}

/* Memory that one barrier has armed and lost is new to another. */
static void closed_then_opened_in(void *arg)
{
	const struct pgb_backend_info *backend = arg;
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	close_everything();
	if (backend->capabilities & PGB_CAP_NO_SIGNALS)
		pgb_close(watch.barrier);
	check_int(pgb_open(&watch.barrier, backend->name), 0);
	watch_write(&watch, 7);
	watch_add(&watch, 0, PAGES);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 0, PAGES);
	watch_write(&watch, 7);
	must_survive(&watch);
}

static void closed_then_opened(const struct pgb_backend_info *backend)
{
	child_run(closed_then_opened_in, (void *)backend);
}

static void child_survives(void *arg)
{
	must_survive(arg);
}

static void closed_and_forked_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 7);
	close_everything();
	child_run(child_survives, &watch);
	must_survive(&watch);
}

static void closed_and_forked(const struct pgb_backend_info *backend)
{
	child_run(closed_and_forked_in, (void *)backend);
}

static void fork_and_close(void *arg)
{
	close_everything();
	must_survive(arg);
}

static void forked_and_closed_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 7);
	child_run(fork_and_close, &watch);
	must_survive(&watch);
}

static void forked_and_closed(const struct pgb_backend_info *backend)
{
	child_run(forked_and_closed_in, (void *)backend);
}

static void closed_then_pgb_close_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	close_everything();
	pgb_close(watch.barrier);
	watch_write_range(&watch, 0, PAGES);
}

static void closed_then_pgb_close(const struct pgb_backend_info *backend)
{
	child_run(closed_then_pgb_close_in, (void *)backend);
}

static size_t find_descriptors(bool open[HIGHEST + 1])
{
	size_t count = 0;

	for (int fd = 0; fd <= HIGHEST; fd++) {
		open[fd] = fcntl(fd, F_GETFD) >= 0;
		count += open[fd];
	}
	return count;
}

/* Every descriptor is closed on exec, and given back in the end. */
static void none_is_leaked(const struct pgb_backend_info *backend)
{
	bool before[HIGHEST + 1], after[HIGHEST + 1];
	size_t count = find_descriptors(before);
	struct pgb_backend_info info;
	struct watch watch;

	for (int round = 0; round < 3; round++) {
		watch_open(&watch, backend, PAGES);
		watch_arm(&watch);
		watch_must_work(&watch, 0, PAGES);
		find_descriptors(after);
		for (int fd = 0; fd <= HIGHEST; fd++)
			if (after[fd] && !before[fd])
				check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		watch_close(&watch);
		for (size_t i = 0; i < pgb_backend_count(); i++)
			check_int(pgb_backend_probe(i, &info, sizeof(info)), 0);
	}
	check_int(find_descriptors(after), count);
}

static const struct conformance_case cases[] = {
	{"all descriptors closed", closed, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, their numbers reused", reused, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, then ranges changed", changed_after, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, but for a child that has them", closed_but_for_a_child,
	 PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, but for a child, then the barrier",
	 closed_but_for_a_child_then_pgb_close, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, but for a child, then memory removed",
	 closed_but_for_a_child_then_removed, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, then another barrier", closed_then_opened,
	 PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, then forked", closed_and_forked, PGB_CAP_ANY_MEMORY},
	{"forked, then all descriptors closed", forked_and_closed, PGB_CAP_ANY_MEMORY},
	{"all descriptors closed, then the barrier", closed_then_pgb_close,
	 PGB_CAP_ANY_MEMORY},
	{"no descriptor is leaked", none_is_leaked, 0},
};

CONFORMANCE_MAIN("descriptors", cases)

/* SPDX-License-Identifier: MIT */
/* thread.c - a thread that the program does not notice. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "os/inject.h"
#include "os/thread.h"

/* Ends when it has read a byte, or when nobody can write one any more. */
static PGB_THREAD_CODE void wait_for_a_byte(int fd, void *arg)
{
	char byte;

	*(volatile long *)arg = pgb_thread_syscall(SYS_read, fd, (long)&byte, 1);
}

struct fixture {
	struct pgb_thread thread;
	int fds[2];
	volatile long result;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture.result = 0;
	*state = &fixture;
	return pgb_thread_init(&fixture.thread) || pipe(fixture.fds);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->fds[0]);
	close(fixture->fds[1]);
	pgb_thread_destroy(&fixture->thread);
	return 0;
}

static void start(struct fixture *fixture)
{
	int err = pgb_thread_start(&fixture->thread, wait_for_a_byte, fixture->fds[0],
				   (void *)&fixture->result);

	if (err == -ENOSYS) {
		print_message("# no such thread on this machine, or under valgrind\n");
		skip();
	}
	assert_int_equal(err, 0);
	assert_true(pgb_thread_is_running(&fixture->thread));
}

static void join(struct fixture *fixture)
{
	pgb_thread_join(&fixture->thread);
	assert_false(pgb_thread_is_running(&fixture->thread));
}

static void runs_again_and_again(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 20; i++) {
		fixture->result = 0;
		start(fixture);
		assert_int_equal(fixture->result, 0);
		assert_int_equal(write(fixture->fds[1], "", 1), 1);
		join(fixture);
		assert_int_equal(fixture->result, 1);
	}
}

/* The pipe has ended if the thread does not keep its writing end open. */
static void has_one_descriptor(void **state)
{
	struct fixture *fixture = *state;
	char path[64];
	struct dirent *entry;
	int count = 0;
	DIR *fds;

	start(fixture);
	snprintf(path, sizeof(path), "/proc/self/task/%u/fd", fixture->thread.id);
	fds = opendir(path);
	assert_non_null(fds);
	while ((entry = readdir(fds)))
		count += entry->d_name[0] != '.';
	closedir(fds);
	assert_int_equal(count, 1);
	fixture->result = -1;
	close(fixture->fds[1]);
	join(fixture);
	assert_int_equal(fixture->result, 0);
}

static void keeps_its_descriptor(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	close(fixture->fds[0]);
	assert_int_equal(write(fixture->fds[1], "", 1), 1);
	join(fixture);
	assert_int_equal(fixture->result, 1);
}

static void takes_no_signals(void **state)
{
	struct fixture *fixture = *state;
	unsigned long long blocked = 0;
	char path[64], line[128];
	FILE *file;

	start(fixture);
	snprintf(path, sizeof(path), "/proc/self/task/%u/status", fixture->thread.id);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "SigBlk:", 7))
			blocked = strtoull(line + 7, NULL, 16);
	fclose(file);
	/* All but SIGKILL and SIGSTOP, those of glibc's own too. */
	assert_true(blocked == ~(1ull << 8 | 1ull << 18));
	assert_int_equal(write(fixture->fds[1], "", 1), 1);
	join(fixture);
}

static void caller_is_as_before(void **state)
{
	struct fixture *fixture = *state;
	sigset_t before, after;

	memset(&before, 0, sizeof(before));
	memset(&after, 0, sizeof(after));
	sigprocmask(SIG_BLOCK, NULL, &before);
	errno = 12345;
	start(fixture);
	assert_int_equal(write(fixture->fds[1], "", 1), 1);
	join(fixture);
	assert_int_equal(errno, 12345);
	sigprocmask(SIG_BLOCK, NULL, &after);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void child_has_none(void **state)
{
	struct fixture *fixture = *state;
	int status;
	pid_t child;

	start(fixture);
	child = fork();
	if (!child) {
		pgb_thread_forget(&fixture->thread);
		if (pgb_thread_is_running(&fixture->thread))
			_exit(1);
		pgb_thread_join(&fixture->thread);
		if (pgb_thread_start(&fixture->thread, wait_for_a_byte, fixture->fds[0],
				     (void *)&fixture->result))
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(write(fixture->fds[1], "", 1), 1);
	join(fixture);
}

static int no_clone(enum pgb_os_call call)
{
	return call == PGB_OS_CLONE ? -EAGAIN : 0;
}

static void cannot_be_had(void **state)
{
	struct fixture *fixture = *state;

	start(fixture);
	assert_int_equal(write(fixture->fds[1], "", 1), 1);
	join(fixture);
	pgb_os_set_hook(no_clone);
	assert_int_equal(pgb_thread_start(&fixture->thread, wait_for_a_byte,
					  fixture->fds[0], (void *)&fixture->result),
			 -EAGAIN);
	pgb_os_set_hook(NULL);
	assert_false(pgb_thread_is_running(&fixture->thread));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_again_and_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(has_one_descriptor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_its_descriptor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_no_signals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(caller_is_as_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(child_has_none, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cannot_be_had, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * signals.c - `pgbarrier run` and the signals of a program, with and without --stats.
 *
 * The program runs as the foreground job of a small shell on a terminal, so that Ctrl-C
 * and Ctrl-Z are what they are to a user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* Kills a test that waits for what never comes. */
#define PATIENCE 60

#define CTRL_C "\003"
#define CTRL_Z "\032"

struct terminal {
	FILE *screen; /* what the job prints */
	int keyboard;
	int statuses;	   /* int for each change of the job, as waitpid(2) has it */
	int continuations; /* a byte for each `fg` */
	pid_t shell, job;
};

/* A way to start programs, and what the shell may have left behind for them. */
struct variant {
	bool stats;
	bool sigchld_ignored;
};

static char command[4096], program[4096], preload[4096], report[4096], report_flag[4200];

/* As a shell does: what it ignores, or whoever started it, is not for the job. */
static void reset_signals(void)
{
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void run_job(const struct variant *variant, const char *argument)
{
	const char *argv[7] = {command, "run", "--log=off"};
	struct rlimit core;
	size_t count = 3;

	if (variant->stats)
		argv[count++] = report_flag;
	argv[count++] = program;
	argv[count++] = argument;
	if (variant->sigchld_ignored)
		signal(SIGCHLD, SIG_IGN);
	/* It ends even where the test failed and left it. */
	alarm(PATIENCE);
	/* The wrapper may dump a core, if it forgets not to. */
	if (!getrlimit(RLIMIT_CORE, &core)) {
		core.rlim_cur = core.rlim_max;
		setrlimit(RLIMIT_CORE, &core);
	}
	execv(command, (char **)argv);
	_exit(255);
}

/* The leader of the terminal's session: starts the job, tells of it, continues it. */
static void be_shell(const struct variant *variant, const char *argument, int statuses,
		     int continuations)
{
	int status;
	char byte;
	pid_t job;

	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (!job) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		reset_signals();
		run_job(variant, argument);
	}
	setpgid(job, job);
	if (write(statuses, &job, sizeof(job)) != sizeof(job))
		_exit(1);
	while (waitpid(job, &status, WUNTRACED) == job) {
		if (write(statuses, &status, sizeof(status)) != sizeof(status))
			_exit(1);
		if (!WIFSTOPPED(status) || read(continuations, &byte, 1) != 1)
			_exit(0);
		kill(-job, SIGCONT);
	}
	_exit(1);
}

static void need_preload(void)
{
	if (access(preload, R_OK)) {
		print_message("# the preload has not been built\n");
		skip();
	}
#ifdef __SANITIZE_ADDRESS__
	print_message("# a preload with AddressSanitizer works only in programs with it\n");
	skip();
#endif
}

static void start(struct terminal *terminal, const struct variant *variant,
		  const char *argument)
{
	/* Signals from the keyboard, and nothing else that changes what is read. */
	struct termios quiet = {.c_cflag = CS8 | CREAD, .c_lflag = ISIG | ICANON};
	int statuses[2], continuations[2];

	need_preload();
	quiet.c_cc[VINTR] = CTRL_C[0];
	quiet.c_cc[VSUSP] = CTRL_Z[0];
	assert_int_equal(pipe(statuses), 0);
	assert_int_equal(pipe(continuations), 0);
	terminal->shell = forkpty(&terminal->keyboard, NULL, &quiet, NULL);
	assert_true(terminal->shell >= 0);
	if (!terminal->shell) {
		close(statuses[0]);
		close(continuations[1]);
		be_shell(variant, argument, statuses[1], continuations[0]);
	}
	close(statuses[1]);
	close(continuations[0]);
	terminal->statuses = statuses[0];
	terminal->continuations = continuations[1];
	terminal->screen = fdopen(dup(terminal->keyboard), "r");
	assert_non_null(terminal->screen);
	assert_int_equal(read(terminal->statuses, &terminal->job, sizeof(pid_t)),
			 sizeof(pid_t));
}

static void finish(struct terminal *terminal)
{
	fclose(terminal->screen);
	close(terminal->keyboard);
	close(terminal->statuses);
	close(terminal->continuations);
	waitpid(terminal->shell, NULL, 0);
}

static void expect_line(struct terminal *terminal, const char *expected)
{
	char line[256] = "";

	if (!fgets(line, sizeof(line), terminal->screen))
		fail_msg("the program ended before it said \"%s\"", expected);
	line[strcspn(line, "\n")] = '\0';
	assert_string_equal(line, expected);
}

static void expect_signal(struct terminal *terminal, int signal)
{
	char line[32];

	snprintf(line, sizeof(line), "signal %d", signal);
	expect_line(terminal, line);
}

static void type(struct terminal *terminal, const char *keys)
{
	assert_int_equal(write(terminal->keyboard, keys, strlen(keys)), strlen(keys));
}

static int next_status(struct terminal *terminal)
{
	int status = 0;

	assert_int_equal(read(terminal->statuses, &status, sizeof(status)), sizeof(status));
	return status;
}

static void expect_exit(struct terminal *terminal, int expected)
{
	int status = next_status(terminal);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

static void expect_report(const struct variant *variant, const char *words)
{
	char text[4096] = "";
	FILE *stream;

	if (!variant->stats)
		return;
	stream = fopen(report, "r");
	assert_non_null(stream);
	assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0);
	fclose(stream);
	if (!strstr(text, words))
		fail_msg("no %s in the report: %s", words, text);
}

static void what_a_process_sends_is_passed_on(void **state)
{
	const int signals[] = {SIGTERM, SIGHUP,	  SIGUSR1,	SIGINT,
			       SIGQUIT, SIGWINCH, SIGRTMIN + 1, SIGUSR2};
	struct terminal terminal;

	start(&terminal, *state, NULL);
	expect_line(&terminal, "ready");
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		assert_int_equal(kill(terminal.job, signals[i]), 0);
		expect_signal(&terminal, signals[i]);
	}
	expect_exit(&terminal, 42);
	expect_report(*state, "\"status\": 42");
	finish(&terminal);
}

/* A second one, passed on, would come before SIGUSR2, which has the higher number. */
static void ctrl_c_reaches_the_program_once(void **state)
{
	struct terminal terminal;

	start(&terminal, *state, NULL);
	expect_line(&terminal, "ready");
	type(&terminal, CTRL_C);
	expect_signal(&terminal, SIGINT);
	assert_int_equal(kill(terminal.job, SIGUSR2), 0);
	expect_signal(&terminal, SIGUSR2);
	expect_exit(&terminal, 42);
	finish(&terminal);
}

static void a_signal_to_the_group_does_not_end_the_wrapper(void **state)
{
	struct terminal terminal;
	char line[256], interrupted[32], ended[32];

	snprintf(interrupted, sizeof(interrupted), "signal %d\n", SIGINT);
	snprintf(ended, sizeof(ended), "signal %d\n", SIGUSR2);
	start(&terminal, *state, NULL);
	expect_line(&terminal, "ready");
	assert_int_equal(kill(-terminal.job, SIGINT), 0);
	expect_signal(&terminal, SIGINT);
	assert_int_equal(kill(terminal.job, SIGUSR2), 0);
	/* Nothing tells a signal to the group from one to the wrapper, so it may repeat. */
	do
		assert_non_null(fgets(line, sizeof(line), terminal.screen));
	while (!strcmp(line, interrupted));
	assert_string_equal(line, ended);
	expect_exit(&terminal, 42);
	finish(&terminal);
}

static void ctrl_z_stops_the_job(void **state)
{
	struct terminal terminal;
	int status;

	start(&terminal, *state, NULL);
	expect_line(&terminal, "ready");
	for (int i = 0; i < 3; i++) {
		type(&terminal, CTRL_Z);
		status = next_status(&terminal);
		assert_true(WIFSTOPPED(status));
		assert_int_equal(WSTOPSIG(status), SIGTSTP);
		assert_int_equal(write(terminal.continuations, "", 1), 1);
		assert_int_equal(kill(terminal.job, SIGUSR1), 0);
		expect_signal(&terminal, SIGUSR1);
	}
	assert_int_equal(kill(terminal.job, SIGUSR2), 0);
	expect_signal(&terminal, SIGUSR2);
	expect_exit(&terminal, 42);
	finish(&terminal);
}

static void death_is_passed_on(void **state)
{
	const int signals[] = {SIGTERM, SIGSEGV, SIGKILL, SIGABRT, SIGINT, SIGPIPE};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct terminal terminal;
		char number[16], words[32];
		int status;

		snprintf(number, sizeof(number), "%d", signals[i]);
		snprintf(words, sizeof(words), "\"signal\": %d", signals[i]);
		start(&terminal, *state, number);
		status = next_status(&terminal);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_false(WCOREDUMP(status));
		expect_report(*state, words);
		finish(&terminal);
	}
}

static void an_ignored_sigchld_does_not_hide_the_status(void **state)
{
	struct variant variant = *(struct variant *)*state;
	struct terminal terminal;

	variant.sigchld_ignored = true;
	start(&terminal, &variant, NULL);
	expect_line(&terminal, "ready");
	assert_int_equal(kill(terminal.job, SIGUSR2), 0);
	expect_exit(&terminal, 42);
	finish(&terminal);
}

static int set_up(void **state)
{
	const char *build = getenv("top_builddir");

	(void)state;
	if (!build)
		build = ".";
	snprintf(command, sizeof(command), "%s/pgbarrier", build);
	snprintf(program, sizeof(program), "%s/tests/tool/signalled", build);
	snprintf(preload, sizeof(preload), "%s/.libs/pgbarrier-bdwgc.so", build);
	snprintf(report, sizeof(report), "%s/tests/tool/signals-report", build);
	snprintf(report_flag, sizeof(report_flag), "--stats=%s", report);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(report);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	alarm(PATIENCE);
	return 0;
}

static struct variant plain = {.stats = false};
static struct variant with_stats = {.stats = true};

/* clang-format off */
#define BOTH(function) \
	{#function, function, begin, NULL, &plain}, \
	{#function "_with_stats", function, begin, NULL, &with_stats}
/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_a_process_sends_is_passed_on),
		BOTH(ctrl_c_reaches_the_program_once),
		BOTH(a_signal_to_the_group_does_not_end_the_wrapper),
		BOTH(ctrl_z_stops_the_job),
		BOTH(death_is_passed_on),
		BOTH(an_ignored_sigchld_does_not_hide_the_status),
	};

	return cmocka_run_group_tests_name("signals", tests, set_up, tear_down);
}

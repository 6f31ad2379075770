/* SPDX-License-Identifier: MIT */
/*
 * harness.c - runs every case of the conformance suite over every backend.
 *
 * Each case runs in a child of its own, so that whatever one leaves behind when it fails,
 * threads, handlers or a barrier, cannot make another one fail.
 */
#include "harness.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "os/inject.h"

/* A case that hangs is a failure, however slow the machine or the checker it runs under. */
#define WATCHDOG_SECONDS "300"

#define CHECK_FAILED 99
#define SKIPPED	     77

struct planned {
	const struct conformance_case *what;
	struct pgb_backend_info backend;
	char name[160];
};

__attribute__((noreturn)) void (*check_end)(int status) = _exit;

void note(const char *format, ...)
{
	char line[512];
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(line, sizeof(line), format, list);
	va_end(list);
	if (length >= 0)
		dprintf(STDERR_FILENO, "# %s\n", line);
}

void check_failed(const char *condition, const char *file, int line)
{
	note("%s:%d: does not hold: %s", file, line, condition);
	check_end(CHECK_FAILED);
}

void check_int_at(long value, long expected, const char *what, const char *file, int line)
{
	if (value == expected)
		return;
	note("%s:%d: %s is %ld, expected %ld", file, line, what, value, expected);
	check_end(CHECK_FAILED);
}

void skip_because(const char *format, ...)
{
	va_list list;

	/* The TAP filter takes the reason from the last comment before the result. */
	va_start(list, format);
	fputs("# ", stdout);
	vprintf(format, list);
	putchar('\n');
	va_end(list);
	fflush(stdout);
	_exit(SKIPPED);
}

size_t scaled(size_t count)
{
	const char *scale = getenv("PGB_TEST_SCALE");
	unsigned long percent = scale ? strtoul(scale, NULL, 10) : 100;
	size_t result = count / 100 * percent + count % 100 * percent / 100;

	return result ? result : 1;
}

static void start_watchdog(void)
{
	const char *seconds = getenv("PGB_TEST_WATCHDOG");

	alarm((unsigned)strtoul(seconds ? seconds : WATCHDOG_SECONDS, NULL, 10));
}

pid_t child_start(child_body *body, void *arg)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		/* An alarm is not inherited; and nobody stays when a case has failed. */
		start_watchdog();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		body(arg);
		_exit(0);
	}
	check(child > 0);
	return child;
}

int child_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		check_int(errno, EINTR);
	if (WIFSIGNALED(status))
		note("the child was ended by signal %d", WTERMSIG(status));
	return status;
}

void child_run(child_body *body, void *arg)
{
	check_int(child_wait(child_start(body, arg)), 0);
}

void gate_make(struct gate *gate)
{
	check_int(pipe(gate->fds), 0);
}

void gate_open(struct gate *gate)
{
	check_int(write(gate->fds[1], "", 1), 1);
}

void gate_pass(struct gate *gate)
{
	char byte;
	ssize_t got;

	do
		got = read(gate->fds[0], &byte, 1);
	while (got < 0 && errno == EINTR);
	check_int(got, 1);
}

void gate_destroy(struct gate *gate)
{
	close(gate->fds[0]);
	close(gate->fds[1]);
}

uint64_t random_next(uint64_t *state)
{
	/* splitmix64 */
	uint64_t mixed = *state += 0x9e3779b97f4a7c15u;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
	return mixed ^ (mixed >> 31);
}

/* Is the backend among the words of PGB_TEST_BACKENDS, where that is set? */
static bool wanted(const char *name)
{
	const char *word = getenv("PGB_TEST_BACKENDS");
	size_t length = strlen(name);

	if (!word)
		return true;
	for (; *word; word += strcspn(word, " ")) {
		word += strspn(word, " ");
		if (!strncmp(word, name, length) && (!word[length] || word[length] == ' '))
			return true;
	}
	return false;
}

size_t backends_to_run(void)
{
	struct pgb_backend_info backend;
	size_t count = 0;

	for (size_t i = 0; !pgb_backend_probe(i, &backend, sizeof(backend)); i++)
		count += !backend.status && wanted(backend.name);
	return count;
}

/* cmocka's handlers would go on with its tests, in the child. */
static void default_actions(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
}

static void run_case(void *arg)
{
	const struct planned *planned = arg;

	default_actions();
	if (planned->backend.status)
		skip_because("%s", planned->backend.reason);
	planned->what->run(&planned->backend);
}

static void run_in_child(child_body *body, void *arg)
{
	int status = child_wait(child_start(body, arg));

	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

static void run_planned(void **state)
{
	run_in_child(run_case, *state);
}

static void run_plain_case(void *arg)
{
	const struct plain_case *what = arg;

	default_actions();
	what->run();
}

static void run_plain(void **state)
{
	run_in_child(run_plain_case, *state);
}

static enum pgb_os_call lacking;

static int lack(enum pgb_os_call call)
{
	return call == lacking ? -ENOTTY : 0;
}

static void lack_a_call(void)
{
	const char *name = getenv("PGB_TEST_LACKS");

	if (!name)
		return;
	while (lacking < PGB_OS_CALLS && strcmp(name, pgb_os_call_name(lacking)))
		lacking++;
	/* A name that is none must not pass for a call that is not missed. */
	if (lacking == PGB_OS_CALLS)
		abort();
	pgb_os_set_hook(lack);
}

static size_t plan_backend(struct planned *plan, const struct pgb_backend_info *backend,
			   const struct conformance_case *cases, size_t count)
{
	uint32_t traits = backend->capabilities;
	size_t planned = 0;

	if (!(traits & PGB_CAP_ANY_MEMORY))
		traits |= NEEDS_OWN_MEMORY;
	for (size_t i = 0; i < count; i++) {
		if (cases[i].needs & ~traits)
			continue;
		plan[planned].what = &cases[i];
		plan[planned].backend = *backend;
		snprintf(plan[planned].name, sizeof(plan[planned].name), "%s: %s",
			 backend->name, cases[i].name);
		planned++;
	}
	return planned;
}

/* All of them if it is not set. */
static void restrict_cases(void)
{
	cmocka_set_test_filter(getenv("PGB_TEST_CASES"));
}

int conformance_main(const char *topic, const struct conformance_case *cases, size_t count)
{
	size_t backends = pgb_backend_count();
	struct planned *plan = calloc(backends * count, sizeof(*plan));
	struct CMUnitTest *tests = calloc(backends * count, sizeof(*tests));
	struct pgb_backend_info backend;
	size_t planned = 0;
	int failures;

	start_watchdog();
	lack_a_call();
	if (!plan || !tests)
		abort();
	for (size_t i = 0; i < backends; i++) {
		if (pgb_backend_probe(i, &backend, sizeof(backend)))
			abort();
		if (wanted(backend.name))
			planned += plan_backend(plan + planned, &backend, cases, count);
	}
	for (size_t i = 0; i < planned; i++)
		tests[i] = (struct CMUnitTest){
			.name = plan[i].name,
			.test_func = run_planned,
			.initial_state = &plan[i],
		};
	restrict_cases();
	failures = _cmocka_run_group_tests(topic, tests, planned, NULL, NULL);
	free(tests);
	free(plan);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void run_moded_case(void *arg)
{
	const struct moded_case *what = arg;

	default_actions();
	what->run(what->mode);
}

static void run_moded(void **state)
{
	run_in_child(run_moded_case, *state);
}

/* Cases are `size` bytes each, and begin with their name. */
static int run_group(const char *topic, const void *cases, size_t size, size_t count,
		     CMUnitTestFunction run)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	int failures;

	start_watchdog();
	if (!tests)
		abort();
	for (size_t i = 0; i < count; i++) {
		const char *one = (const char *)cases + i * size;

		tests[i] = (struct CMUnitTest){
			.name = *(const char *const *)one,
			.test_func = run,
			.initial_state = (void *)one,
		};
	}
	restrict_cases();
	failures = _cmocka_run_group_tests(topic, tests, count, NULL, NULL);
	free(tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

int plain_main(const char *topic, const struct plain_case *cases, size_t count)
{
	return run_group(topic, cases, sizeof(*cases), count, run_plain);
}

int moded_main(const char *topic, const struct moded_case *cases, size_t count)
{
	return run_group(topic, cases, sizeof(*cases), count, run_moded);
}

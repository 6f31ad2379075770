/* SPDX-License-Identifier: MIT */
/* bench.c - `pgbarrier bench`: run suites of benchmarks, and put their results in one file.
 */
#include <argp.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/beside.h"
#include "tool/json.h"
#include "tool/output.h"
#include "tool/supervise.h"
#include "tool/tool.h"

#define SUITES (sizeof(suites) / sizeof(*suites))

/* In the order in which all of them are run. */
static const char *const suites[] = {"primitives", "gc", "programs"};

struct wishes {
	const char *suite; /* NULL: all */
	const char *json;  /* the file for the results; NULL: none */
	bool quick;
};

/* What the suites that have run left behind. */
struct session {
	const struct wishes *wishes;
	json_t *document; /* of the first suite, with the runs of all; NULL: no results */
	bool failed;	  /* one of them, or it was not there */
	int signal;	  /* the wait status of the suite that one ended; 0: none */
	sigset_t mask;	  /* ours; everything is blocked once a suite has run */
};

enum { KEY_JSON = 256, KEY_QUICK };

static const struct argp_option options[] = {
	{.name = "json",
	 .key = KEY_JSON,
	 .arg = "FILE",
	 .doc = "Also write the results to FILE, for `pgbarrier report'; - is standard "
		"output, and what is printed for people goes to standard error then."},
	{.name = "quick",
	 .key = KEY_QUICK,
	 .doc = "Less of everything: a minute or so for each suite."},
	{0},
};

static const char explanation[] =
	"Measure what write barriers cost on this machine, and print tables of ratios."
	"\v"
	"  primitives   first writes, harvests, and what they are made of, by backend\n"
	"  gc           programs on libgc: time, pauses, utilisation, by configuration\n"
	"  programs     the same with programs that people use\n"
	"\n"
	"Without SUITE all of them run, one after the other.  Leave the machine alone "
	"meanwhile; how much of it others had is in the results.\n"
	"\n"
	"The exit status is 0 if every suite did what it should, 1 if one could not or is "
	"missing, and 2 after a wrong option.";

static bool is_suite(const char *name)
{
	for (size_t i = 0; i < SUITES; i++)
		if (!strcmp(suites[i], name))
			return true;
	return false;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct wishes *wishes = state->input;

	switch (key) {
	case KEY_JSON:
		wishes->json = argument;
		return 0;
	case KEY_QUICK:
		wishes->quick = true;
		return 0;
	case ARGP_KEY_ARG:
		if (wishes->suite)
			argp_error(state, "one suite at a time, or none for all of them");
		if (!is_suite(argument))
			argp_error(state,
				   "no suite is called '%s'; there are primitives, gc and "
				   "programs",
				   argument);
		wishes->suite = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The program of a suite: of this build tree, or installed. */
static bool find_suite(const char *suite, char path[PATH_MAX])
{
	char name[64], built[PATH_MAX];

	snprintf(name, sizeof(name), "bench/%s/%s", suite, suite);
	pgb_beside(name, path);
	if (!access(path, X_OK))
		return true;
	memcpy(built, path, PATH_MAX);
	snprintf(path, PATH_MAX, PKGLIBEXECDIR "/bench/%s", suite);
	if (!access(path, X_OK))
		return true;
	pgb_say("the suite %s is missing; looked for %s and %s; build or install it", suite,
		built, path);
	return false;
}

/* Does a signal wait that will end us? */
static bool signal_waits(void)
{
	static const int fatal[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t pending;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		if (sigismember(&pending, fatal[i]))
			return true;
	return false;
}

/* A suite that ends before it has results leaves none: it has said why. */
static void take_results(struct session *session, const char *suite, int fd)
{
	struct stat file;
	json_t *document;

	if (!fstat(fd, &file) && !file.st_size)
		return;
	document = json_loadfd(fd, 0, NULL);
	if (!json_is_array(json_object_get(document, "runs"))) {
		pgb_say("the suite %s wrote no results that can be read", suite);
		session->failed = true;
	} else if (!session->document) {
		session->document = json_incref(document);
	} else if (json_array_extend(json_object_get(session->document, "runs"),
				     json_object_get(document, "runs"))) {
		pgb_say("no memory for the results");
		session->failed = true;
	}
	json_decref(document);
}

static void note_signal(struct session *session, const char *suite, int status)
{
	session->signal = status;
	/* It may have been in the middle of a line of progress. */
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	pgb_say("the suite %s was ended by signal %d (%s)", suite, WTERMSIG(status),
		strsignal(WTERMSIG(status)));
}

static void supervise(struct session *session, const char *suite, char **argv)
{
	int status;
	int err = pgb_supervise(argv, &status);

	if (err)
		pgb_say("cannot start a process: %s", strerror(-err));
	else if (WIFSIGNALED(status))
		note_signal(session, suite, status);
	session->failed |= err || status;
}

static void run_suite(struct session *session, const char *suite)
{
	const struct wishes *wishes = session->wishes;
	char path[PATH_MAX], option[32];
	char *argv[4] = {path};
	int argc = 1, results = -1;

	if (!find_suite(suite, path)) {
		session->failed = true;
		return;
	}
	if (wishes->quick)
		argv[argc++] = "--quick";
	if (wishes->json) {
		/* Memory that is gone with its last descriptor, however we end. */
		results = memfd_create("results", 0);
		if (results < 0) {
			pgb_say("no room for the results: %s", strerror(errno));
			session->failed = true;
			return;
		}
		snprintf(option, sizeof(option), "--json=/dev/fd/%d", results);
		argv[argc] = option;
	}
	supervise(session, suite, argv);
	if (results >= 0) {
		take_results(session, suite, results);
		close(results);
	}
}

static void run_suites(struct session *session)
{
	const char *only = session->wishes->suite;

	sigprocmask(SIG_SETMASK, NULL, &session->mask);
	for (size_t i = 0; i < SUITES && !session->signal; i++) {
		if (only && strcmp(only, suites[i]))
			continue;
		if (signal_waits())
			break;
		sigprocmask(SIG_SETMASK, &session->mask, NULL);
		run_suite(session, suites[i]);
	}
}

static int write_results(struct session *session, struct pgb_output *output)
{
	char *text;
	int err;

	if (!session->document) {
		pgb_output_cancel(output);
		return 0;
	}
	text = json_dumps(session->document, JSON_INDENT(1) | PGB_JSON_NUMBERS);
	if (!text) {
		pgb_say("no memory for the results");
		pgb_output_cancel(output);
		return -ENOMEM;
	}
	err = pgb_output_finish(output, text);
	free(text);
	return err;
}

static int open_output(struct pgb_output *output, const char *name)
{
	bool is_stdout = !strcmp(name, "-");
	int err = pgb_output_open(output, is_stdout ? "/dev/stdout" : name);

	/* What suites print for people must not get in between. */
	if (!err && is_stdout && dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
		err = -errno;
		pgb_say("cannot redirect standard output: %s", strerror(-err));
		pgb_output_cancel(output);
	}
	return err;
}

int pgb_bench(int argc, char **argv)
{
	const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[SUITE]",
		.doc = explanation,
	};
	struct wishes wishes = {0};
	struct session session = {.wishes = &wishes};
	struct pgb_output output;

	if (argp_parse(&argp, argc, argv, 0, NULL, &wishes))
		return PGB_EXIT_USAGE;
	if (wishes.json && open_output(&output, wishes.json))
		return PGB_EXIT_FAILED;
	run_suites(&session);
	if (wishes.json)
		session.failed |= write_results(&session, &output);
	json_decref(session.document);
	if (session.signal)
		return pgb_end_like(session.signal);
	/* A signal that waits ends us here, with the results written. */
	sigprocmask(SIG_SETMASK, &session.mask, NULL);
	return session.failed ? PGB_EXIT_FAILED : PGB_EXIT_OK;
}

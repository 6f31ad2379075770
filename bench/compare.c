/* SPDX-License-Identifier: MIT */
/*
 * compare.c - programs with stock libgc and under pgbarrier, side by side in one table.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "cpu_time.h"
#include "experiment.h"
#include "measure.h"
#include "number_option.h"
#include "programs.h"
#include "summary.h"

#define QUICK_SECONDS	   125
#define QUICK_ROUNDS	   3
#define QUICK_RUN_LIMIT	   30
#define FULL_ROUNDS	   5
#define FULL_RUN_LIMIT	   600
#define NS_PER_SECOND	   UINT64_C(1000000000)
#define STATUS_INTERRUPTED 130

struct options {
	bool full;
	unsigned rounds; /* 0: the default */
	char *pgbarrier; /* NULL: the one in the parent of our own directory */
};

struct places {
	char own[PATH_MAX]; /* directory of this program */
	char *pgbarrier;
	char scratch[PATH_MAX]; /* a directory for reports */
	char report[PATH_MAX + 16];
};

static int find_own_directory(struct places *places)
{
	ssize_t length = readlink("/proc/self/exe", places->own, sizeof(places->own) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	places->own[length] = '\0';
	slash = strrchr(places->own, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

static int find_pgbarrier(struct places *places, const struct options *options)
{
	struct stat stat_buffer;
	int length = options->pgbarrier
			     ? asprintf(&places->pgbarrier, "%s", options->pgbarrier)
			     : asprintf(&places->pgbarrier, "%s/../pgbarrier", places->own);

	if (length < 0) {
		places->pgbarrier = NULL;
		return -ENOMEM;
	}
	if (!access(places->pgbarrier, X_OK) && !stat(places->pgbarrier, &stat_buffer) &&
	    S_ISREG(stat_buffer.st_mode))
		return 0;
	fprintf(stderr,
		"compare: there is no pgbarrier at %s.  Build it with `make`, or say with "
		"--pgbarrier=PATH where it is.\n",
		places->pgbarrier);
	return -ENOENT;
}

static int make_scratch(struct places *places)
{
	const char *parent = getenv("TMPDIR");
	int err;

	if (!parent || !*parent)
		parent = P_tmpdir;
	snprintf(places->scratch, sizeof(places->scratch), "%s/pgbarrier-compare-XXXXXX",
		 parent);
	if (!mkdtemp(places->scratch)) {
		err = -errno;
		fprintf(stderr, "compare: cannot make a directory in %s: %s\n", parent,
			strerror(-err));
		*places->scratch = '\0';
		return err;
	}
	snprintf(places->report, sizeof(places->report), "%s/report.json", places->scratch);
	return 0;
}

static void leave_places(struct places *places)
{
	if (*places->scratch) {
		unlink(places->report);
		rmdir(places->scratch);
	}
	free(places->pgbarrier);
}

static int run_programs(struct experiment *experiment, struct program programs[PROGRAMS],
			bool full)
{
	uint64_t end = now_ns() + QUICK_SECONDS * NS_PER_SECOND;
	unsigned left = 0;
	int err = 0;

	for (unsigned i = 0; i < PROGRAMS; i++)
		left += programs[i].configurations != 0;
	for (unsigned i = 0; !err && i < PROGRAMS; i++) {
		uint64_t now = now_ns();

		if (!programs[i].configurations)
			continue;
		/* Time that a program leaves goes to those after it. */
		experiment->deadline =
			full ? UINT64_MAX : now + (end > now ? end - now : 0) / left;
		left--;
		err = experiment_run(experiment, &programs[i]);
	}
	return err;
}

/* Did all that ran under pgbarrier end well? */
static bool all_sound(const struct program programs[PROGRAMS])
{
	unsigned unsound = 0;

	for (unsigned i = 0; i < PROGRAMS; i++) {
		for (unsigned id = DESIGN_A; id < CONFIGURATIONS; id++)
			unsound += programs[i].cells[id].unsound;
	}
	return !unsound;
}

/* Another benchmark, which prints its own figures. */
static int run_benchmark(const char *const *argv)
{
	struct child_result result;
	int err;

	printf("\n");
	fflush(stdout);
	err = child_run(&(struct child_request){.argv = argv, .show_output = true},
			&result);
	return err ? err : result.status ? -EIO : 0;
}

static int run_other_benchmarks(const struct places *places)
{
	char build[PATH_MAX + 32];
	const char *primitives[] = {places->pgbarrier, "bench", "primitives", "--quick",
				    NULL};
	const char *off_cost[] = {BENCH_SOURCE_DIR "/off-cost.sh", build, NULL};
	int failed = run_benchmark(primitives), err;

	if (failed == -EINTR)
		return failed;
	snprintf(build, sizeof(build), "%s/..", places->own);
	err = run_benchmark(off_cost);
	if (err == -EINTR)
		return err;
	return failed || err ? -EIO : 0;
}

static int compare(const struct options *options, struct places *places)
{
	struct experiment experiment = {
		.pgbarrier = places->pgbarrier,
		.report_path = places->report,
		.stock_is_soft_dirty = kernel_has_soft_dirty(),
		.run_limit = options->full ? FULL_RUN_LIMIT : QUICK_RUN_LIMIT,
	};
	static struct program programs[PROGRAMS];
	unsigned rounds = options->rounds;
	struct cpu_time begin;
	int err;

	if (!rounds)
		rounds = options->full ? FULL_ROUNDS : QUICK_ROUNDS;
	programs_fill(programs, places->own, options->full, rounds);
	begin = cpu_time_now();
	err = run_programs(&experiment, programs, options->full);
	experiment.others_share = cpu_time_of_others(&begin);
	if (err)
		goto out;
	print_comparison(&experiment, programs);
	print_figures(&experiment, programs);
	if (options->full)
		err = run_other_benchmarks(places);
	if (!err && !all_sound(programs))
		err = -EIO;
out:
	programs_free(programs);
	return err;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'q':
		options->full = false;
		return 0;
	case 'f':
		options->full = true;
		return 0;
	case 'r':
		options->rounds =
			number_option(state, "rounds", argument, 1, MAXIMUM_ROUNDS);
		return 0;
	case 'p':
		options->pgbarrier = argument;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: compare takes no arguments", argument);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"quick", 'q', NULL, 0, "The main programs, in under three minutes (default)", 0},
	{"full", 'f', NULL, 0,
	 "Every figure: also design B, bounded pauses at 700 MB, a heap of 1.5 GB, and the "
	 "other benchmarks; takes ten minutes",
	 0},
	{"rounds", 'r', "N", 0,
	 "Rounds of each program, fewer if --quick has no time (3; 5)", 0},
	{"pgbarrier", 'p', "PATH", 0, "The pgbarrier command to use (the one built here)",
	 0},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Run programs by turns with stock libgc, with stock incremental libgc and "
	       "under "
	       "pgbarrier, and print one table.\v"
	       "Exit status: 0 all programs ended well under pgbarrier (a crash of stock "
	       "libgc "
	       "is shown, and is no failure), 1 one did not or could not be run, 2 wrong "
	       "usage.",
};

int main(int argc, char **argv)
{
	struct options options = {0};
	struct places places = {0};
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	child_prepare();
	err = find_own_directory(&places);
	if (!err)
		err = find_pgbarrier(&places, &options);
	if (!err)
		err = make_scratch(&places);
	if (!err)
		err = compare(&options, &places);
	leave_places(&places);
	if (err == -EINTR)
		return STATUS_INTERRUPTED;
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

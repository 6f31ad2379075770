/* SPDX-License-Identifier: MIT */
/*
 * workload.c - what the programs that load the collector have in common.
 */
#include "workload.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "number_option.h"
#include "primitives/cpus.h"

#define LARGEST_MIB	 65536
#define LARGEST_TURNOVER 100000

static struct cpus cpus;

struct request {
	struct workload workload;
	void *input; /* for the program's own parser */
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;
	struct workload *workload = &request->workload;

	switch (key) {
	case 'm':
		workload->mib = number_option(state, "mib", argument, 1, LARGEST_MIB);
		return 0;
	case 't':
		workload->turnover =
			number_option(state, "turnover", argument, 0, LARGEST_TURNOVER);
		return 0;
	case 's':
		workload->seed = number_option(state, "seed", argument, 0, UINT64_MAX);
		return 0;
	case ARGP_KEY_INIT:
		if (request->input)
			state->child_inputs[0] = request->input;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: %s takes no arguments", argument,
			   program_invocation_short_name);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"mib", 'm', "N", 0, "MiB to keep alive (64)", 0},
	{"turnover", 't', "N", 0, "Allocate N times of that in all (8)", 0},
	{"seed", 's', "N", 0, "Seed of the random numbers (1)", 0},
	{0},
};

struct workload workload_start(int argc, char **argv, const char *doc,
			       const struct argp *own, void *input)
{
	const struct argp_child children[] = {{.argp = own}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = doc,
		.children = children,
	};
	struct request request = {
		.workload = {.mib = 64, .turnover = 8, .seed = 1},
		.input = input,
	};

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	cpus_find(&cpus);
	GC_INIT();
	return request.workload;
}

void *new_object(size_t size)
{
	void *object = GC_MALLOC(size);

	if (!object)
		die("out of memory");
	return object;
}

void *new_plain(size_t size)
{
	void *object = GC_MALLOC_ATOMIC(size);

	if (!object)
		die("out of memory");
	return object;
}

void *new_unscanned(size_t count, size_t size)
{
	void *memory = mmap(NULL, count * size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("out of memory for the record of what is alive");
	return memory;
}

void pin_thread(unsigned number)
{
	cpus_pin(&cpus, pthread_self(), number % cpus.count);
}

__attribute__((format(printf, 2, 0))) static void
complain(const char *what, const char *format, va_list values)
{
	fprintf(stderr, "%s: %s", program_invocation_short_name, what);
	vfprintf(stderr, format, values);
	fprintf(stderr, "\n");
}

void die(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	complain("", format, values);
	va_end(values);
	exit(EXIT_FAILURE);
}

void damage(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	complain("damage: ", format, values);
	va_end(values);
	exit(EXIT_FAILURE);
}

void report(uint64_t count, const char *things, uint64_t checksum)
{
	printf("%s: %" PRIu64 " %s, checksum %016" PRIx64 "\n",
	       program_invocation_short_name, count, things, checksum);
}

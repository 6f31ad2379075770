/* SPDX-License-Identifier: MIT */
/*
 * shadow.c - mutate a shadowed heap and tell whether the collector damaged it.
 *
 * Exits 0 if every object was as its shadow says at all times, 1 with a line about the
 * first that was not.  Which kind of collection runs is up to the environment, or to
 * --incremental and --late.
 */
#include <argp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

/* All of an owner's part is checked this many times in a run. */
#define CHECKS 25

/* With --rest, so many operations are followed by a millisecond of sleep. */
#define OPERATIONS_PER_REST 200
#define REST_NS		    1000000

struct options {
	unsigned mib;
	unsigned threads;
	unsigned long operations; /* of all threads together */
	unsigned long seed;
	unsigned long pause; /* ms; 0: not bounded */
	bool incremental;
	bool late;
	bool rest;
};

struct mutator {
	pthread_t thread;
	struct shadow_heap *heap;
	unsigned long operations;
	unsigned owner;
	bool rests;
};

static unsigned long number(const char *text, unsigned long maximum,
			    struct argp_state *state)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value > maximum)
		argp_error(state, "'%s' is no number from 0 to %lu", text, maximum);
	return value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'm':
		options->mib = number(argument, 1 << 14, state);
		break;
	case 't':
		options->threads = number(argument, SHADOW_OWNERS, state);
		if (!options->threads)
			argp_error(state, "no threads");
		break;
	case 'o':
		options->operations = number(argument, 1ul << 40, state);
		break;
	case 's':
		options->seed = number(argument, 1ul << 40, state);
		break;
	case 'i':
		options->incremental = true;
		options->pause = argument ? number(argument, 10000, state) : 0;
		break;
	case 'l':
		options->late = true;
		break;
	case 'r':
		options->rest = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option flags[] = {
	{"mib", 'm', "N", 0, "MiB of live objects (16)", 0},
	{"threads", 't', "N", 0, "mutating threads (1)", 0},
	{"operations", 'o', "N", 0, "mutations of all threads together (600000)", 0},
	{"seed", 's', "N", 0, "of the random numbers (1)", 0},
	{"incremental", 'i', "MS", OPTION_ARG_OPTIONAL,
	 "call GC_enable_incremental(), with stops of at most MS", 0},
	{"late", 'l', NULL, 0, "do so only when the threads are running", 0},
	{"rest", 'r', NULL, 0, "sleep now and then", 0},
	{0},
};

static const struct argp argp = {
	.options = flags,
	.parser = parse,
	.doc = "Mutate a shadowed heap and tell whether the collector damaged it.",
};

static void mutate_and_rest(const struct mutator *mutator, unsigned long operations)
{
	static const struct timespec rest = {.tv_nsec = REST_NS};
	unsigned long some;

	for (; operations; operations -= some) {
		if (mutator->rests && operations > OPERATIONS_PER_REST)
			some = OPERATIONS_PER_REST;
		else
			some = operations;
		shadow_heap_mutate(mutator->heap, mutator->owner, some);
		if (mutator->rests)
			nanosleep(&rest, NULL);
	}
}

static void *mutate(void *argument)
{
	struct mutator *mutator = argument;
	int i;

	for (i = 0; i < CHECKS; i++) {
		mutate_and_rest(mutator, mutator->operations / CHECKS);
		shadow_heap_check(mutator->heap, mutator->owner);
	}
	return NULL;
}

static void enable_incremental(const struct options *options)
{
	if (options->pause)
		GC_set_time_limit(options->pause);
	GC_enable_incremental();
}

int main(int argc, char **argv)
{
	struct options options = {.mib = 16, .threads = 1, .operations = 600000, .seed = 1};
	struct mutator mutators[SHADOW_OWNERS];
	struct shadow_heap *heap;
	unsigned i;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	GC_INIT();
	GC_allow_register_threads();
	if (options.incremental && !options.late)
		enable_incremental(&options);
	heap = shadow_heap_create(options.mib, options.threads, options.seed);
	for (i = 0; i < options.threads; i++) {
		mutators[i] = (struct mutator){
			.heap = heap,
			.owner = i,
			.operations = options.operations / options.threads,
			.rests = options.rest,
		};
		if (pthread_create(&mutators[i].thread, NULL, mutate, &mutators[i])) {
			perror("shadow: pthread_create");
			return EXIT_FAILURE;
		}
	}
	if (options.late)
		enable_incremental(&options);
	for (i = 0; i < options.threads; i++)
		pthread_join(mutators[i].thread, NULL);
	printf("no damage in %lu operations and %lu collections\n", options.operations,
	       (unsigned long)GC_get_gc_no());
	return EXIT_SUCCESS;
}

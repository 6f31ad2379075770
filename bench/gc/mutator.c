/* SPDX-License-Identifier: MIT */
/*
 * mutator.c - random writes to an old heap that stays alive.
 *
 * Each thread owns a binary tree of nodes and keeps allocating short-lived objects;
 * between allocations it picks nodes of the tree at random and stores pointers into
 * them: to a leaf made just now, or by exchanging two leaves.  What a leaf should hold
 * is written down outside of the collector's sight, so a leaf or a node that the
 * collector frees too early, because it did not learn of a write, is found at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "number_option.h"
#include "prng.h"
#include "skew.h"
#include "workload.h"

#define NUMBERS_PER_NODE     11
#define YOUNG_OBJECTS	     256  /* short-lived objects that a thread holds on to */
#define YOUNG_WORDS	     128  /* size of the largest one */
#define OPERATIONS_PER_CLOCK 1024 /* between two looks at the time */
#define BYTES_PER_OPERATION  ((1 + YOUNG_WORDS) / 2 * sizeof(void *)) /* on average */
/* libgc rounds a node up to 128 bytes and a leaf to 16. */
#define BYTES_PER_NODE (128 + 16)

struct leaf {
	uint32_t stamp, complement;
};

struct node {
	struct node *left, *right;
	struct leaf *leaf;
	size_t index;
	size_t numbers[NUMBERS_PER_NODE]; /* the index, too: most of an object is no pointer
					   */
};

struct options {
	unsigned threads;
	unsigned seconds;    /* 0: stop after `operations` */
	uint64_t operations; /* allocations of all threads together */
	unsigned rate;	     /* pointer mutations per 1000 allocations */
	struct skew skew;    /* of the nodes that they are made to */
};

struct mutator {
	pthread_t thread;
	const struct options *options;
	struct prng prng;
	struct skewed skewed;
	struct node *root; /* the only way by which the collector reaches the tree */
	size_t nodes;
	void *young[YOUNG_OBJECTS];
	uint64_t operations;
	/* Not scanned by the collector; node addresses are kept inverted all the same. */
	uintptr_t *hidden;
	uint32_t *stamp;
	uint32_t *index_at; /* of the node that was allocated first, second, ... */
	uint64_t lost_nodes, lost_leaves;
	uint64_t checksum;
};

/* A root of the collector: every tree hangs off this array. */
static struct mutator mutators[WORKLOAD_THREADS];
static pthread_barrier_t all_built;

static struct leaf *new_leaf(uint32_t stamp)
{
	struct leaf *leaf = new_object(sizeof(*leaf));

	leaf->stamp = stamp;
	leaf->complement = ~stamp;
	return leaf;
}

static struct node *node_at(const struct mutator *mutator, size_t index)
{
	return index < mutator->nodes ? (struct node *)~mutator->hidden[index] : NULL;
}

static void allocate_nodes(struct mutator *mutator)
{
	for (size_t i = 0; i < mutator->nodes; i++) {
		struct node *node = new_object(sizeof(*node));

		node->index = i; /* where it is, until it is linked */
		mutator->hidden[i] = ~(uintptr_t)node;
	}
}

/* An old heap has lost the order in which it was allocated. */
static void shuffle_nodes(struct mutator *mutator)
{
	for (size_t i = mutator->nodes - 1; i > 0; i--) {
		size_t other = prng_below(&mutator->prng, i + 1);
		uintptr_t hidden = mutator->hidden[i];

		mutator->hidden[i] = mutator->hidden[other];
		mutator->hidden[other] = hidden;
	}
}

static void link_nodes(struct mutator *mutator)
{
	for (size_t i = 0; i < mutator->nodes; i++) {
		struct node *node = node_at(mutator, i);

		mutator->index_at[node->index] = (uint32_t)i;
		node->index = i;
		node->left = node_at(mutator, 2 * i + 1);
		node->right = node_at(mutator, 2 * i + 2);
		for (unsigned number = 0; number < NUMBERS_PER_NODE; number++)
			node->numbers[number] = i;
		mutator->stamp[i] = (uint32_t)prng_next(&mutator->prng);
		node->leaf = new_leaf(mutator->stamp[i]);
	}
	mutator->root = node_at(mutator, 0);
}

/*
 * Collection is off meanwhile: nodes are not reachable before they are linked, and
 * what is to be measured is collections of the whole heap, not of its growth.
 */
static void build_tree(struct mutator *mutator)
{
	GC_disable();
	allocate_nodes(mutator);
	shuffle_nodes(mutator);
	link_nodes(mutator);
	GC_enable();
	pthread_barrier_wait(&all_built);
}

/* Of indices, which are anywhere in memory, some may be frequent; or places next to others.
 */
static uint32_t pick(struct mutator *mutator)
{
	uint32_t picked = skewed_next(&mutator->skewed, &mutator->prng);

	return mutator->skewed.skew.kind == CLUSTERED ? mutator->index_at[picked] : picked;
}

static void replace_leaf(struct mutator *mutator)
{
	uint32_t index = pick(mutator);
	uint32_t stamp = (uint32_t)prng_next(&mutator->prng);

	node_at(mutator, index)->leaf = new_leaf(stamp);
	mutator->stamp[index] = stamp;
}

static void exchange_leaves(struct mutator *mutator)
{
	uint32_t a = pick(mutator), b = pick(mutator);
	struct node *node_a = node_at(mutator, a), *node_b = node_at(mutator, b);
	struct leaf *leaf = node_a->leaf;
	uint32_t stamp = mutator->stamp[a];

	node_a->leaf = node_b->leaf;
	node_b->leaf = leaf;
	mutator->stamp[a] = mutator->stamp[b];
	mutator->stamp[b] = stamp;
}

static bool time_is_up(const struct mutator *mutator, const struct timespec *end)
{
	struct timespec now;

	if (mutator->operations % OPERATIONS_PER_CLOCK)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

static bool finished(const struct mutator *mutator, const struct timespec *end)
{
	const struct options *options = mutator->options;

	if (options->seconds)
		return time_is_up(mutator, end);
	return mutator->operations >= options->operations / options->threads;
}

static void mutate(struct mutator *mutator)
{
	struct prng *prng = &mutator->prng;
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += mutator->options->seconds;
	for (uint64_t due = 0; !finished(mutator, &end); mutator->operations++) {
		uint32_t words = 1 + prng_below(prng, YOUNG_WORDS);

		mutator->young[mutator->operations % YOUNG_OBJECTS] =
			new_object(words * sizeof(void *));
		for (due += mutator->options->rate; due >= 1000; due -= 1000) {
			if (prng_below(prng, 2))
				replace_leaf(mutator);
			else
				exchange_leaves(mutator);
		}
	}
}

static bool node_is_sound(const struct mutator *mutator, size_t index)
{
	const struct node *node = node_at(mutator, index);

	for (unsigned i = 0; i < NUMBERS_PER_NODE; i++) {
		if (node->numbers[i] != index)
			return false;
	}
	return node->index == index && node->left == node_at(mutator, 2 * index + 1) &&
	       node->right == node_at(mutator, 2 * index + 2);
}

static void check_node(struct mutator *mutator, size_t index)
{
	uint32_t stamp = mutator->stamp[index];
	const struct leaf *leaf;

	mutator->checksum = prng_mix(mutator->checksum ^ stamp);
	if (!node_is_sound(mutator, index)) {
		mutator->lost_nodes++;
		return; /* its leaf may be anything */
	}
	leaf = node_at(mutator, index)->leaf;
	if (leaf->stamp != stamp || leaf->complement != ~stamp)
		mutator->lost_leaves++;
}

static void *run_mutator(void *argument)
{
	struct mutator *mutator = argument;

	pin_thread((unsigned)(mutator - mutators));
	build_tree(mutator);
	mutate(mutator);
	for (size_t i = 0; i < mutator->nodes; i++)
		check_node(mutator, i);
	return NULL;
}

static void start_mutator(struct mutator *mutator, const struct options *options,
			  const struct workload *workload)
{
	struct prng seed = {workload->seed + (uint64_t)(mutator - mutators)};

	mutator->options = options;
	mutator->prng.state = prng_next(&seed);
	mutator->nodes = workload_bytes(workload) / BYTES_PER_NODE / options->threads;
	skewed_init(&mutator->skewed, &options->skew, (uint32_t)mutator->nodes);
	mutator->hidden = new_unscanned(mutator->nodes, sizeof(*mutator->hidden));
	mutator->stamp = new_unscanned(mutator->nodes, sizeof(*mutator->stamp));
	mutator->index_at = new_unscanned(mutator->nodes, sizeof(*mutator->index_at));
	errno = pthread_create(&mutator->thread, NULL, run_mutator, mutator);
	if (errno)
		die("cannot start a thread");
}

static void report_all(unsigned threads)
{
	uint64_t operations = 0, lost_nodes = 0, lost_leaves = 0, checksum = 0;

	for (unsigned i = 0; i < threads; i++) {
		operations += mutators[i].operations;
		lost_nodes += mutators[i].lost_nodes;
		lost_leaves += mutators[i].lost_leaves;
		checksum = prng_mix(checksum ^ mutators[i].checksum);
	}
	report(operations, "allocations", checksum);
	if (lost_nodes || lost_leaves)
		damage("%" PRIu64 " old nodes and %" PRIu64 " leaves were lost", lost_nodes,
		       lost_leaves);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'T':
		options->threads =
			number_option(state, "threads", argument, 1, WORKLOAD_THREADS);
		return 0;
	case 'S':
		options->seconds = number_option(state, "seconds", argument, 1, 86400);
		return 0;
	case 'o':
		options->operations =
			number_option(state, "operations", argument, 1, UINT64_MAX);
		return 0;
	case 'r':
		options->rate = number_option(state, "rate", argument, 0, 1000000);
		return 0;
	case 'k':
		if (!skew_parse(&options->skew, argument))
			argp_error(state,
				   "--skew=%s: give uniform, clustered or zipf:EXPONENT, "
				   "the exponent above 0 and at most 10",
				   argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"threads", 'T', "N", 0, "Threads; each owns its share of the heap (1)", 0},
	{"operations", 'o', "N", 0,
	 "Allocations of all threads together, whatever --turnover says", 0},
	{"seconds", 'S', "N", 0, "Run for that long instead; the checksum then varies", 0},
	{"rate", 'r', "N", 0, "Pointers stored into the old heap per 1000 allocations (35)",
	 0},
	{"skew", 'k', "HOW", 0,
	 "Which old objects they are stored into: uniform, clustered or zipf:EXPONENT "
	 "(uniform)",
	 0},
	{0},
};

int main(int argc, char **argv)
{
	static const struct argp own = {.options = option_table, .parser = parse_option};
	struct options options = {.threads = 1, .rate = 35};
	struct workload workload = workload_start(
		argc, argv,
		"Keep a heap of linked objects alive, write to it at random between "
		"allocations, and check at the end that nothing was lost.",
		&own, &options);

	if (!options.operations)
		options.operations =
			workload_bytes(&workload) / BYTES_PER_OPERATION * workload.turnover;
	pthread_barrier_init(&all_built, NULL, options.threads);
	for (unsigned i = 0; i < options.threads; i++)
		start_mutator(&mutators[i], &options, &workload);
	for (unsigned i = 0; i < options.threads; i++)
		pthread_join(mutators[i].thread, NULL);
	report_all(options.threads);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * gcbench.c - trees that live long and trees that die young, after the idea of the
 * benchmark known as GCBench.
 *
 * A large tree and an array of numbers stay alive while ever deeper trees are built
 * and dropped: top-down, which stores new objects into older ones, and bottom-up,
 * which does not.  For a given number of nodes, the deeper the trees the longer each
 * lives.  Every tree is checked node by node before it is dropped.
 */
#define GC_THREADS
#include <argp.h>
#include <errno.h>
#include <gc.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "number_option.h"
#include "prng.h"

#define MINIMUM_DEPTH 4
#define MAXIMUM_DEPTH 26

struct tree {
	struct tree *left, *right;
	uint64_t stamp; /* follows from the stamp of the parent */
};

struct options {
	unsigned depth;	     /* of the long-lived tree; no short-lived one is deeper */
	unsigned repeat;     /* nodes built at each depth, in long-lived trees */
	size_t array_length; /* numbers in the long-lived array */
	uint64_t seed;
};

struct totals {
	uint64_t trees, nodes;
	uint64_t checksum;
};

static void *allocate(size_t size, bool pointers)
{
	void *object = pointers ? GC_MALLOC(size) : GC_MALLOC_ATOMIC(size);

	if (!object) {
		fprintf(stderr, "gcbench: out of memory\n");
		exit(1);
	}
	return object;
}

static uint64_t tree_size(unsigned depth)
{
	return (UINT64_C(2) << depth) - 1;
}

static uint64_t left_stamp(uint64_t stamp)
{
	return stamp * 3 + 1;
}

static uint64_t right_stamp(uint64_t stamp)
{
	return stamp * 5 + 2;
}

static struct tree *new_tree(struct tree *left, struct tree *right, uint64_t stamp)
{
	struct tree *tree = allocate(sizeof(*tree), true);

	tree->left = left;
	tree->right = right;
	tree->stamp = stamp;
	return tree;
}

static void grow_top_down(struct tree *tree, unsigned depth)
{
	if (!depth)
		return;
	tree->left = new_tree(NULL, NULL, left_stamp(tree->stamp));
	tree->right = new_tree(NULL, NULL, right_stamp(tree->stamp));
	grow_top_down(tree->left, depth - 1);
	grow_top_down(tree->right, depth - 1);
}

static struct tree *build_bottom_up(unsigned depth, uint64_t stamp)
{
	struct tree *left, *right;

	if (!depth)
		return new_tree(NULL, NULL, stamp);
	left = build_bottom_up(depth - 1, left_stamp(stamp));
	right = build_bottom_up(depth - 1, right_stamp(stamp));
	return new_tree(left, right, stamp);
}

static struct tree *build_tree(unsigned depth, uint64_t stamp, bool top_down)
{
	struct tree *tree;

	if (!top_down)
		return build_bottom_up(depth, stamp);
	tree = new_tree(NULL, NULL, stamp);
	grow_top_down(tree, depth);
	return tree;
}

static bool tree_is_sound(const struct tree *tree, unsigned depth, uint64_t stamp)
{
	if (!tree || tree->stamp != stamp)
		return false;
	if (!depth)
		return !tree->left && !tree->right;
	return tree_is_sound(tree->left, depth - 1, left_stamp(stamp)) &&
	       tree_is_sound(tree->right, depth - 1, right_stamp(stamp));
}

static bool short_lived_trees(const struct options *options, struct prng *prng,
			      unsigned depth, bool top_down, struct totals *totals)
{
	uint64_t count = options->repeat * tree_size(options->depth) / tree_size(depth);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t stamp = prng_next(prng);
		struct tree *tree = build_tree(depth, stamp, top_down);

		if (!tree_is_sound(tree, depth, stamp)) {
			fprintf(stderr,
				"gcbench: a short-lived tree of depth %u is damaged\n",
				depth);
			return false;
		}
		totals->trees++;
		totals->nodes += tree_size(depth);
		totals->checksum = prng_mix(totals->checksum ^ stamp);
	}
	return true;
}

static void fill(double *array, size_t length, uint64_t seed)
{
	struct prng prng = {seed};

	for (size_t i = 0; i < length; i++)
		array[i] = (double)(prng_next(&prng) >> 11);
}

static bool array_is_sound(const double *array, size_t length, uint64_t seed)
{
	struct prng prng = {seed};

	for (size_t i = 0; i < length; i++) {
		if (array[i] != (double)(prng_next(&prng) >> 11))
			return false;
	}
	return true;
}

static bool run(const struct options *options, struct totals *totals)
{
	struct prng prng = {options->seed};
	uint64_t stamp = prng_next(&prng), array_seed = prng_next(&prng);
	struct tree *tree = build_tree(options->depth, stamp, true);
	double *array = allocate(options->array_length * sizeof(*array), false);

	fill(array, options->array_length, array_seed);
	for (unsigned depth = MINIMUM_DEPTH; depth <= options->depth; depth += 2) {
		if (!short_lived_trees(options, &prng, depth, true, totals) ||
		    !short_lived_trees(options, &prng, depth, false, totals))
			return false;
	}
	if (!tree_is_sound(tree, options->depth, stamp)) {
		fprintf(stderr, "gcbench: the long-lived tree is damaged\n");
		return false;
	}
	if (!array_is_sound(array, options->array_length, array_seed)) {
		fprintf(stderr, "gcbench: the long-lived array is damaged\n");
		return false;
	}
	return true;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'd':
		options->depth = number_option(state, "depth", argument, MINIMUM_DEPTH,
					       MAXIMUM_DEPTH);
		return 0;
	case 'r':
		options->repeat = number_option(state, "repeat", argument, 1, 1000);
		return 0;
	case 'a':
		options->array_length =
			number_option(state, "array", argument, 1, 1u << 30);
		return 0;
	case 's':
		options->seed = number_option(state, "seed", argument, 0, UINT64_MAX);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: gcbench takes no arguments", argument);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_table[] = {
	{"depth", 'd', "N", 0, "Depth of the long-lived tree (19)", 0},
	{"repeat", 'r', "N", 0, "Nodes built at each depth, in long-lived trees (2)", 0},
	{"array", 'a', "N", 0, "Numbers in the long-lived array (500000)", 0},
	{"seed", 's', "N", 0, "Seed of the random numbers (1)", 0},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Build and drop trees under the garbage collector libgc while a large tree "
	       "stays alive, and check them all.\v"
	       "Standard output depends on the options alone.  Exit status: 0 all trees "
	       "were "
	       "sound, 1 an object was lost or damaged, 2 wrong usage.",
};

int main(int argc, char **argv)
{
	struct options options = {
		.depth = 19, .repeat = 2, .array_length = 500000, .seed = 1};
	struct totals totals = {0};

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	GC_INIT();
	if (!run(&options, &totals))
		return 1;
	printf("gcbench: %" PRIu64 " trees, %" PRIu64 " nodes, checksum %016" PRIx64 "\n",
	       totals.trees, totals.nodes, totals.checksum);
	return 0;
}

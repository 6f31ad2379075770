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
#include <stdbool.h>

#include "prng.h"
#include "workload.h"

#define MINIMUM_DEPTH  4
#define BYTES_PER_NODE 32 /* libgc rounds up to it */

struct tree {
	struct tree *left, *right;
	uint64_t stamp; /* follows from the stamp of the parent */
};

struct plan {
	unsigned depth;	     /* of the long-lived tree; no short-lived one is deeper */
	size_t array_length; /* of the long-lived array: the rest of what is alive */
	uint64_t nodes;	     /* of short-lived trees, at each depth */
};

struct totals {
	uint64_t trees, checksum;
};

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
	struct tree *tree = new_object(sizeof(*tree));

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

static void short_lived_trees(const struct plan *plan, struct prng *prng, unsigned depth,
			      bool top_down, struct totals *totals)
{
	for (uint64_t i = plan->nodes / tree_size(depth); i; i--) {
		uint64_t stamp = prng_next(prng);
		struct tree *tree = build_tree(depth, stamp, top_down);

		if (!tree_is_sound(tree, depth, stamp))
			damage("a short-lived tree of depth %u", depth);
		totals->trees++;
		totals->checksum = prng_mix(totals->checksum ^ stamp);
	}
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

/* The largest tree that what is to be alive has room for. */
static struct plan make_plan(const struct workload *workload)
{
	size_t bytes = workload_bytes(workload), nodes = bytes / BYTES_PER_NODE;
	struct plan plan = {.depth = MINIMUM_DEPTH};
	unsigned depths;

	while (tree_size(plan.depth + 1) <= nodes)
		plan.depth++;
	depths = (plan.depth - MINIMUM_DEPTH) / 2 + 1;
	plan.array_length =
		(bytes - tree_size(plan.depth) * BYTES_PER_NODE) / sizeof(double);
	/* Each depth has its share of them twice. */
	plan.nodes = nodes * workload->turnover / depths / 2;
	return plan;
}

static struct totals run(const struct plan *plan, uint64_t seed)
{
	struct prng prng = {seed};
	uint64_t stamp = prng_next(&prng), array_seed = prng_next(&prng);
	struct tree *tree = build_tree(plan->depth, stamp, true);
	double *array = new_plain(plan->array_length * sizeof(*array));
	struct totals totals = {0};

	fill(array, plan->array_length, array_seed);
	for (unsigned depth = MINIMUM_DEPTH; depth <= plan->depth; depth += 2) {
		short_lived_trees(plan, &prng, depth, true, &totals);
		short_lived_trees(plan, &prng, depth, false, &totals);
	}
	if (!tree_is_sound(tree, plan->depth, stamp))
		damage("the long-lived tree");
	if (!array_is_sound(array, plan->array_length, array_seed))
		damage("the long-lived array");
	return totals;
}

int main(int argc, char **argv)
{
	struct workload workload = workload_start(
		argc, argv, "Build and drop trees while a large tree stays alive.", NULL,
		NULL);
	struct plan plan = make_plan(&workload);
	struct totals totals;

	pin_thread(0);
	totals = run(&plan, workload.seed);
	report(totals.trees, "trees", totals.checksum);
	return 0;
}

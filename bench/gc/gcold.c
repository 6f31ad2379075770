/* SPDX-License-Identifier: MIT */
/*
 * gcold.c - an old generation of trees that is renewed piece by piece, after the idea of
 * the benchmark known as GCOld.
 *
 * The live heap is an array of equal binary trees.  A step replaces a small subtree
 * somewhere by a new one, builds and drops short-lived trees of so many times its size, and
 * exchanges subtrees between trees.  So new objects get old within the steps, old ones die
 * at random, and pointers are stored from old to young and from old to old.
 */
#include <stdbool.h>
#include <stdio.h>

#include "prng.h"
#include "workload.h"

#define TREE_DEPTH     14
#define BYTES_PER_NODE 32 /* libgc rounds up to it */
#define SMALLEST_DEPTH 4  /* of a subtree that is replaced */
#define DEPTHS	       5
#define SHORT_LIVED    5 /* bytes for each that goes into the old generation */
#define EXCHANGES      4 /* in a step */

struct tree {
	struct tree *left, *right;
	uint32_t stamp, complement;
};

struct forest {
	size_t count;
	struct tree **trees;
	struct prng prng;
};

static struct tree *build(struct prng *prng, unsigned depth)
{
	struct tree *tree = new_object(sizeof(*tree));

	tree->stamp = (uint32_t)prng_next(prng);
	tree->complement = ~tree->stamp;
	if (depth) {
		tree->left = build(prng, depth - 1);
		tree->right = build(prng, depth - 1);
	}
	return tree;
}

/* Is it a node with two children, or at depth 0 with none? */
static void inspect(const struct tree *tree, unsigned depth)
{
	if (!tree || tree->stamp != ~tree->complement || !tree->left != !depth ||
	    !tree->right != !depth)
		damage("a node of an old tree, %u above the leaves", depth);
}

/* Where the forest refers to a subtree of that depth, at random. */
static struct tree **random_place(struct forest *forest, unsigned depth)
{
	uint32_t number = prng_below(&forest->prng, (uint32_t)forest->count);
	struct tree **place = &forest->trees[number];
	uint64_t path = prng_next(&forest->prng);

	for (unsigned at = TREE_DEPTH; at > depth; at--, path >>= 1) {
		inspect(*place, at);
		place = path & 1 ? &(*place)->left : &(*place)->right;
	}
	return place;
}

static void exchange(struct forest *forest, unsigned depth)
{
	struct tree **one = random_place(forest, depth);
	struct tree **other = random_place(forest, depth);
	struct tree *tree = *one;

	*one = *other;
	*other = tree;
}

static uint64_t nodes_of(unsigned depth)
{
	return (UINT64_C(2) << depth) - 1;
}

/* How many nodes it allocated. */
static uint64_t step(struct forest *forest)
{
	unsigned depth = SMALLEST_DEPTH + prng_below(&forest->prng, DEPTHS);
	struct tree **place = random_place(forest, depth);

	*place = build(&forest->prng, depth);
	for (unsigned i = 0; i < SHORT_LIVED; i++) {
		struct tree *tree = build(&forest->prng, depth);

		if (!tree->left || tree->stamp != ~tree->complement)
			damage("a short-lived tree");
	}
	for (unsigned i = 0; i < EXCHANGES; i++)
		exchange(forest, SMALLEST_DEPTH);
	return (SHORT_LIVED + 1) * nodes_of(depth);
}

static uint64_t check(const struct tree *tree, unsigned depth, uint64_t checksum)
{
	inspect(tree, depth);
	checksum = prng_mix(checksum ^ tree->stamp);
	if (!depth)
		return checksum;
	return check(tree->right, depth - 1, check(tree->left, depth - 1, checksum));
}

int main(int argc, char **argv)
{
	struct workload workload = workload_start(
		argc, argv, "Renew an old generation of trees piece by piece.", NULL, NULL);
	uint64_t budget = workload_bytes(&workload) / BYTES_PER_NODE * workload.turnover;
	uint64_t allocated = 0, steps = 0, checksum = 0;
	struct forest forest = {.prng = {workload.seed}};

	pin_thread(0);
	forest.count = workload_bytes(&workload) / BYTES_PER_NODE / nodes_of(TREE_DEPTH);
	if (!forest.count)
		forest.count = 1;
	forest.trees = new_object(forest.count * sizeof(struct tree *));
	for (size_t i = 0; i < forest.count; i++)
		forest.trees[i] = build(&forest.prng, TREE_DEPTH);
	for (; allocated < budget; steps++)
		allocated += step(&forest);
	for (size_t i = 0; i < forest.count; i++)
		checksum = check(forest.trees[i], TREE_DEPTH, checksum);
	report(steps, "steps", checksum);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * shadow_tree.h - a mutator that knows what its heap has to look like.
 *
 * It owns a binary tree of objects and changes it at random: it replaces nodes and leaves,
 * and lets nodes share the leaf of their parent.  What the tree has to hold is written
 * down outside of the heap, position by position, and compared.  Nodes refer to their
 * parents, so there are cycles; an object that a collector copied twice shows, because
 * references that have to be equal are not.
 */
#ifndef BENCH_SHADOW_TREE_H
#define BENCH_SHADOW_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "object.h"
#include "prng.h"

/* What a tree needs of a collector; `arg` is the tree's. */
struct tree_heap {
	/* All slots are 0.  May collect: of references, only the root survives this. */
	struct object *(*allocate)(void *arg, uint32_t references, uint32_t words);
	/* May a mutator have this reference, and read the header of an object there? */
	bool (*may_hold)(void *arg, const struct object *object);
};

struct shadow_node;

struct shadow_tree {
	struct object *root; /* the collector's root: all else is reached from here */
	const struct tree_heap *heap;
	void *arg;
	uint32_t nodes;
	uint32_t large_words; /* of the largest leaf; 0: none is above LARGEST_SMALL_OBJECT
			       */
	struct prng prng;
	struct shadow_node *shadow; /* by position: the children of i are 2i+1 and 2i+2 */
	uint64_t checked;	    /* objects that were as they have to be */
	char damage[128];	    /* the first that was found; empty: none */
};

/* In bytes. */
#define LARGEST_SMALL_OBJECT 512

/*
 * Fill in the members above `prng`, then: build the tree; change it somewhere; compare all
 * of it.  False if there is damage.  Ends the program if memory is out.
 */
bool shadow_tree_build(struct shadow_tree *tree, uint64_t seed);
bool shadow_tree_step(struct shadow_tree *tree);
bool shadow_tree_check(struct shadow_tree *tree);

void shadow_tree_free(struct shadow_tree *tree);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * shadow_tree.c - a mutator that knows what its heap has to look like.
 */
#include "shadow_tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

#define SMALL_WORDS 32
/* One leaf of so many is large. */
#define LARGE_EVERY 64

/* The slots of a node.  A leaf has none but words, which follow from the first. */
enum { LEFT, RIGHT, PARENT, LEAF, NODE_REFERENCES, STAMP = NODE_REFERENCES, NODE_SLOTS };

_Static_assert(sizeof(struct object) + SMALL_WORDS * sizeof(uintptr_t) <=
		       LARGEST_SMALL_OBJECT,
	       "a small leaf fits");

/* No two nodes and no two leaves have the same stamp. */
struct shadow_node {
	uint64_t stamp, leaf_stamp;
};

static void damaged(struct shadow_tree *tree, uint32_t position, const char *what)
{
	if (!*tree->damage)
		snprintf(tree->damage, sizeof(tree->damage), "node %u: %s", position, what);
}

static uint32_t leaf_words(const struct shadow_tree *tree, uint64_t stamp)
{
	uint32_t size = (uint32_t)(stamp >> 32);

	if (tree->large_words && stamp % LARGE_EVERY == 0)
		return 1 + size % tree->large_words;
	return 1 + size % SMALL_WORDS;
}

static uint64_t leaf_word(uint64_t stamp, uint32_t word)
{
	return word ? prng_mix(stamp + word) : stamp;
}

static bool may_hold(struct shadow_tree *tree, const struct object *object)
{
	return (uintptr_t)object % sizeof(uintptr_t) == 0 &&
	       tree->heap->may_hold(tree->arg, object);
}

/* Every reference that the tree reads from the heap passes through here. */
static struct object *load(struct shadow_tree *tree, uint32_t position,
			   const struct object *node, unsigned slot)
{
	struct object *object = (struct object *)node->slot[slot];

	if (!object || may_hold(tree, object))
		return object;
	damaged(tree, position, "a reference to where no object may be");
	return NULL;
}

/* Is this, which may be NULL, the node at `position`? */
static bool is_node(struct shadow_tree *tree, uint32_t position, const struct object *node)
{
	if (node && node->size == object_size(NODE_REFERENCES, 1) &&
	    node->references == NODE_REFERENCES &&
	    node->slot[STAMP] == tree->shadow[position].stamp)
		return true;
	damaged(tree, position, "something else is in its place");
	return false;
}

static bool is_leaf(struct shadow_tree *tree, uint32_t position, const struct object *leaf)
{
	uint64_t stamp = tree->shadow[position].leaf_stamp;
	uint32_t words = leaf_words(tree, stamp);

	if (!leaf || leaf->size != object_size(0, words) || leaf->references) {
		damaged(tree, position, "something else is in the place of its leaf");
		return false;
	}
	for (uint32_t i = 0; i < words; i++) {
		if (leaf->slot[i] != leaf_word(stamp, i)) {
			damaged(tree, position, "its leaf has changed");
			return false;
		}
	}
	return true;
}

/* The node at `position`, by way of all nodes above it; NULL if there is damage. */
static struct object *find(struct shadow_tree *tree, uint32_t position)
{
	/* Below its highest bit: the turns to take, 1 for right. */
	uint32_t path = position + 1, bit = 1u << (31 - __builtin_clz(path));
	struct object *node = tree->root;

	if (!may_hold(tree, node)) {
		damaged(tree, 0, "the root is where no object may be");
		return NULL;
	}
	while (is_node(tree, path / bit - 1, node) && bit > 1) {
		uint32_t at = path / bit - 1;

		bit >>= 1;
		node = load(tree, at, node, path & bit ? RIGHT : LEFT);
	}
	return *tree->damage ? NULL : node;
}

static struct object *new_node(struct shadow_tree *tree, uint64_t stamp)
{
	struct object *node = tree->heap->allocate(tree->arg, NODE_REFERENCES, 1);

	node->slot[STAMP] = stamp;
	return node;
}

/* `parent` is NULL for the root. */
static void link_child(struct shadow_tree *tree, uint32_t position, struct object *parent,
		       struct object *child)
{
	child->slot[PARENT] = (uintptr_t)parent;
	if (parent)
		parent->slot[position % 2 ? LEFT : RIGHT] = (uintptr_t)child;
	else
		tree->root = child;
}

static struct object *find_parent(struct shadow_tree *tree, uint32_t position)
{
	return position ? find(tree, (position - 1) / 2) : NULL;
}

static void replace_leaf(struct shadow_tree *tree, uint32_t position)
{
	uint64_t stamp = prng_next(&tree->prng);
	uint32_t words = leaf_words(tree, stamp);
	struct object *leaf = tree->heap->allocate(tree->arg, 0, words);
	struct object *node = find(tree, position);

	if (!node)
		return;
	for (uint32_t i = 0; i < words; i++)
		leaf->slot[i] = leaf_word(stamp, i);
	node->slot[LEAF] = (uintptr_t)leaf;
	tree->shadow[position].leaf_stamp = stamp;
}

static void share_leaf(struct shadow_tree *tree, uint32_t position)
{
	struct object *parent = find_parent(tree, position);
	struct object *node = find(tree, position), *leaf;

	if (!parent || !node)
		return;
	leaf = load(tree, position, parent, LEAF);
	node->slot[LEAF] = (uintptr_t)leaf;
	tree->shadow[position].leaf_stamp = tree->shadow[(position - 1) / 2].leaf_stamp;
}

static void replace_node(struct shadow_tree *tree, uint32_t position)
{
	uint64_t stamp = prng_next(&tree->prng);
	struct object *node = new_node(tree, stamp);
	struct object *old = find(tree, position), *parent = find_parent(tree, position);

	if (*tree->damage)
		return;
	link_child(tree, position, parent, node);
	node->slot[LEAF] = (uintptr_t)load(tree, position, old, LEAF);
	for (unsigned side = LEFT; side <= RIGHT; side++) {
		struct object *child = load(tree, position, old, side);

		if (child)
			link_child(tree, 2 * position + 1 + side, node, child);
	}
	tree->shadow[position].stamp = stamp;
}

static void look_at_leaf(struct shadow_tree *tree, uint32_t position)
{
	const struct object *node = find(tree, position);

	if (node && is_leaf(tree, position, load(tree, position, node, LEAF)))
		tree->checked++;
}

bool shadow_tree_step(struct shadow_tree *tree)
{
	uint32_t position = prng_below(&tree->prng, tree->nodes);

	switch (prng_below(&tree->prng, 4)) {
	case 0:
		replace_leaf(tree, position);
		break;
	case 1:
		replace_node(tree, position);
		break;
	case 2:
		if (position)
			share_leaf(tree, position);
		break;
	default:
		look_at_leaf(tree, position);
	}
	return !*tree->damage;
}

/* A leaf that two share has been copied once if both still refer to the same. */
static bool check_leaf(struct shadow_tree *tree, uint32_t position,
		       const struct object *node, const struct object *parent)
{
	const struct shadow_node *shadow = tree->shadow;
	const struct object *leaf = load(tree, position, node, LEAF);
	bool shared = parent && parent->slot[LEAF] == (uintptr_t)leaf;
	bool shares = parent &&
		      shadow[position].leaf_stamp == shadow[(position - 1) / 2].leaf_stamp;

	if (!is_leaf(tree, position, leaf))
		return false;
	if (shared == shares)
		return true;
	damaged(tree, position, "its leaf is shared and should not be, or the reverse");
	return false;
}

static bool check_below(struct shadow_tree *tree, uint32_t position,
			const struct object *node, const struct object *parent)
{
	if (!is_node(tree, position, node) || !check_leaf(tree, position, node, parent))
		return false;
	if (node->slot[PARENT] != (uintptr_t)parent) {
		damaged(tree, position, "its parent is another one");
		return false;
	}
	tree->checked += 2;
	for (unsigned side = LEFT; side <= RIGHT; side++) {
		uint32_t child = 2 * position + 1 + side;

		if (child < tree->nodes &&
		    !check_below(tree, child, load(tree, position, node, side), node))
			return false;
	}
	return true;
}

bool shadow_tree_check(struct shadow_tree *tree)
{
	const struct object *root = find(tree, 0);

	return root && check_below(tree, 0, root, NULL);
}

bool shadow_tree_build(struct shadow_tree *tree, uint64_t seed)
{
	struct prng prng = {seed};

	tree->prng.state = prng_next(&prng);
	tree->shadow = calloc(tree->nodes, sizeof(*tree->shadow));
	if (!tree->shadow)
		fail("cannot allocate the shadow", -ENOMEM);
	for (uint32_t i = 0; i < tree->nodes && !*tree->damage; i++) {
		uint64_t stamp = prng_next(&tree->prng);
		struct object *node = new_node(tree, stamp), *parent = find_parent(tree, i);

		tree->shadow[i].stamp = stamp;
		if (!*tree->damage)
			link_child(tree, i, parent, node);
		replace_leaf(tree, i);
	}
	return !*tree->damage;
}

void shadow_tree_free(struct shadow_tree *tree)
{
	free(tree->shadow);
}

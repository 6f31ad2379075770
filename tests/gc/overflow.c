/* SPDX-License-Identifier: MIT */
/*
 * overflow.c - more waits to be marked from than libgc's mark stack has room for.
 *
 * What does not fit is forgotten by libgc, which then looks for it in all blocks of the
 * heap: in the same stop, and in a collection that had hardly anything to look for.
 * Exits with 1 if a leaf was lost.
 */
#include "leaves.h"

#define NODES  500 /* references of a link; it is marked from the last one on */
#define LINKS  200
#define CYCLES 4

struct node {
	struct leaf *leaf;
	char filler[40];
};

struct link {
	struct node *nodes[NODES];
	struct link *next;
};

static struct link *first;

static struct link *new_link(unsigned long stamp, struct link *next)
{
	struct link *made = GC_MALLOC(sizeof(*made));
	int i;

	made->next = next;
	for (i = 0; i < NODES; i++) {
		made->nodes[i] = GC_MALLOC(sizeof(struct node));
		made->nodes[i]->leaf = new_leaf(stamp + (unsigned long)i);
	}
	return made;
}

static void expect_leaves(const struct link *of, unsigned long stamp)
{
	int i;

	for (i = 0; i < NODES; i++) {
		if (!is_damaged(of->nodes[i]->leaf, stamp + (unsigned long)i))
			continue;
		printf("damage: leaf %lu was lost\n", stamp + (unsigned long)i);
		exit(1);
	}
}

static void run_cycle(void)
{
	const struct link *of;
	unsigned long i;

	first = NULL;
	for (i = 0; i < LINKS; i++)
		first = new_link(i * NODES, first);
	collect_partly();
	fill_holes(LINKS * NODES);
	for (of = first; i > 0; of = of->next)
		expect_leaves(of, --i * NODES);
}

int main(void)
{
	int cycle;

	GC_INIT();
	GC_set_full_freq(1000);
	GC_set_min_bytes_allocd(LINKS * sizeof(struct link) * CYCLES * 100);
	collect_partly();
	collect_partly();
	for (cycle = 0; cycle < CYCLES; cycle++)
		run_cycle();
	return 0;
}

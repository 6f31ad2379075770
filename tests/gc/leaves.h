/* SPDX-License-Identifier: MIT */
/*
 * leaves.h - small objects that tell if libgc took them for garbage, and partial
 * collections.
 *
 * A partial collection trusts the reports of dirty pages.  So a leaf made since the last
 * one, whose only reference is in a page that wrongly reads clean, is lost to it.
 */
#ifndef TESTS_GC_LEAVES_H
#define TESTS_GC_LEAVES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS
#include <gc.h>
#include <gc/gc_mark.h>

#define MOST_STEPS 1000

struct leaf {
	unsigned long stamp, complement;
};

static inline struct leaf *new_leaf(unsigned long stamp)
{
	struct leaf *leaf = GC_MALLOC(sizeof(*leaf));

	leaf->stamp = stamp;
	leaf->complement = ~stamp;
	return leaf;
}

static inline int is_damaged(const struct leaf *leaf, unsigned long stamp)
{
	return leaf->stamp != stamp || leaf->complement != ~stamp;
}

/* As many as there are leaves: they go where lost ones were. */
static void __attribute__((noinline)) fill_holes(int leaves)
{
	int i;

	for (i = 0; i < leaves; i++)
		memset(GC_MALLOC(sizeof(struct leaf)), 0xaa, sizeof(struct leaf));
}

/* With bounded stops, and a processor that others want too, it may need more than one. */
static void collect_partly(void)
{
	GC_word before = GC_get_gc_no();
	int steps;

	GC_start_incremental_collection();
	for (steps = 0; GC_get_gc_no() == before && steps < MOST_STEPS; steps++)
		GC_collect_a_little();
	if (GC_get_gc_no() == before) {
		fputs("no collection came of it\n", stderr);
		exit(2);
	}
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * kinds.c - objects that are libgc's own business, and leaves that hang on them alone.
 *
 * Some are uncollectable: a collection that marks everything has to look for those, dirty
 * or not, since nothing need point to them.  Some are of a kind of the program's, and are
 * found by libgc alone when they are dirty.  In some cycles neither are written, in some
 * both, and in all of them a few objects of the usual kind.  Exits with 1 if a leaf was
 * lost.
 */
#include "leaves.h"

#define HOLDERS	  2000 /* of each kind */
#define CYCLES	  60
#define FULL	  7 /* every so many cycles everything is marked */
#define FREQUENCY 3 /* likewise, of those that libgc decides on */
#define FILLER	  96

struct holder {
	struct leaf *leaf;
	char filler[FILLER];
};

enum kind { USUAL, UNCOLLECTABLE, OWN, KINDS };

static const char *const names[KINDS] = {"the usual kind", "uncollectable memory",
					 "the program's kind"};
/* In malloc()ed memory, which libgc does not know; GC_HIDE_POINTER() all the same. */
static GC_hidden_pointer *hidden;
static unsigned long stamps[KINDS][HOLDERS];
static struct holder **kept; /* all but the uncollectable ones */
static unsigned long next_stamp = 1;
static int own_kind;

static struct holder *new_holder(enum kind kind)
{
	if (kind == UNCOLLECTABLE)
		return GC_MALLOC_UNCOLLECTABLE(sizeof(struct holder));
	if (kind == OWN)
		return GC_generic_malloc(sizeof(struct holder), own_kind);
	return GC_MALLOC(sizeof(struct holder));
}

static struct holder *holder(enum kind kind, int i)
{
	return GC_REVEAL_POINTER(hidden[kind * HOLDERS + i]);
}

static void make_holders(enum kind kind)
{
	struct holder *made;
	int i;

	for (i = 0; i < HOLDERS; i++) {
		made = new_holder(kind);
		hidden[kind * HOLDERS + i] = GC_HIDE_POINTER(made);
		if (kind != UNCOLLECTABLE)
			kept[kind * HOLDERS + i] = made;
	}
}

static void write_some(enum kind kind, int first, int step)
{
	int i;

	for (i = first; i < HOLDERS; i += step) {
		stamps[kind][i] = next_stamp++;
		holder(kind, i)->leaf = new_leaf(stamps[kind][i]);
	}
}

static void expect_leaves(enum kind kind, int cycle)
{
	int i;

	for (i = 0; i < HOLDERS; i++) {
		if (!stamps[kind][i] || !is_damaged(holder(kind, i)->leaf, stamps[kind][i]))
			continue;
		printf("damage: leaf %lu was lost, of %s, in cycle %d\n", stamps[kind][i],
		       names[kind], cycle);
		exit(1);
	}
}

static void run_cycle(int cycle)
{
	enum kind kind;

	write_some(USUAL, cycle % 10, 10);
	for (kind = UNCOLLECTABLE; kind < KINDS; kind++)
		if (cycle % (2 * kind + 1) == 0)
			write_some(kind, cycle % 3, 3);
	if (cycle % FULL)
		collect_partly();
	else
		GC_gcollect();
	fill_holes(2 * HOLDERS);
	for (kind = USUAL; kind < KINDS; kind++)
		expect_leaves(kind, cycle);
}

int main(void)
{
	enum kind kind;
	int cycle;

	GC_INIT();
	GC_set_full_freq(FREQUENCY);
	own_kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
	hidden = calloc(KINDS * HOLDERS, sizeof(*hidden));
	kept = GC_MALLOC(KINDS * HOLDERS * sizeof(struct holder *));
	if (!hidden || !kept)
		return 2;
	for (kind = USUAL; kind < KINDS; kind++)
		make_holders(kind);
	for (cycle = 0; cycle < CYCLES; cycle++)
		run_cycle(cycle);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * arming.c - one object to a page, written in all, none or some of the cycles.
 *
 *	arming idle CYCLES	nothing is written: there is nothing to report
 *	arming hot		all pages in many cycles, then none in many, then one each
 *	arming sometimes	all pages in two of three cycles
 *	arming reused		all pages once, when they have been free and are used again
 *
 * Cycles of `hot` end in partial collections, which trust the reports, and every object
 * holds the only reference to a leaf that was made since the last one.  So a page that is
 * wrongly called clean loses its leaf to the next ones.  Exits with 1 if a leaf was lost.
 */
#include "leaves.h"

#define PAGES	     4000
#define OBJECT_BYTES 4000 /* libgc makes 4 KiB of them, and no more than one fits */
#define HOT_CYCLES   40
#define COLD_CYCLES  40
#define SOME_CYCLES  60
#define MOST_FULL    6
#define REUSES	     40

struct page {
	struct leaf *leaf;
	unsigned long stamp;
};

static struct page *pages[PAGES];
static unsigned full;

static void GC_CALLBACK note_full(void)
{
	full++;
}

static void build(void)
{
	int i;

	for (i = 0; i < PAGES; i++)
		pages[i] = GC_MALLOC(OBJECT_BYTES);
}

static void write_page(struct page *page, unsigned long stamp)
{
	page->leaf = new_leaf(stamp);
	page->stamp = stamp;
}

static void write_all(unsigned long cycle)
{
	int i;

	for (i = 0; i < PAGES; i++)
		write_page(pages[i], cycle * PAGES + i);
}

static void check(const char *when)
{
	int i;

	fill_holes(PAGES);
	for (i = 0; i < PAGES; i++) {
		if (!is_damaged(pages[i]->leaf, pages[i]->stamp))
			continue;
		printf("damage: the leaf of page %d was lost, %s\n", i, when);
		exit(1);
	}
}

static void hot(void)
{
	unsigned long cycle;

	for (cycle = 0; cycle < HOT_CYCLES; cycle++) {
		write_all(cycle);
		collect_partly();
		check("hot");
	}
	for (cycle = 0; cycle < COLD_CYCLES; cycle++) {
		collect_partly();
		check("cold");
	}
	for (cycle = 0; cycle < PAGES; cycle += 100) {
		write_page(pages[cycle], cycle);
		collect_partly();
		check("written once");
	}
	/* libgc decides on a full one where the heap has grown; they prove nothing. */
	if (full > MOST_FULL) {
		fprintf(stderr, "arming: %u collections were full ones\n", full);
		exit(2);
	}
}

/*
 * Every other time the second of them is a full collection, before which libgc clears the
 * marks that tell how old the objects are.
 */
static void sometimes(void)
{
	unsigned long cycle;

	/* What is new is dirty, and no more than that. */
	collect_partly();
	collect_partly();
	for (cycle = 0; cycle < SOME_CYCLES; cycle++) {
		if (cycle % 3)
			write_all(cycle);
		if (cycle % 6 == 2)
			GC_gcollect();
		else
			collect_partly();
		if (cycle)
			check("sometimes");
	}
}

/*
 * The pages of one cycle are free in the next one, in long runs.  Those that take their
 * place get old by a collection, and then hold the only references to their leaves.
 */
static void reused(void)
{
	unsigned long cycle;

	for (cycle = 0; cycle < REUSES; cycle++) {
		build();
		collect_partly();
		write_all(cycle);
		collect_partly();
		check("used again");
	}
	/* One for what is built in each, as a rule; those prove nothing. */
	if (full > REUSES + MOST_FULL) {
		fprintf(stderr, "arming: %u collections were full ones\n", full);
		exit(2);
	}
}

/* Full collections, which write to all mark bits. */
static void idle(long cycles)
{
	for (; cycles > 0; cycles--)
		GC_gcollect();
}

int main(int argc, char **argv)
{
	GC_INIT();
	GC_set_full_freq(1000);
	build();
	GC_set_start_callback(note_full);
	if (argc == 3 && !strcmp(argv[1], "idle"))
		idle(strtol(argv[2], NULL, 10));
	else if (argc == 2 && !strcmp(argv[1], "sometimes"))
		sometimes();
	else if (argc == 2 && !strcmp(argv[1], "reused"))
		reused();
	else
		hot();
	return 0;
}

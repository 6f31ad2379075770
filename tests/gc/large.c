/* SPDX-License-Identifier: MIT */
/*
 * large.c - one large array of pointers, of which few, many or all pages are written.
 *
 * Each slot that is written holds the only reference to a leaf that was made since the last
 * collection, and collections are partial ones, which trust the reports of dirty pages.
 * Memory of malloc() that the program's own procedure pushes holds the only reference to
 * another.  Exits with 1 if a leaf was lost.
 */
#include "leaves.h"

#define PAGE_BYTES 4096
#define SLOTS_PER  (PAGE_BYTES / sizeof(struct leaf *))
#define PAGES	   2048
#define CYCLES	   30
#define FEW	   20

static struct leaf **array; /* only the first slot of each page is used */
static unsigned long stamps[PAGES];
static struct leaf **outside; /* one leaf, in memory that libgc does not know */
static unsigned long next_stamp = 1;
static GC_push_other_roots_proc libgc_roots;
static unsigned pushes;

static void GC_CALLBACK push_outside(void)
{
	pushes++;
	GC_push_all_eager(outside, outside + 1);
	if (libgc_roots)
		libgc_roots();
}

static void write_page(int page)
{
	stamps[page] = next_stamp++;
	array[page * SLOTS_PER] = new_leaf(stamps[page]);
}

static void expect(const struct leaf *leaf, unsigned long stamp, const char *what)
{
	if (!is_damaged(leaf, stamp))
		return;
	printf("damage: leaf %lu was lost, %s\n", stamp, what);
	exit(1);
}

/* `step`: every so many pages are written. */
static void cycle(unsigned seed, int step)
{
	unsigned long stamp = next_stamp++;
	int page;

	*outside = new_leaf(stamp);
	for (page = (int)(seed % (unsigned)step); page < PAGES; page += step)
		write_page(page);
	collect_partly();
	fill_holes(PAGES);
	expect(*outside, stamp, "which the program's roots hold");
	for (page = 0; page < PAGES; page++)
		if (stamps[page])
			expect(array[page * SLOTS_PER], stamps[page], "in the array");
}

int main(void)
{
	unsigned seed;

	GC_INIT();
	GC_set_full_freq(1000);
	outside = calloc(1, sizeof(struct leaf *));
	array = GC_MALLOC(PAGES * PAGE_BYTES);
	if (!outside || !array)
		return 2;
	libgc_roots = GC_get_push_other_roots();
	GC_set_push_other_roots(push_outside);
	if (GC_get_push_other_roots() != push_outside) {
		puts("damage: another procedure for roots than was set");
		return 1;
	}
	GC_gcollect();
	for (seed = 0; seed < CYCLES; seed++) {
		cycle(seed * 7919, PAGES / FEW); /* few */
		cycle(seed, 2);			 /* as many runs as there can be */
		cycle(seed, 1 + seed % 5);
	}
	if (!pushes) {
		puts("damage: the program's roots were never asked for");
		return 1;
	}
	return 0;
}

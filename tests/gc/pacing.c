/* SPDX-License-Identifier: MIT */
/*
 * pacing.c - print which collections are full ones, and what governs how often they come.
 *
 *	pacing collections	of a heap that was built before the first one
 *	pacing settings		after a collection
 *	pacing own		the same, but the program has set them itself
 *	pacing own-zero		to what the preload would set them to
 *	pacing restored		it has set one back to what it had found
 *	pacing expanded		how many there are in a large heap of which half is used
 *	pacing floating		a heap whose objects die old, in percent of what is alive
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS
#include <gc.h>
#include <gc/gc_mark.h>

#define OBJECTS	    500000
#define COLLECTIONS 3
#define EXPANDED    (128 << 20)
#define SLOTS	    300000
#define REPLACED    (16 * SLOTS)

struct node {
	struct node *next;
	unsigned long payload[3];
};

static struct node *list;
static unsigned full;

static void GC_CALLBACK note_full(void)
{
	full++;
}

static void build(void)
{
	int i;

	GC_disable();
	for (i = 0; i < OBJECTS; i++) {
		struct node *node = GC_MALLOC(sizeof(*node));

		node->next = list;
		list = node;
	}
	GC_enable();
}

/* Allocate until the collector has been at work. */
static void let_collect(void)
{
	GC_word before = GC_get_gc_no();

	while (GC_get_gc_no() == before)
		if (!GC_MALLOC(sizeof(struct node)))
			exit(2);
}

static void print_collections(void)
{
	int i;

	build();
	GC_set_start_callback(note_full);
	for (i = 0; i < COLLECTIONS; i++) {
		full = 0;
		let_collect();
		puts(full ? "full" : "partial");
	}
}

static void print_settings(void)
{
	build();
	let_collect();
	printf("bytes %zu\nfull-frequency %d\nrate %d\ntries %d\n",
	       GC_get_min_bytes_allocd(), GC_get_full_freq(), GC_get_rate(),
	       GC_get_max_prior_attempts());
}

static void restore(void)
{
	int found = GC_get_full_freq();

	GC_set_full_freq(100);
	let_collect();
	GC_set_full_freq(found);
}

/* Garbage of half the heap's size. */
static void print_expanded(void)
{
	GC_word before;
	size_t done;

	if (!GC_expand_hp(EXPANDED))
		exit(2);
	before = GC_get_gc_no();
	for (done = 0; done < EXPANDED / 2; done += sizeof(struct node))
		if (!GC_MALLOC(sizeof(struct node)))
			exit(2);
	printf("%lu\n", (unsigned long)(GC_get_gc_no() - before));
}

/* Any of them may be the next to die, so each block always has some that are alive. */
static void print_floating(void)
{
	struct node **slots = GC_MALLOC(SLOTS * sizeof(struct node *));
	unsigned long random = 1;
	int i;

	for (i = 0; i < REPLACED; i++) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		slots[(random >> 33) % SLOTS] = GC_MALLOC(sizeof(struct node));
	}
	GC_END_STUBBORN_CHANGE(slots);
	printf("%lu\n",
	       (unsigned long)(GC_get_heap_size() * 100 / SLOTS / sizeof(struct node)));
	GC_reachable_here(slots);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "own")) {
		GC_set_min_bytes_allocd(12345);
		GC_set_full_freq(7);
	}
	GC_INIT();
	if (!strcmp(what, "own-zero")) {
		GC_set_full_freq(0);
		GC_set_rate(100);
		GC_set_max_prior_attempts(0);
	}
	if (!strcmp(what, "restored"))
		restore();
	if (!strcmp(what, "collections"))
		print_collections();
	else if (!strcmp(what, "expanded"))
		print_expanded();
	else if (!strcmp(what, "floating"))
		print_floating();
	else
		print_settings();
	return 0;
}

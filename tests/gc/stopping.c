/* SPDX-License-Identifier: MIT */
/*
 * stopping.c - libgc's stop function is the program's, and what is asked for is done.
 *
 *	stopping collects|past|before|after
 *
 * On a heap that is large enough for stops to be abandoned at once: GC_gcollect() collects
 * before it returns, also if it is called past the preload.  And a stop function, set
 *before or after the collector starts, is what GC_get_stop_func() gives back; it is asked,
 *and what it says is done.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gc.h>

#define NODES  (512 * 1024) /* 64 MiB */
#define ROUNDS 6

struct node {
	struct node *next, *other;
	char rest[112];
};

static struct node *first, *latest;
static unsigned long asked;
static int answer;

static int GC_CALLBACK ask(void)
{
	asked++;
	return answer;
}

static void expect(int holds, const char *what)
{
	if (holds)
		return;
	printf("damage: %s\n", what);
	exit(EXIT_FAILURE);
}

static int GC_CALLBACK never(void)
{
	return 0;
}

static struct node *make_node(struct node *next)
{
	struct node *node = GC_MALLOC(sizeof(*node));

	expect(node != NULL, "no memory");
	node->next = next;
	return node;
}

/* Stop in the middle of collections, as a rule: they take many allocations. */
static void work(unsigned long operations)
{
	for (unsigned long i = 0; i < operations; i++) {
		if (!latest)
			latest = first;
		latest->other = make_node(NULL);
		latest = latest->next;
	}
}

static void build(void)
{
	for (long i = 0; i < NODES; i++)
		first = make_node(first);
}

static void collect_by(void (*collect)(void))
{
	for (unsigned long round = 1; round <= ROUNDS; round++) {
		GC_word before;

		work(NODES / 4 + round * 10007);
		before = GC_get_gc_no();
		collect();
		expect(GC_get_gc_no() > before, "GC_gcollect() did not collect");
	}
	expect(GC_try_to_collect(never) == 1, "GC_try_to_collect() did not collect");
}

/* As by whoever has looked it up in libgc itself. */
static void collect_past(void)
{
	void *libgc = dlopen("libgc.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *function = libgc ? dlsym(libgc, "GC_gcollect") : NULL;
	void (*collect)(void);

	expect(function != NULL, "libgc was not found");
	memcpy(&collect, &function, sizeof(function));
	collect_by(collect);
}

static void obey(void)
{
	GC_word before;

	expect(GC_get_stop_func() == ask, "it is not the program's stop function");
	work(NODES);
	expect(asked > 0 || !GC_is_incremental_mode(),
	       "the stop function was not asked in allocations");
	asked = 0;
	GC_gcollect();
	expect(asked > 0, "the stop function was not asked by GC_gcollect()");
	work(NODES / 4);
	before = GC_get_gc_no();
	answer = 1;
	GC_gcollect();
	expect(GC_get_gc_no() == before, "GC_gcollect() was not stopped");
	answer = 0;
	GC_gcollect();
	expect(GC_get_gc_no() > before, "GC_gcollect() did not collect after that");
	GC_set_stop_func(never);
	expect(GC_get_stop_func() == never, "the function was not replaced");
	asked = 0;
	work(NODES);
	GC_gcollect();
	expect(asked == 0, "a function was asked that was replaced");
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "before"))
		GC_set_stop_func(ask);
	GC_INIT();
	if (!strcmp(what, "after"))
		GC_set_stop_func(ask);
	build();
	if (!strcmp(what, "collects"))
		collect_by(GC_gcollect);
	else if (!strcmp(what, "past"))
		collect_past();
	else if (!strcmp(what, "before") || !strcmp(what, "after"))
		obey();
	else
		return 2;
	printf("%lu collections\n", (unsigned long)GC_get_gc_no());
	return EXIT_SUCCESS;
}

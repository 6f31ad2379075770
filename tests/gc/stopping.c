/* SPDX-License-Identifier: MIT */
/*
 * stopping.c - libgc's stop function is the program's, and what is asked for is done.
 *
 *	stopping collects|past|tries|roots|before|after|set-past
 *
 * On a heap that is large enough for stops to be abandoned at once:
 *
 *	collects	GC_gcollect() collects before it returns
 *	past		also if it is called past the preload
 *	tries		a collection ends, however many tries the program allows
 *	roots		a procedure of the program's pushes roots
 *	before, after	a stop function set before or after the collector starts is what
 *			GC_get_stop_func() gives back; it is asked, and what it says is done
 *	set-past	GC_gcollect() asks one that was set past the preload
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gc.h>
#include <gc/gc_mark.h>

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

/* Until a collection is going on, if they are made little by little. */
static int work_until_collection(void)
{
	for (int i = 0; i < 400; i++) {
		work(NODES / 64);
		if (GC_collect_a_little())
			return 1;
	}
	return 0;
}

/* One that is going on is ended first. */
static void collect_by(void (*collect)(void))
{
	int interrupted = 0;

	for (int round = 0; round < ROUNDS; round++) {
		int goes_on = work_until_collection();
		GC_word before = GC_get_gc_no();

		collect();
		expect(GC_get_gc_no() > before + (GC_word)goes_on,
		       "GC_gcollect() did not collect");
		interrupted += goes_on;
	}
	expect(interrupted || !GC_is_incremental_mode(), "no collection was going on");
	expect(GC_try_to_collect(never) == 1, "GC_try_to_collect() did not collect");
}

/* Into the function pointer at `function`, what libgc itself has by that name. */
static void look_up(const char *name, void *function)
{
	void *libgc = dlopen("libgc.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *found = libgc ? dlsym(libgc, name) : NULL;

	expect(found != NULL, "libgc was not found");
	memcpy(function, &found, sizeof(found));
}

static void collect_past(void)
{
	void (*collect)(void);

	look_up("GC_gcollect", &collect);
	collect_by(collect);
}

static void set_past(void)
{
	void (*set)(GC_stop_func function);

	look_up("GC_set_stop_func", &set);
	set(ask);
	work(NODES);
	asked = 0;
	GC_gcollect();
	expect(asked > 0, "the stop function was not asked");
	asked = 0;
	GC_gcollect();
	expect(asked > 0, "the stop function was not asked again");
}

/* So it has to end in one of them; a thousand steps are a collection. */
static void end_in_a_try(void)
{
	GC_word before = GC_get_gc_no();

	GC_set_max_prior_attempts(INT_MAX);
	work(2 * NODES);
	for (long step = 0; GC_collect_a_little(); step++)
		expect(step < 10000, "a collection has no end");
	expect(GC_get_gc_no() > before, "nothing was collected");
}

static GC_push_other_roots_proc push_libgcs;
static unsigned long pushes;

static void GC_CALLBACK push_roots(void)
{
	pushes++;
	push_libgcs();
}

static void have_roots(void)
{
	push_libgcs = GC_get_push_other_roots();
	GC_set_push_other_roots(push_roots);
}

static void collect_with_roots(void)
{
	work(2 * NODES);
	expect(pushes > 0, "the program's roots were not pushed");
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
	if (!strcmp(what, "roots"))
		have_roots();
	GC_INIT();
	if (!strcmp(what, "after"))
		GC_set_stop_func(ask);
	build();
	if (!strcmp(what, "collects"))
		collect_by(GC_gcollect);
	else if (!strcmp(what, "past"))
		collect_past();
	else if (!strcmp(what, "tries"))
		end_in_a_try();
	else if (!strcmp(what, "roots"))
		collect_with_roots();
	else if (!strcmp(what, "before") || !strcmp(what, "after"))
		obey();
	else if (!strcmp(what, "set-past"))
		set_past();
	else
		return 2;
	printf("%lu collections\n", (unsigned long)GC_get_gc_no());
	return EXIT_SUCCESS;
}

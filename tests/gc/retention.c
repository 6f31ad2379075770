/* SPDX-License-Identifier: MIT */
/*
 * retention.c - print what the collector keeps of a heap whose live part is known.
 *
 * Large objects are written, dropped and counted by their finalizers.  They are what a
 * list of dirty pages in scanned memory would keep alive: any address in a large object
 * is a reference to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GC_THREADS
#include <gc.h>
#include <gc/gc_mark.h>

#define LIVE	    20000 /* small objects that stay */
#define LARGE	    1500  /* objects that are dropped */
#define LARGE_BYTES 40000
#define ROUNDS	    4
#define STACK	    65536

struct small {
	struct small *next;
	unsigned long payload[6];
};

struct census {
	unsigned long objects;
	unsigned long bytes;
};

static struct small *live;
static unsigned long finalized;

static void count_finalized(void *object, void *data)
{
	(void)object;
	(void)data;
	finalized++;
}

/* Here and there a page is written when it is old: reports are many short runs. */
static void __attribute__((noinline)) drop_large(int count)
{
	char **kept = GC_MALLOC(count * sizeof(*kept));
	int round, i;

	for (i = 0; i < count; i++) {
		kept[i] = GC_MALLOC(LARGE_BYTES);
		GC_REGISTER_FINALIZER_NO_ORDER(kept[i], count_finalized, NULL, NULL, NULL);
	}
	for (round = 1; round < 4; round++) {
		for (i = 0; i < count; i++)
			kept[i][LARGE_BYTES / 2] = round;
		GC_gcollect();
	}
	memset(kept, 0, count * sizeof(*kept));
}

static void __attribute__((noinline)) churn(void)
{
	int i;

	for (i = 0; i < 40000; i++) {
		struct small *young = GC_MALLOC(sizeof(*young));

		young->next = live->next;
		young->payload[0] = i;
	}
}

/* Overwrite what calls left on the stack. */
static void __attribute__((noinline)) wipe_stack(void)
{
	volatile char bytes[STACK];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0;
}

static void count_object(void *object, size_t bytes, void *data)
{
	struct census *census = data;

	(void)object;
	census->objects++;
	census->bytes += bytes;
}

static void *take_census(void *data)
{
	GC_enumerate_reachable_objects_inner(count_object, data);
	return NULL;
}

int main(void)
{
	struct census census = {0};
	int i;

	GC_INIT();
	for (i = 0; i < LIVE; i++) {
		struct small *object = GC_MALLOC(sizeof(*object));

		object->next = live;
		live = object;
	}
	for (i = 0; i < ROUNDS; i++) {
		drop_large(LARGE / ROUNDS);
		wipe_stack();
		churn();
	}
	for (i = 0; i < 4; i++) {
		wipe_stack();
		GC_gcollect();
		GC_invoke_finalizers();
	}
	GC_call_with_alloc_lock(take_census, &census);
	printf("objects %lu\nbytes %lu\nfinalized %lu\nheap %lu\n", census.objects,
	       census.bytes, finalized,
	       (unsigned long)(GC_get_heap_size() - GC_get_unmapped_bytes()));
	return EXIT_SUCCESS;
}

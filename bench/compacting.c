/* SPDX-License-Identifier: MIT */
/*
 * compacting.c - a mark-compact collector that moves pages instead of copying objects.
 *
 * A sliding compactor after the Lisp 2 collector (Jones, Hosking and Moss, "The Garbage
 * Collection Handbook", chapter 3): mark; compute a forwarding address for each live
 * object; update all references; relocate.  The difference is in the last step.  To slide
 * the heap together by copying costs time in proportion to the bytes that are alive.  But
 * the kernel can take a page from one address and put it at another (UFFDIO_MOVE, Linux
 * 6.8), and unlike mremap(2) it does not split a mapping for it:
 *
 *  - Pages of which most is alive, and large objects, move as they are.  Neighbours that
 *    go the same distance go together, as far as the gap before them is wide.
 *  - The objects of sparse pages are evacuated: copied, one behind the other, to fresh
 *    pages.
 *
 * What was vacated is given back to the kernel, so that it is absent; and to touch an
 * absent page of this heap stops a thread.  So a stale reference does not silently read
 * what used to be there: it is a fault that a guard thread reports.
 *
 * What pgbarrier does here:
 *	pgb_fault_add		the heap shall stop for ABSENT
 *	pgb_fault_move		pages go to where the compacted heap has them; on kernels
 *				without UFFDIO_MOVE they are copied, and it says so
 *	pgb_fault_ack, FILL	an evacuated page comes into being, with its content
 *	pgb_fault_ack, ZERO	pages for new objects
 *	pgb_fault_read		who touched what is absent?
 *
 * The mutator is one thread, and stops while it collects.
 */
#include "compacting.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"

#define LARGE_WORDS   8192 /* of the largest object */
#define DENSE_PERCENT 70   /* alive of a page that moves as it is */
#define NO_PAGE	      SIZE_MAX

/* ---- pages and the objects on them ---- */

static char *address_of(const struct heap *heap, size_t page)
{
	return heap->start + page * heap->page_size;
}

static size_t page_of(const struct heap *heap, const void *address)
{
	return (size_t)((const char *)address - heap->start) / heap->page_size;
}

static size_t pages_for(const struct heap *heap, size_t bytes)
{
	return (bytes + heap->page_size - 1) / heap->page_size;
}

static struct object *first_object(const struct heap *heap, size_t page)
{
	return (struct object *)address_of(heap, page);
}

static struct object *next_object(const struct heap *heap, size_t page,
				  const struct object *object)
{
	struct object *next = (struct object *)((char *)object + object->size);

	if (heap->page[page].kind == PAGE_LARGE ||
	    (char *)(next + 1) > address_of(heap, page + 1) || !next->size)
		return NULL;
	return next;
}

#define for_each_object(object, heap, page)                                                \
	for ((object) = first_object(heap, page); (object);                                \
	     (object) = next_object(heap, page, object))

/* How many pages belong to what begins at `page`: more than one for a large object. */
static size_t extent(const struct heap *heap, size_t page)
{
	return heap->page[page].kind == PAGE_LARGE
		       ? pages_for(heap, first_object(heap, page)->size)
		       : 1;
}

static void acknowledge(struct heap *heap, enum pgb_ack_action action, size_t page,
			size_t pages, const void *source)
{
	struct pgb_ack ack = {.start = (uintptr_t)address_of(heap, page),
			      .length = pages * heap->page_size,
			      .action = action,
			      .source = source};

	pgb_fault_ack(heap->channel, &ack, 1);
	/* That a page is there already is a failure here. */
	if (ack.result)
		fail("cannot make pages", ack.result);
}

static void discard(struct heap *heap, size_t page, size_t pages)
{
	if (madvise(address_of(heap, page), pages * heap->page_size, MADV_DONTNEED))
		fail("cannot give pages back", -errno);
}

/* ---- mark ---- */

static void mark_object(struct heap *heap, size_t *depth, struct object *object)
{
	if (!object || object->forward)
		return;
	object->forward = object;
	heap->page[page_of(heap, object)].live += object->size;
	heap->mark_stack[(*depth)++] = object;
}

static void mark(struct heap *heap)
{
	size_t depth = 0;

	for (size_t page = 0; page < heap->used; page++)
		heap->page[page].live = 0;
	mark_object(heap, &depth, heap->tree.root);
	while (depth) {
		struct object *object = heap->mark_stack[--depth];

		for (uint32_t i = 0; i < object->references; i++)
			mark_object(heap, &depth, (struct object *)object->slot[i]);
	}
}

/* ---- compute forwarding addresses ---- */

/* What was planned so far takes the pages before `next`. */
struct plan {
	size_t next;
	size_t open;   /* the page that evacuated objects go to, or NO_PAGE */
	size_t filled; /* bytes of it */
};

static void plan_move(struct heap *heap, struct plan *plan, size_t page)
{
	size_t pages = extent(heap, page);
	struct object *object;

	heap->page[page].fate = FATE_MOVED;
	heap->page[page].to = plan->next;
	for_each_object(object, heap, page)
	{
		if (object->forward)
			object->forward =
				(struct object *)((char *)object -
						  (page - plan->next) * heap->page_size);
	}
	plan->next += pages;
}

static void plan_evacuation(struct heap *heap, struct plan *plan, size_t page)
{
	struct object *object;

	heap->page[page].fate = FATE_EVACUATED;
	for_each_object(object, heap, page)
	{
		if (!object->forward)
			continue;
		if (plan->open == NO_PAGE ||
		    plan->filled + object->size > heap->page_size) {
			plan->open = plan->next++;
			plan->filled = 0;
		}
		object->forward =
			(struct object *)(address_of(heap, plan->open) + plan->filled);
		plan->filled += object->size;
	}
}

static bool is_dense(const struct heap *heap, size_t page)
{
	return heap->page[page].kind == PAGE_LARGE ||
	       (size_t)heap->page[page].live * 100 >= heap->page_size * DENSE_PERCENT;
}

/*
 * Nothing goes to a higher page than it comes from: a sparse page is evacuated only if
 * there is a gap before it, and opens one page at most.  So when pages are relocated in
 * ascending order, each finds that what was at its destination has left.
 *
 * Returns how many pages the compacted heap has.
 */
static size_t plan_all(struct heap *heap)
{
	struct plan plan = {.open = NO_PAGE};
	size_t pages;

	for (size_t page = 0; page < heap->used; page += pages) {
		pages = extent(heap, page);
		if (!heap->page[page].live)
			heap->page[page].fate = FATE_FREED;
		else if (plan.next == page || is_dense(heap, page))
			plan_move(heap, &plan, page);
		else
			plan_evacuation(heap, &plan, page);
	}
	return plan.next;
}

/* ---- update references ---- */

static void update(uintptr_t *reference)
{
	if (*reference)
		*reference = (uintptr_t)((struct object *)*reference)->forward;
}

static void update_references(struct heap *heap)
{
	struct object *object;
	size_t pages;

	for (size_t page = 0; page < heap->used; page += pages) {
		pages = extent(heap, page);
		if (heap->page[page].fate == FATE_FREED)
			continue;
		for_each_object(object, heap, page)
		{
			/* What is dead refers to anything. */
			for (uint32_t i = 0; object->forward && i < object->references; i++)
				update(&object->slot[i]);
		}
	}
	update((uintptr_t *)&heap->tree.root);
}

/* ---- relocate ---- */

static void move_pages(struct heap *heap, size_t to, size_t from, size_t pages)
{
	struct totals *totals = &heap->totals;
	struct pgb_move result;
	int err = pgb_fault_move(heap->channel, address_of(heap, to),
				 address_of(heap, from), pages * heap->page_size, &result);

	if (err)
		fail("cannot move pages", err);
	totals->moves++;
	totals->moved += result.moved - result.copied;
	totals->copied += result.copied;
	if (result.reason)
		totals->reason = result.reason;
}

/* What a collector without pgb_fault_move() would do. */
static void copy_pages(struct heap *heap, size_t to, size_t from, size_t pages)
{
	acknowledge(heap, PGB_ACK_FILL, to, pages, address_of(heap, from));
	discard(heap, from, pages);
	heap->totals.copied += pages * heap->page_size;
}

/* The ranges of a move must not overlap: it goes in strips as wide as the gap. */
static void move_run(struct heap *heap)
{
	struct run *run = &heap->run;
	uint64_t begin = now_ns();

	while (run->pages) {
		size_t gap = run->from - run->to;
		size_t pages = run->pages < gap ? run->pages : gap;

		if (heap->options->copy)
			copy_pages(heap, run->to, run->from, pages);
		else
			move_pages(heap, run->to, run->from, pages);
		run->from += pages;
		run->to += pages;
		run->pages -= pages;
	}
	heap->relocation_ns += now_ns() - begin;
}

static void relocate_whole(struct heap *heap, size_t page, size_t pages)
{
	size_t to = heap->page[page].to;
	struct run *run = &heap->run;
	struct object *object;

	for_each_object(object, heap, page) object->forward = NULL;
	/* Not before: this page may be that one. */
	for (size_t i = 0; i < pages; i++)
		heap->page[to + i].kind = heap->page[page + i].kind;
	if (to == page) {
		heap->totals.stayed += pages * heap->page_size;
		return;
	}
	if (run->pages && run->from + run->pages == page && run->to + run->pages == to) {
		run->pages += pages;
		return;
	}
	move_run(heap);
	*run = (struct run){page, to, pages};
}

static void fill_evacuated_page(struct heap *heap)
{
	if (heap->evacuated_to == NO_PAGE)
		return;
	if (heap->options->plant != PLANT_LOST)
		acknowledge(heap, PGB_ACK_FILL, heap->evacuated_to, 1, heap->evacuated);
	heap->page[heap->evacuated_to].kind = PAGE_SMALL;
	heap->evacuated_to = NO_PAGE;
}

static void evacuate(struct heap *heap, const struct object *object)
{
	size_t to = page_of(heap, object->forward);
	struct object *copy;

	if (to != heap->evacuated_to) {
		fill_evacuated_page(heap);
		memset(heap->evacuated, 0, heap->page_size);
		heap->evacuated_to = to;
	}
	copy = (struct object *)(heap->evacuated +
				 (uintptr_t)object->forward % heap->page_size);
	memcpy(copy, object, object->size);
	copy->forward = NULL;
	heap->totals.evacuated += object->size;
}

static void relocate_all(struct heap *heap, size_t pages_after)
{
	struct object *object;
	size_t pages;

	for (size_t page = 0; page < heap->used; page += pages) {
		pages = extent(heap, page);
		if (heap->page[page].fate == FATE_MOVED) {
			relocate_whole(heap, page, pages);
			continue;
		}
		if (heap->page[page].fate == FATE_EVACUATED) {
			/* The page to fill may still hold what waits to be moved. */
			move_run(heap);
			for_each_object(object, heap, page)
			{
				if (object->forward)
					evacuate(heap, object);
			}
		} else {
			heap->totals.freed += pages * heap->page_size;
		}
		discard(heap, page, pages);
	}
	move_run(heap);
	fill_evacuated_page(heap);
	heap->used = pages_after;
}

static void collect(struct heap *heap)
{
	uint64_t begin = now_ns();
	size_t pages_after;

	mark(heap);
	pages_after = plan_all(heap);
	if (heap->options->plant != PLANT_STALE)
		update_references(heap);
	relocate_all(heap, pages_after);
	heap->free = heap->limit = NULL;
	heap->collections++;
	durations_add(&heap->totals.relocations, heap->relocation_ns);
	heap->relocation_ns = 0;
	durations_add(&heap->totals.pauses, now_ns() - begin);
}

/* ---- the mutator ---- */

static char *take_pages(struct heap *heap, enum page_kind kind, size_t pages)
{
	size_t first;

	if (heap->used + pages > heap->pages)
		collect(heap);
	if (heap->used + pages > heap->pages)
		fail("what is alive does not fit; a larger heap is needed", -ENOMEM);
	first = heap->used;
	heap->used += pages;
	acknowledge(heap, PGB_ACK_ZERO, first, pages, NULL);
	heap->page[first].kind = kind;
	for (size_t i = 1; i < pages; i++)
		heap->page[first + i].kind = PAGE_CONTINUED;
	return address_of(heap, first);
}

static char *take_small(struct heap *heap, uint32_t size)
{
	char *start;

	if ((size_t)(heap->limit - heap->free) < size) {
		heap->free = take_pages(heap, PAGE_SMALL, 1);
		heap->limit = heap->free + heap->page_size;
	}
	start = heap->free;
	heap->free += size;
	return start;
}

static struct object *allocate(void *arg, uint32_t references, uint32_t words)
{
	struct heap *heap = arg;
	uint32_t size = object_size(references, words);
	char *start = size <= LARGEST_SMALL_OBJECT
			      ? take_small(heap, size)
			      : take_pages(heap, PAGE_LARGE, pages_for(heap, size));
	struct object *object = (struct object *)start;

	object->size = size;
	object->references = references;
	return object;
}

static bool may_hold(void *arg, const struct object *object)
{
	const struct heap *heap = arg;
	uintptr_t end = (uintptr_t)address_of(heap, heap->used);

	return (uintptr_t)object >= (uintptr_t)heap->start &&
	       (uintptr_t)(object + 1) <= end;
}

static const struct tree_heap tree_heap = {allocate, may_hold};

/* ---- the guard ---- */

/* Zeros let the thread go on, which finds with them that something is missing. */
static void report_stale(struct heap *heap)
{
	struct pgb_fault fault;

	while (pgb_fault_read(heap->channel, &fault, 1) == 1) {
		size_t page = page_of(heap, (const void *)fault.address);
		struct pgb_ack ack = {.start = (uintptr_t)address_of(heap, page),
				      .length = heap->page_size,
				      .action = PGB_ACK_ZERO};

		AO_fetch_and_add1(&heap->stale_faults);
		pgb_fault_ack(heap->channel, &ack, 1);
	}
}

static void *stand_guard(void *arg)
{
	struct heap *heap = arg;
	struct pollfd fds[] = {{.fd = pgb_fault_fd(heap->channel), .events = POLLIN},
			       {.fd = heap->quit, .events = POLLIN}};

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			fail("cannot poll", -errno);
		report_stale(heap);
	}
	return NULL;
}

/* ---- from beginning to end ---- */

void compacting_set_up(struct heap *heap, const struct options *options)
{
	size_t size;
	int err;

	heap->options = options;
	heap->page_size = (size_t)sysconf(_SC_PAGESIZE);
	heap->pages = options->pages;
	size = heap->pages * heap->page_size;
	heap->page = calloc(heap->pages, sizeof(*heap->page));
	heap->mark_stack = calloc(size / sizeof(struct object), sizeof(struct object *));
	heap->evacuated = calloc(1, heap->page_size);
	heap->evacuated_to = NO_PAGE;
	heap->quit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	heap->start = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (!heap->page || !heap->mark_stack || !heap->evacuated || heap->quit < 0 ||
	    heap->start == MAP_FAILED)
		fail("cannot set up the heap", -errno);
	heap->tree = (struct shadow_tree){.nodes = options->nodes,
					  .large_words = LARGE_WORDS,
					  .heap = &tree_heap,
					  .arg = heap};
	/* No system call reads or writes objects here. */
	err = pgb_fault_open(&heap->channel, PGB_FAULT_USER_ONLY);
	if (!err)
		err = pgb_fault_add(heap->channel, heap->start, size, PGB_FAULT_ABSENT);
	if (err)
		fail("cannot add the heap to a fault channel", err);
	if (pthread_create(&heap->guard, NULL, stand_guard, heap))
		fail("cannot start a thread", -EAGAIN);
}

void compacting_run(struct heap *heap)
{
	struct shadow_tree *tree = &heap->tree;
	bool sound = shadow_tree_build(tree, heap->options->seed);

	while (sound && heap->collections < heap->options->collections) {
		unsigned collections = heap->collections;

		sound = shadow_tree_step(tree);
		if (sound && heap->collections != collections)
			sound = shadow_tree_check(tree);
	}
}

void compacting_tear_down(struct heap *heap)
{
	eventfd_write(heap->quit, 1);
	pthread_join(heap->guard, NULL);
	pgb_fault_close(heap->channel);
	shadow_tree_free(&heap->tree);
	durations_free(&heap->totals.pauses);
	durations_free(&heap->totals.relocations);
	munmap(heap->start, heap->pages * heap->page_size);
	close(heap->quit);
	free(heap->evacuated);
	free(heap->mark_stack);
	free(heap->page);
}

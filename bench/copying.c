/* SPDX-License-Identifier: MIT */
/*
 * copying.c - a concurrent copying collector in the style of Appel, Ellis and Li.
 *
 * After "Real-time concurrent collection on stock multiprocessors" (PLDI 1988).  The heap
 * is two semispaces.  Mutators allocate in to-space; when they have used it up the spaces
 * change their names (a flip), and the collector copies what is alive out of from-space
 * while the mutators run on.  What makes that possible is the invariant that a mutator
 * never sees a reference into from-space:
 *
 *  - At a flip, with the mutators stopped, the roots are forwarded: what they refer to
 *    is copied, and they refer to the copies.
 *  - The copies still have references into from-space.  So their pages are protected.  A
 *    mutator that touches one stops; the collector scans the page, which means that it
 *    forwards all references there, and lets the mutator go on.  For a mutator it is as
 *    if the page had been scanned all along.
 *  - Between faults the collector scans page after page in the background.  When the
 *    scan has caught up with the copying, from-space is free.
 *  - New objects can only refer to to-space.  Their pages are not protected.
 *
 * The collector has to get at protected pages.  Its heap is therefore a memfd that is
 * mapped twice: the mutators' view, whose pages are protected, and the collector's view,
 * whose pages never are.  References are addresses in the mutators' view.
 *
 * What pgbarrier does here:
 *	pgb_fault_add		the mutators' view shall stop for ACCESS
 *	pgb_fault_protect	at a flip: all of the view at once, from-space included, so
 *				that a broken invariant is a fault
 *	pgb_fault_read		which page does a mutator wait for?
 *	pgb_fault_ack, MAP	the page is scanned: map it, and let go who waits
 *	pgb_fault_unprotect	pages for new objects
 *
 * One thread is the collector, and all that collecting changes belongs to it alone: it
 * answers faults before it scans in the background, a page at a time, which bounds how
 * long a mutator waits.  Simpler than in the paper: copies do not cross the end of a page,
 * and have one half of to-space, new objects the other.
 */
#include "copying.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"

#define CHUNK_PAGES    16 /* what a mutator gets at once for new objects */
#define FAULTS_AT_ONCE 16

/* ---- addresses ---- */

static char *space(const struct heap *heap, unsigned which)
{
	return heap->mutators_view + which * heap->space_size;
}

static bool is_in_space(const struct heap *heap, unsigned which, const void *address)
{
	return (uintptr_t)address - (uintptr_t)space(heap, which) < heap->space_size;
}

/* The same memory, where it is never protected. */
static void *collectors(const struct heap *heap, const void *address)
{
	return heap->collectors_view + ((const char *)address - heap->mutators_view);
}

static size_t copy_pages(const struct heap *heap)
{
	return heap->space_size / heap->page_size / 2;
}

static char *page_address(const struct heap *heap, size_t page)
{
	return space(heap, heap->to) + page * heap->page_size;
}

/* ---- copying and scanning, by the collector through its own view ---- */

static void open_page(struct heap *heap, size_t page)
{
	if (page == copy_pages(heap))
		fail("what is alive does not fit; a larger heap is needed", -ENOMEM);
	memset(collectors(heap, page_address(heap, page)), 0, heap->page_size);
	heap->copy_page = page;
	heap->copied = 0;
}

static struct object *copy(struct heap *heap, const struct object *old)
{
	struct object *new;

	if (heap->copied + old->size > heap->page_size)
		open_page(heap, heap->copy_page + 1);
	new = (struct object *)(page_address(heap, heap->copy_page) + heap->copied);
	memcpy(collectors(heap, new), old, old->size);
	heap->copied += old->size;
	return new;
}

/* A reference into from-space becomes one to the copy, which is made if there is none. */
static void forward(struct heap *heap, uintptr_t *reference)
{
	struct object *old;

	if (!is_in_space(heap, !heap->to, (const void *)*reference))
		return;
	old = collectors(heap, (const void *)*reference);
	if (!old->forward)
		old->forward = copy(heap, old);
	*reference = (uintptr_t)old->forward;
}

/* The page may be the one that copies are appended to; then these are scanned as well. */
static void forward_all_on(struct heap *heap, size_t page)
{
	char *start = collectors(heap, page_address(heap, page));
	struct object *object;

	for (size_t at = 0; at + sizeof(*object) <= heap->page_size; at += object->size) {
		object = (struct object *)(start + at);
		if (!object->size)
			break;
		for (uint32_t i = 0; i < object->references; i++)
			forward(heap, &object->slot[i]);
	}
}

/* From now on mutators may see the page, so nothing may be copied to it. */
static void close_page(struct heap *heap, size_t page)
{
	heap->scanned[page] = true;
	if (page == heap->copy_page)
		open_page(heap, page + 1);
}

static void map_page(struct heap *heap, uintptr_t address)
{
	struct pgb_ack ack = {.start = address & ~(heap->page_size - 1),
			      .length = heap->page_size,
			      .action = PGB_ACK_MAP};
	/* A page that is mapped already (-EEXIST) is none that fails. */
	int err = pgb_fault_ack(heap->channel, &ack, 1);

	if (err)
		fail("cannot map a page", err);
}

/* ---- faults ---- */

/*
 * The same fault may come twice, since two mutators can wait for one page, and the page may
 * have been scanned since the fault was posted.  Each is acknowledged all the same.
 */
static void answer(struct heap *heap, const struct pgb_fault *fault)
{
	size_t page = (fault->address - (uintptr_t)space(heap, heap->to)) / heap->page_size;

	if (is_in_space(heap, !heap->to, (const void *)fault->address)) {
		heap->faults_in_from_space++;
	} else if (page > heap->copy_page || heap->scanned[page]) {
		heap->faults_for_scanned++;
	} else {
		if (heap->options->plant != PLANT_UNSCANNED)
			forward_all_on(heap, page);
		close_page(heap, page);
		heap->scanned_for_fault++;
	}
	map_page(heap, fault->address);
}

static void answer_faults(struct heap *heap)
{
	struct pgb_fault faults[FAULTS_AT_ONCE];
	int count = pgb_fault_read(heap->channel, faults, FAULTS_AT_ONCE);

	if (count < 0 && count != -EAGAIN)
		fail("cannot read faults", count);
	for (int i = 0; i < count; i++) {
		uint64_t begin = now_ns();

		answer(heap, &faults[i]);
		durations_add(&heap->answer_times, now_ns() - begin);
	}
}

/* Sleep until there are faults, which are answered, or something is new under the lock. */
static void wait_for_news(struct heap *heap)
{
	struct pollfd fds[] = {{.fd = pgb_fault_fd(heap->channel), .events = POLLIN},
			       {.fd = heap->news, .events = POLLIN}};
	eventfd_t value;

	if (poll(fds, 2, -1) < 0 && errno != EINTR)
		fail("cannot poll", -errno);
	answer_faults(heap);
	if (fds[1].revents)
		eventfd_read(heap->news, &value);
}

/* ---- the collector ---- */

static void stop_mutators(struct heap *heap)
{
	AO_store_full(&heap->stop_please, 1);
	pthread_mutex_lock(&heap->lock);
	while (heap->stopped < heap->running) {
		pthread_mutex_unlock(&heap->lock);
		wait_for_news(heap);
		pthread_mutex_lock(&heap->lock);
	}
	pthread_mutex_unlock(&heap->lock);
}

static void start_mutators(struct heap *heap)
{
	pthread_mutex_lock(&heap->lock);
	AO_store_full(&heap->stop_please, 0);
	heap->stopped = 0;
	heap->memory_is_out = false;
	heap->flips++;
	pthread_cond_broadcast(&heap->flipped);
	pthread_mutex_unlock(&heap->lock);
}

static void protect_heap(struct heap *heap)
{
	uintptr_t start = (uintptr_t)heap->mutators_view;
	struct pgb_page_run all = {start, start + 2 * heap->space_size};
	int err = pgb_fault_protect(heap->channel, PGB_FAULT_ACCESS, &all, 1);

	if (err)
		fail("cannot protect the heap", err);
}

static void flip(struct heap *heap)
{
	uint64_t begin = now_ns();

	stop_mutators(heap);
	heap->to = !heap->to;
	if (heap->options->plant != PLANT_UNPROTECTED)
		protect_heap(heap);
	memset(heap->scanned, 0, copy_pages(heap));
	heap->next_to_scan = 0;
	heap->next_chunk = copy_pages(heap) * heap->page_size;
	open_page(heap, 0);
	for (unsigned i = 0; i < MUTATORS; i++) {
		struct mutator *mutator = &heap->mutators[i];

		if (heap->options->plant != PLANT_UNFORWARDED)
			forward(heap, (uintptr_t *)&mutator->tree.root);
		mutator->free = mutator->limit = NULL;
	}
	start_mutators(heap);
	durations_add(&heap->flip_times, now_ns() - begin);
}

static void scan_next_page(struct heap *heap)
{
	size_t page = heap->next_to_scan++;

	if (heap->scanned[page])
		return;
	forward_all_on(heap, page);
	close_page(heap, page);
	map_page(heap, (uintptr_t)page_address(heap, page));
	heap->scanned_in_background++;
}

static bool is_memory_out(struct heap *heap)
{
	bool is_out;

	pthread_mutex_lock(&heap->lock);
	is_out = heap->memory_is_out;
	pthread_mutex_unlock(&heap->lock);
	return is_out;
}

static bool is_anybody_running(struct heap *heap)
{
	bool is_running;

	pthread_mutex_lock(&heap->lock);
	is_running = heap->running > 0;
	pthread_mutex_unlock(&heap->lock);
	return is_running;
}

/* The scan has caught up when it stands before a page that has nothing yet. */
static bool is_scan_complete(const struct heap *heap)
{
	return heap->next_to_scan == heap->copy_page && !heap->copied;
}

static void scan_all(struct heap *heap)
{
	while (!is_scan_complete(heap) && is_anybody_running(heap)) {
		if (heap->options->lazy && !is_memory_out(heap)) {
			wait_for_news(heap);
			continue;
		}
		answer_faults(heap);
		scan_next_page(heap);
	}
}

static void *collect(void *arg)
{
	struct heap *heap = arg;

	while (is_anybody_running(heap)) {
		if (is_memory_out(heap)) {
			flip(heap);
			scan_all(heap);
		} else {
			wait_for_news(heap);
		}
	}
	return NULL;
}

/* ---- the mutators ---- */

/* Sleep until the next flip is over.  `lock` is held. */
static void wait_for_flip(struct mutator *mutator)
{
	struct heap *heap = mutator->heap;
	uint64_t begin = now_ns();
	unsigned flips = heap->flips;

	heap->stopped++;
	eventfd_write(heap->news, 1);
	while (heap->flips == flips)
		pthread_cond_wait(&heap->flipped, &heap->lock);
	mutator->flips = heap->flips;
	durations_add(&mutator->stops, now_ns() - begin);
}

static void safe_point(struct mutator *mutator)
{
	if (!AO_load(&mutator->heap->stop_please))
		return;
	pthread_mutex_lock(&mutator->heap->lock);
	/* Looked at without the lock, it may have been about a flip that is over. */
	if (AO_load(&mutator->heap->stop_please))
		wait_for_flip(mutator);
	pthread_mutex_unlock(&mutator->heap->lock);
}

static void get_chunk(struct mutator *mutator)
{
	struct heap *heap = mutator->heap;
	size_t size = CHUNK_PAGES * heap->page_size;
	struct pgb_page_run run;
	int err;

	pthread_mutex_lock(&heap->lock);
	while (heap->next_chunk + size > heap->space_size) {
		heap->memory_is_out = true;
		wait_for_flip(mutator);
	}
	mutator->free = space(heap, heap->to) + heap->next_chunk;
	mutator->limit = mutator->free + size;
	heap->next_chunk += size;
	memset(collectors(heap, mutator->free), 0, size);
	run = (struct pgb_page_run){(uintptr_t)mutator->free, (uintptr_t)mutator->limit};
	err = pgb_fault_unprotect(heap->channel, PGB_FAULT_ACCESS, &run, 1);
	pthread_mutex_unlock(&heap->lock);
	if (err)
		fail("cannot unprotect new pages", err);
}

static struct object *allocate(void *arg, uint32_t references, uint32_t words)
{
	struct mutator *mutator = arg;
	uint32_t size = object_size(references, words);
	struct object *object;

	safe_point(mutator);
	if ((size_t)(mutator->limit - mutator->free) < size)
		get_chunk(mutator);
	object = (struct object *)mutator->free;
	mutator->free += size;
	object->size = size;
	object->references = references;
	return object;
}

/* The invariant. */
static bool may_hold(void *arg, const struct object *object)
{
	const struct heap *heap = ((const struct mutator *)arg)->heap;

	return is_in_space(heap, heap->to, object) &&
	       is_in_space(heap, heap->to, (const char *)(object + 1) - 1);
}

static const struct tree_heap tree_heap = {allocate, may_hold};

static void leave(struct mutator *mutator)
{
	struct heap *heap = mutator->heap;

	pthread_mutex_lock(&heap->lock);
	heap->running--;
	eventfd_write(heap->news, 1);
	pthread_mutex_unlock(&heap->lock);
}

static void *mutate(void *arg)
{
	struct mutator *mutator = arg;
	struct shadow_tree *tree = &mutator->tree;
	const struct options *options = mutator->heap->options;
	uint64_t seed = options->seed + (uint64_t)(mutator - mutator->heap->mutators);
	bool sound = shadow_tree_build(tree, seed);

	while (sound && mutator->flips < options->flips) {
		unsigned flips = mutator->flips;

		sound = shadow_tree_step(tree);
		if (sound && mutator->flips != flips)
			sound = shadow_tree_check(tree);
	}
	if (sound)
		shadow_tree_check(tree);
	leave(mutator);
	return NULL;
}

/* ---- from beginning to end ---- */

static void *map_view(const struct heap *heap, int memfd)
{
	void *view = mmap(NULL, 2 * heap->space_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			  memfd, 0);

	if (view == MAP_FAILED)
		fail("cannot map the heap", -errno);
	return view;
}

void copying_set_up(struct heap *heap, const struct options *options)
{
	int memfd = memfd_create("heap", MFD_CLOEXEC), err;

	heap->options = options;
	heap->page_size = (size_t)sysconf(_SC_PAGESIZE);
	heap->space_size = options->pages * heap->page_size;
	heap->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	heap->scanned = calloc(copy_pages(heap), sizeof(*heap->scanned));
	if (memfd < 0 || ftruncate(memfd, (off_t)(2 * heap->space_size)) ||
	    heap->news < 0 || !heap->scanned)
		fail("cannot set up the heap", -errno);
	heap->mutators_view = map_view(heap, memfd);
	heap->collectors_view = map_view(heap, memfd);
	close(memfd);
	/* No system call reads or writes objects here. */
	err = pgb_fault_open(&heap->channel, PGB_FAULT_USER_ONLY);
	if (!err)
		err = pgb_fault_add(heap->channel, heap->mutators_view,
				    2 * heap->space_size, PGB_FAULT_ACCESS);
	if (err)
		fail("cannot add the heap to a fault channel", err);
	pthread_mutex_init(&heap->lock, NULL);
	pthread_cond_init(&heap->flipped, NULL);
	heap->next_chunk = copy_pages(heap) * heap->page_size;
}

void copying_run(struct heap *heap)
{
	pthread_t collector;

	heap->running = MUTATORS;
	if (pthread_create(&collector, NULL, collect, heap))
		fail("cannot start a thread", -EAGAIN);
	for (unsigned i = 0; i < MUTATORS; i++) {
		struct mutator *mutator = &heap->mutators[i];

		mutator->heap = heap;
		mutator->tree = (struct shadow_tree){
			.nodes = heap->options->nodes, .heap = &tree_heap, .arg = mutator};
		if (pthread_create(&mutator->thread, NULL, mutate, mutator))
			fail("cannot start a thread", -EAGAIN);
	}
	for (unsigned i = 0; i < MUTATORS; i++)
		pthread_join(heap->mutators[i].thread, NULL);
	pthread_join(collector, NULL);
}

void copying_tear_down(struct heap *heap)
{
	pgb_fault_close(heap->channel);
	for (unsigned i = 0; i < MUTATORS; i++) {
		shadow_tree_free(&heap->mutators[i].tree);
		durations_free(&heap->mutators[i].stops);
	}
	durations_free(&heap->flip_times);
	durations_free(&heap->answer_times);
	free(heap->scanned);
	close(heap->news);
}

/* SPDX-License-Identifier: MIT */
/*
 * dirty_pages.c - mark from dirty pages, in the place of libgc.
 *
 * libgc asks for dirty pages when it begins to mark, and pushes roots once it has looked at
 * its own.  Among them are a few objects of a kind whose marking procedure is mark_page():
 * it takes the next page that waits, has its own object pushed again, and then pushes what
 * the page points to.  So the work is taken up, cut off by a time limit, and shared among
 * the markers as any other that is on the mark stack.
 *
 * What the page points to is for libgc itself to find, if its mark stack is as it is known
 * to be: an entry is pushed for each run of objects to mark from.  Otherwise the words are
 * looked at here.  Markers count bytes until they look at the clock, or return to the
 * program, and a page by a procedure counts for nearly none; so then an object of that size
 * goes with each, zeros, to be scanned by libgc: ballast.
 *
 * Marking ends when the mark stack is empty, and that is when no page waits any more.  What
 * is written meanwhile is dirty again, and is found by the harvest of the next stop; or by
 * one before that, for which the marker that finds nothing any more can ask.
 *
 * This file defines three of libgc's public functions.  The preload comes before libgc, so
 * the program's calls end here, and its procedure is called after ours.
 */
#include "dirty_pages.h"

#include <atomic_ops.h>
#include <errno.h>

#include "arming.h"
#include "empty_walk.h"
#include "events.h"
#include "heap.h"
#include "message.h"
#include "object.h"
#include "os/memory.h"
#include "own.h"
#include "page_marking.h"
#include "pagebits.h"

enum {
	/* So many markers can take up the work at once; libgc has 16 at most. */
	PARTS = 16,
	BALLAST = PARTS,
	/* So many objects in a block show that it is no smaller than a page. */
	PROBES = 3,
	ROOTS = PARTS + 1 + PROBES,
	/* Of gc_mark.h. */
	DESCRIPTOR_TAG_BITS = 2,
	DESCRIPTOR_OF_PROCEDURE = 2,
	/*
	 * Less than a page, since libgc may add to it, but too much for two in a block of
	 * that size.  So each is alone in its block, and that is swept when a collection is
	 * over, not while the mark bit is cleared for a moment.
	 */
	ALMOST = 64,
	SMALLEST_BLOCK = 512, /* of any build of libgc */
	/* From here on an object is better marked from a page at a time. */
	LARGE = 64 << 10,
	/*
	 * In a heap that libgc's table is large enough for, to look up an object is only
	 * for finding large ones; it takes 0.1 us, and the world may be waiting.
	 */
	LOOKUPS_MOST = 4096,
};

/* In memory of our own: page addresses in .bss would be roots to libgc. */
static struct dirty_pages {
	struct pgb_pagebits waiting;
	AO_t next;	       /* they are taken in order of address, from here on */
	AO_t markers;	       /* that look for pages; and ADDING, while pages are added */
	AO_t taken;	       /* a page was, since the last harvest */
	uintptr_t least, most; /* where the heap is, as of this harvest */
	uintptr_t descriptor;  /* of the objects that have the procedure */
	void *root[ROOTS];     /* the objects that are pushed, the ballast, the probes */
	bool is_ready;
	/* Of this harvest. */
	bool keeps, keeps_small;
	size_t lookups; /* left */
	struct object last;
} * pages;

static const struct collector_api *api;
static size_t page_size;
static uint64_t table_bytes;   /* of heap, from which on libgc's pages share bits */
static AO_t program_procedure; /* collector_push_roots * */
static collector_push_roots *libgcs_procedure;
static bool installed;
static AO_t is_forbidden; /* by what the program has libgc do */
static bool (*find_more)(void);
static bool in_any_heap;
static uint64_t passed_on; /* bytes of pages, to libgc */

#define NO_MORE UINTPTR_MAX
#define ADDING	((AO_t)1 << 16)

static bool next_waiting(uintptr_t *page)
{
	const struct pgb_range_table *followed = heap_ranges();

	for (size_t i = pgb_range_table_find(followed, *page); i < followed->count; i++) {
		if (*page < followed->range[i].start)
			*page = followed->range[i].start;
		if (pgb_pagebits_next(&pages->waiting, page, followed->range[i].end))
			return true;
	}
	return false;
}

/* Several markers do this at once, while nobody adds pages. */
static bool take_page(uintptr_t *page)
{
	AO_t from;
	bool found;

	do {
		from = AO_load_acquire(&pages->next);
		*page = from;
		found = from != NO_MORE && next_waiting(page);
	} while (!AO_compare_and_swap_full(&pages->next, from,
					   found ? *page + page_size : NO_MORE));
	return found;
}

/* libgc marks what it pushes, and pushes nothing that is marked. */
static void push_again(void *object, struct mark_stack *stack)
{
	api->clear_mark_bit(object);
	stack->top = api->mark_and_push(object, stack->top, stack->limit, &object);
}

/*
 * An entry is as collector.h has it at least since libgc 7.4 (private/gc_priv.h).  In this
 * one it is, too, if the one above `top` tells of `part`, which has just been pushed.
 */
static bool is_known(const struct mark_stack *stack, const struct collector_mark_entry *top,
		     const uintptr_t *part)
{
	return stack->top == top + 1 && stack->top->start == (uintptr_t)part &&
	       stack->top->descriptor == pages->descriptor;
}

/* False: pages are being added, by a marker that will take them itself. */
static bool enter(void)
{
	if (AO_fetch_and_add1_full(&pages->markers) < ADDING)
		return true;
	AO_fetch_and_sub1_full(&pages->markers);
	return false;
}

static void leave(void)
{
	AO_fetch_and_sub1_full(&pages->markers);
}

/*
 * Only if no other marker is here, whose page may lead to more.  And not if no page waited
 * at all, as in a collection that marks everything: libgc has pushed its other roots before
 * ours and not marked from them yet, so it would be too early.
 */
static bool add_pages(void)
{
	bool added;

	if (!find_more || !pages->keeps_small || !AO_load(&pages->taken) ||
	    !AO_compare_and_swap_full(&pages->markers, 1, 1 + ADDING))
		return false;
	added = find_more();
	AO_fetch_and_add_full(&pages->markers, (AO_t)0 - ADDING);
	return added;
}

static bool find_page(uintptr_t *page)
{
	return take_page(page) || (add_pages() && take_page(page));
}

static struct collector_mark_entry *mark_page(uintptr_t *part,
					      struct collector_mark_entry *top,
					      struct collector_mark_entry *limit,
					      uintptr_t environment)
{
	struct mark_stack stack = {.top = top, .limit = limit};
	uintptr_t page;

	(void)environment;
	if (!enter())
		return top;
	if (find_page(&page)) {
		AO_store(&pages->taken, true);
		push_again(part, &stack);
		stack.is_known = is_known(&stack, top, part);
		if (!stack.is_known)
			push_again(pages->root[BALLAST], &stack);
		page_marking_push(page, pages->least, pages->most, &stack);
	}
	leave();
	return stack.top;
}

/* The rest of the roots is kept alive by it. */
static void push_roots(void)
{
	collector_push_roots *program =
		(collector_push_roots *)AO_load_acquire(&program_procedure);

	empty_walk_end();
	for (size_t i = 0; pages->is_ready && i < PARTS; i++)
		api->clear_mark_bit(pages->root[i]);
	api->push_all(pages->root, pages->root + ROOTS);
	if (program)
		program();
}

static bool is_complete(void)
{
	return api->base && api->get_kind_and_size && api->is_marked && api->push_all &&
	       api->set_push_other_roots && api->get_push_other_roots &&
	       api->clear_mark_bit && api->mark_and_push && api->new_proc &&
	       api->new_kind && api->new_free_list && api->generic_malloc && api->disable &&
	       api->enable;
}

int dirty_pages_init(const struct collector *collector, unsigned table_mib)
{
	int err;

	api = &collector->api;
	if (!is_complete())
		return 0;
	page_size = pgb_page_size();
	page_marking_init(collector);
	table_bytes = (uint64_t)table_mib << 20;
	pages = pgb_memory_map(sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	err = pgb_pagebits_init(&pages->waiting);
	if (err)
		return err;
	pages->next = NO_MORE;
	libgcs_procedure = api->get_push_other_roots();
	AO_store_release(&program_procedure, (AO_t)libgcs_procedure);
	installed = true;
	api->set_push_other_roots(push_roots);
	return 0;
}

static bool is_at(const void *object, size_t alignment)
{
	return object && !((uintptr_t)object % alignment);
}

/*
 * Is a block of libgc's a page?  If it is larger, not all of the objects that are almost a
 * page begin with one; if smaller, all probes begin with a block.
 */
static bool blocks_are_pages(void)
{
	bool another_is_in_it = false;

	for (size_t i = 0; i < BALLAST + 1; i++)
		if (!is_at(pages->root[i], page_size))
			return false;
	for (size_t i = BALLAST + 1; i < ROOTS; i++)
		if (!is_at(pages->root[i], SMALLEST_BLOCK))
			another_is_in_it = true;
	return another_is_in_it;
}

static int new_kind(void)
{
	uintptr_t procedure = api->new_proc(mark_page);

	pages->descriptor = procedure << DESCRIPTOR_TAG_BITS | DESCRIPTOR_OF_PROCEDURE;
	return (int)api->new_kind(api->new_free_list(), pages->descriptor, 0, 1);
}

static void make_roots(void)
{
	int kind = new_kind();
	size_t size = page_size - ALMOST;

	for (size_t i = 0; i < PARTS; i++)
		pages->root[i] = api->generic_malloc(size, kind);
	pages->root[BALLAST] = api->generic_malloc(size, OBJECT_NORMAL);
	for (size_t i = BALLAST + 1; i < ROOTS; i++)
		pages->root[i] = api->generic_malloc(page_size / PROBES - ALMOST,
						     OBJECT_POINTER_FREE);
}

static const char *what_is_kept(void)
{
	if (!pages->is_ready)
		return "libgc's blocks are not pages, so it marks from dirty pages by "
		       "itself";
	if (empty_walk_is_possible())
		return "libgc's markers ask here for dirty pages, and it can be spared "
		       "its walk over all blocks";
	return "libgc's markers ask here for dirty pages of large objects, and of heaps "
	       "that its table is too small for";
}

/* The roots of the program are not all known yet, so nothing may be collected. */
void dirty_pages_prepare(void)
{
	if (!installed || pages->root[0] || !api->is_init_called())
		return;
	api->disable();
	make_roots();
	api->enable();
	pages->is_ready = blocks_are_pages();
	if (pages->is_ready) {
		arming_blocks_are_pages();
		empty_walk_find(pages->root[0]);
	}
	message_info("%s", what_is_kept());
}

/* Who sets libgc's variable past its function has our procedure called no more. */
static bool is_displaced(void)
{
	return api->get_push_other_roots() != push_roots;
}

bool dirty_pages_has_programs_roots(void)
{
	return !installed || is_displaced() ||
	       (collector_push_roots *)AO_load_acquire(&program_procedure) !=
		       libgcs_procedure;
}

void dirty_pages_ask(bool (*more)(void))
{
	find_more = more;
}

void dirty_pages_keep_small(bool always)
{
	in_any_heap = always;
}

int dirty_pages_make_room(uintptr_t start, uintptr_t end)
{
	return installed ? pgb_pagebits_reserve(&pages->waiting, start, end) : 0;
}

static void forget(const struct pgb_range_table *followed)
{
	for (size_t i = 0; i < followed->count; i++)
		pgb_pagebits_clear_range(&pages->waiting, followed->range[i].start,
					 followed->range[i].end);
	AO_store_release(&pages->next, NO_MORE);
}

/* What waits goes to libgc, and so does all from now on. */
static void give_up(pgb_visitor *visit, void *arg)
{
	uintptr_t page = 0;

	pages->is_ready = pages->keeps = false;
	for (; visit && next_waiting(&page); page += page_size)
		visit(arg, page, page + page_size);
	forget(heap_ranges());
}

static void begin(const struct pgb_range_table *followed, bool all_is_marked)
{
	/* Or all pages have been taken, and so marked from. */
	if (all_is_marked || AO_load_acquire(&pages->next) == NO_MORE)
		forget(followed);
	AO_store(&pages->taken, false);
	pages->keeps = followed->count;
	pages->keeps_small = in_any_heap || heap_bytes() >= table_bytes ||
			     (empty_walk_is_possible() && events_tells_of_stops());
	pages->lookups = pages->keeps_small ? SIZE_MAX : LOOKUPS_MOST;
	pages->last = (struct object){.kind = OBJECT_NONE};
	if (!pages->keeps)
		return;
	pages->least = followed->range[0].start;
	pages->most = followed->range[followed->count - 1].end;
}

void dirty_pages_begin_harvest(pgb_visitor *visit, void *arg)
{
	if (!installed || !pages->is_ready)
		return;
	if (AO_load(&is_forbidden) || is_displaced())
		give_up(visit, arg);
	else
		begin(heap_ranges(), !visit);
}

/*
 * A probe is marked in every collection, as a root, and by nobody else.  Were it not pushed
 * any more, its block might be gone.
 */
static void *find_probe(void)
{
	void *probe;

	if (!installed || is_displaced())
		return NULL;
	probe = pages->root[BALLAST + 1];
	return probe && api->base(probe) == probe ? probe : NULL;
}

bool dirty_pages_marks_are_cleared(void)
{
	const void *probe = find_probe();

	return probe && !api->is_marked(probe);
}

bool dirty_pages_marks_hold(void)
{
	const void *probe = find_probe();

	return probe && api->is_marked(probe);
}

bool dirty_pages_keeps_small(void)
{
	return installed && pages->keeps && pages->keeps_small;
}

/* False: there has been enough of it in this harvest. */
static bool look_up(uintptr_t page, struct object *object)
{
	if (!pages->lookups)
		return false;
	pages->lookups--;
	*object = object_at(api, page);
	return true;
}

/*
 * True: it is not for libgc to mark from.  Where there is no object there is nothing to
 * mark from, and what is put there later is dirty again.
 */
static bool keep(uintptr_t page)
{
	struct object *last = &pages->last;

	if ((page < last->start || page >= last->end) && !look_up(page, last))
		return false;
	if (last->kind == OBJECT_POINTER_FREE || last->kind == OBJECT_NONE)
		return true;
	if (!object_kind_has_pointers(last->kind) ||
	    (object_size(last) < LARGE && !pages->keeps_small))
		return false;
	pgb_pagebits_set(&pages->waiting, page);
	return true;
}

static void pass_on(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg)
{
	if (start == end)
		return;
	passed_on += end - start;
	visit(arg, start, end);
}

void dirty_pages_report(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg)
{
	uintptr_t passed = start;

	if (!installed || !pages->keeps) {
		pass_on(start, end, visit, arg);
		return;
	}
	AO_store_release(&pages->next, 0);
	for (uintptr_t page = start; page < end; page += page_size) {
		if (!keep(page))
			continue;
		pass_on(passed, page, visit, arg);
		passed = page + page_size;
	}
	pass_on(passed, end, visit, arg);
}

uint64_t dirty_pages_passed_on(void)
{
	return passed_on / pgb_page_size();
}

EXPORTED void GC_register_disclaim_proc(int kind, int (*procedure)(void *object),
					int mark_from_all);

/*
 * With `mark_from_all` libgc marks from objects of that kind that are not marked, too, and
 * looks for dirty pages among them.
 */
EXPORTED void GC_register_disclaim_proc(int kind, int (*procedure)(void *object),
					int mark_from_all)
{
	void (*libgc)(int kind, int (*procedure)(void *object), int mark_from_all);

	if (object_kind_has_pointers(kind) && mark_from_all)
		AO_store_release(&is_forbidden, true);
	own_find(__func__, CALLER, &libgc);
	if (libgc)
		libgc(kind, procedure, mark_from_all);
}

EXPORTED void GC_set_push_other_roots(collector_push_roots *procedure);
EXPORTED collector_push_roots *GC_get_push_other_roots(void);

EXPORTED void GC_set_push_other_roots(collector_push_roots *procedure)
{
	void (*libgc)(collector_push_roots * procedure);

	if (installed) {
		AO_store_release(&program_procedure, (AO_t)procedure);
		return;
	}
	own_find(__func__, CALLER, &libgc);
	if (libgc)
		libgc(procedure);
}

EXPORTED collector_push_roots *GC_get_push_other_roots(void)
{
	collector_push_roots *(*libgc)(void);

	if (installed)
		return (collector_push_roots *)AO_load_acquire(&program_procedure);
	own_find(__func__, CALLER, &libgc);
	return libgc ? libgc() : NULL;
}

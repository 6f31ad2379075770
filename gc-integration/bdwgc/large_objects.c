/* SPDX-License-Identifier: MIT */
/*
 * large_objects.c - mark from the dirty pages of a large object, and from no others.
 *
 * libgc asks for dirty pages when a collection begins and pushes the roots once it has
 * seen all blocks, so what is kept is marked from in the same collection: in the stop or,
 * where that ran out of time, between the program's allocations.
 *
 * This file defines two of libgc's public functions.  The preload comes before libgc, so
 * the program's calls end here, and its procedure is called after ours.
 */
#include "large_objects.h"

#include <atomic_ops.h>
#include <errno.h>

#include "os/memory.h"
#include "own.h"

enum {
	KIND_NORMAL = 1, /* GC_I_NORMAL of gc_mark.h: all of its words may be pointers */
	LARGE = 64 << 10,
	/*
	 * Each takes an entry of libgc's mark stack, which aborts the program when it is
	 * full.  It has 2048 free ones at least when roots are pushed.
	 */
	KEPT_MOST = 512,
	/* To look up an object takes 0.1 us, and the world waits for it. */
	LOOKUPS_MOST = 4096,
	BLOCK = 512, /* no build of libgc has smaller ones, and objects are apart by them */
};

struct span {
	uintptr_t start, end;
};

/* In memory of our own: page addresses in .bss would be roots to libgc. */
static struct large_objects {
	size_t count;
	unsigned lookups;  /* left in this harvest */
	struct span pages; /* of the last that was found; empty: none */
	struct span kept[KEPT_MOST];
} * large;

static const struct collector_api *api;
static AO_t program_procedure; /* collector_push_roots * */
static bool installed;

/* The large object around `address`, if what is dirty of it has to be marked from. */
static bool find_object(uintptr_t address, struct span *object)
{
	void *base = api->base((void *)address);
	size_t size = 0;

	if (!base || api->get_kind_and_size(base, &size) != KIND_NORMAL || size < LARGE ||
	    !api->is_marked(base))
		return false;
	*object = (struct span){(uintptr_t)base, (uintptr_t)base + size};
	return true;
}

/* To the end of its last page, or of the one before if there is more in that. */
static uintptr_t end_of_pages(uintptr_t end)
{
	uintptr_t page = end & ~(pgb_page_size() - 1);

	if (page == end)
		return end;
	for (uintptr_t at = (end + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1);
	     at < page + pgb_page_size(); at += BLOCK)
		if (api->base((void *)at))
			return page;
	return page + pgb_page_size();
}

/* Freed meanwhile, it may be anything by now; what was put there is dirty again. */
static void push_kept(const struct span *kept)
{
	struct span object;

	if (!find_object(kept->start, &object))
		return;
	api->push_all((void *)kept->start,
		      (void *)(kept->end < object.end ? kept->end : object.end));
}

/* First of all, as the stacks of threads take what is left of the mark stack. */
static void push_roots(void)
{
	collector_push_roots *program =
		(collector_push_roots *)AO_load_acquire(&program_procedure);

	for (size_t i = 0; i < large->count; i++)
		push_kept(&large->kept[i]);
	large->count = 0;
	if (program)
		program();
}

int large_objects_init(const struct collector *collector)
{
	api = &collector->api;
	if (!api->base || !api->get_kind_and_size || !api->is_marked || !api->push_all ||
	    !api->set_push_other_roots || !api->get_push_other_roots)
		return 0;
	large = pgb_memory_map(sizeof(*large));
	if (!large)
		return -ENOMEM;
	AO_store_release(&program_procedure, (AO_t)api->get_push_other_roots());
	installed = true;
	api->set_push_other_roots(push_roots);
	return 0;
}

/* Who sets libgc's variable past its function has our procedure called no more. */
void large_objects_begin_harvest(void)
{
	if (!installed)
		return;
	large->lookups = api->get_push_other_roots() == push_roots ? LOOKUPS_MOST : 0;
	large->pages = (struct span){0};
}

static bool look_up(uintptr_t address)
{
	struct span object;

	if (!large->lookups)
		return false;
	large->lookups--;
	if (!find_object(address, &object))
		return false;
	large->pages = (struct span){object.start, end_of_pages(object.end)};
	return address < large->pages.end;
}

static bool is_in(const struct span *span, uintptr_t address)
{
	return address >= span->start && address < span->end;
}

/* Once there is no room, clean pages in between are marked from as well, but not all. */
static bool add_kept(uintptr_t start, uintptr_t end)
{
	struct span *last = &large->kept[KEPT_MOST - 1];

	if (large->count < KEPT_MOST) {
		large->kept[large->count++] = (struct span){start, end};
		return true;
	}
	if (!is_in(&large->pages, last->start) || start < last->end)
		return false;
	last->end = end;
	return true;
}

/* Keep what is of one object at the beginning of [start, end), and say where that ends. */
static uintptr_t keep(uintptr_t start, uintptr_t end)
{
	const struct span *pages = &large->pages;

	if (!is_in(pages, start) && !look_up(start))
		return start;
	if (end > pages->end)
		end = pages->end;
	return add_kept(start, end) ? end : start;
}

void large_objects_report(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg)
{
	uintptr_t kept = start;

	do {
		start = kept;
		kept = installed && start < end ? keep(start, end) : start;
	} while (kept != start);
	if (start < end)
		visit(arg, start, end);
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

/* SPDX-License-Identifier: MIT */
/* empty_walk.c - spare libgc the walk over its block headers. */
#include "empty_walk.h"

#include <errno.h>
#include <stddef.h>

#include "os/memory.h"
#include "os/peek.h"

enum {
	/* The beginning of GC_arrays has single words; the two are the 14th and 15th. */
	WORDS_LOOKED_AT = 64,
	TABLES_MOST = 1 << 16, /* 256 GiB of heap */
	SPAN_BITS = 22,
	LINKS_AT = 1024 * sizeof(void *),
};

/*
 * Of a table of the headers of 1024 blocks, 4 MiB, and behind those: struct bi of libgc's
 * private/gc_hdrs.h.
 */
struct links {
	uintptr_t next, previous; /* in order of address */
	uintptr_t key;		  /* of all addresses in it, but for the last SPAN_BITS */
};

/* In memory of our own, as all addresses. */
static struct empty_walk {
	volatile uintptr_t *words; /* of GC_arrays; NULL: there are none to look at */
	volatile uintptr_t *first; /* the one that leads to the list; NULL: not found */
	uintptr_t put_by;	   /* what is there while no empty walk is on */
} * walk;

/*
 * What follows holds for it, and it was tried out with it.  But where it takes the place of
 * malloc(), it may meet unmapped memory when it pushes roots, and then begins anew with a
 * look at all blocks (WRAP_MARK_SOME).
 */
static bool is_known(const struct collector *collector)
{
	unsigned version = collector->api.get_version ? collector->api.get_version() : 0;

	return version >> 8 == (8 << 8 | 2) && !collector->defines_malloc;
}

int empty_walk_init(const struct collector *collector)
{
	walk = pgb_memory_map(sizeof(*walk));
	if (!walk)
		return -ENOMEM;
	if (is_known(collector))
		walk->words = collector->arrays;
	return 0;
}

static bool look_up(uintptr_t table, struct links *links)
{
	return table && !(table % sizeof(void *)) &&
	       pgb_peek(table + LINKS_AT, links, sizeof(*links)) == (ssize_t)sizeof(*links);
}

/* Do tables lead from first to last, and one of them to an address of the heap? */
static bool is_list(uintptr_t first, uintptr_t last, uintptr_t address)
{
	uintptr_t at = first, previous = 0, key = 0;
	bool leads_to_it = false;
	struct links links;

	for (size_t i = 0; i < TABLES_MOST; i++) {
		if (!look_up(at, &links) || links.previous != previous ||
		    (previous && links.key <= key))
			return false;
		if (links.key == address >> SPAN_BITS)
			leads_to_it = true;
		if (at == last)
			return !links.next && leads_to_it;
		previous = at;
		at = links.next;
		key = links.key;
	}
	return false;
}

void empty_walk_find(const void *object)
{
	volatile uintptr_t *words = walk ? walk->words : NULL;
	int saved = errno;

	if (!words)
		return;
	for (size_t i = 0; !walk->first && i + 1 < WORDS_LOOKED_AT; i++)
		if (is_list(words[i], words[i + 1], (uintptr_t)object))
			walk->first = &words[i];
	errno = saved;
}

bool empty_walk_is_possible(void)
{
	return walk && walk->first;
}

void empty_walk_begin(void)
{
	if (walk->put_by)
		return;
	walk->put_by = *walk->first;
	*walk->first = 0;
}

void empty_walk_end(void)
{
	if (!walk || !walk->put_by)
		return;
	*walk->first = walk->put_by;
	walk->put_by = 0;
}

bool empty_walk_is_on(void)
{
	return walk && walk->put_by;
}

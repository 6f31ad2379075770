/* SPDX-License-Identifier: MIT */
/*
 * shadow_heap.c - objects in the collector's heap, and their shadows outside of it.
 *
 * A table of nodes is the only root.  A node has slots, and from each slot hangs a chain
 * of objects.  Nodes grow old at once, so nearly every store goes into an old page.  No
 * pointer to an object is kept across an allocation: the collector can learn of an
 * object from the heap alone.
 *
 * Another thread may collect at any time.  What a change takes out of the heap before it
 * puts it back is therefore held in a volatile variable, on the stack, meanwhile.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define SLOTS	  6
#define CHAIN	  8    /* objects in a chain at most */
#define WINDOW	  64   /* nodes */
#define STAY	  1000 /* operations */
#define NODE_COST 2600 /* bytes of a node and what hangs from it, on average */

/* What an object is expected to be.  Index 0 is no object, as a null link is. */
struct shadow {
	uintptr_t hidden; /* complement of the address: no collector takes it for one */
	uint64_t id;	  /* never used twice; gives the contents */
	uint32_t payload; /* words after the links */
	uint32_t links;
	uint32_t link[SLOTS];
	uint32_t next_free;
};

struct owner {
	uint64_t random;
	uint32_t window; /* first of the nodes that are mutated now */
	uint32_t stay;	 /* operations until the window moves */
	uint64_t id;
	uint32_t free; /* head of the list of unused shadows */
};

struct shadow_heap {
	uint32_t nodes;	  /* of each owner; they are the first of its shadows */
	uint32_t shadows; /* of each owner */
	unsigned owners;
	struct owner owner[SHADOW_OWNERS];
	struct shadow shadow[];
};

/*
 * An object is an array of words: a seal, the links, the payload.  Seal and payload have
 * the highest bit set, which no address has.
 */
typedef uint64_t word;

static word **table;

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static word content(uint64_t id, uint32_t index)
{
	return mix(id * 0x9e3779b97f4a7c15u + index) | UINT64_C(1) << 63;
}

static uint32_t pick(struct owner *owner, uint32_t bound)
{
	owner->random += 0x9e3779b97f4a7c15u;
	return mix(owner->random) % bound;
}

static word *reveal(const struct shadow *shadow)
{
	return (word *)~shadow->hidden;
}

static word *address_of(const struct shadow_heap *heap, uint32_t index)
{
	return index ? reveal(&heap->shadow[index]) : NULL;
}

static uint32_t node_index(const struct shadow_heap *heap, unsigned owner, uint32_t node)
{
	return 1 + owner * heap->shadows + node;
}

static word **table_entry(const struct shadow_heap *heap, unsigned owner, uint32_t node)
{
	return &table[node * heap->owners + owner];
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "shadow heap: %s\n", what);
	exit(EXIT_FAILURE);
}

/*
 * Other threads go on, and the heap is broken: neither exit handlers nor a destructor
 * may run any more.
 */
static _Noreturn void damaged(const struct shadow *shadow, const char *what, uint32_t place,
			      word found, word expected)
{
	char line[240];
	int length =
		snprintf(line, sizeof(line),
			 "damage: object %" PRIx64 " at %p (%u links, %u words): "
			 "%s %u is %" PRIx64 ", expected %" PRIx64 ", collection %lu\n",
			 shadow->id, (void *)reveal(shadow), shadow->links, shadow->payload,
			 what, place, found, expected, (unsigned long)GC_get_gc_no());

	_exit(write(STDERR_FILENO, line, length) == length ? 1 : 3);
}

/* A block that was given back to the collector may not even be mapped any more. */
static void check_object(const struct shadow_heap *heap, uint32_t index)
{
	const struct shadow *shadow = &heap->shadow[index];
	word *object = reveal(shadow);
	word *base = GC_base(object);
	uint32_t i;

	if (base != object)
		damaged(shadow, "base", 0, (word)(uintptr_t)base, (word)(uintptr_t)object);
	if (object[0] != content(shadow->id, 0))
		damaged(shadow, "seal", 0, object[0], content(shadow->id, 0));
	for (i = 0; i < shadow->links; i++) {
		word expected = (word)(uintptr_t)address_of(heap, shadow->link[i]);

		if (object[1 + i] != expected)
			damaged(shadow, "link", i, object[1 + i], expected);
	}
	for (i = 0; i < shadow->payload; i++) {
		word found = object[1 + shadow->links + i];

		if (found != content(shadow->id, 1 + i))
			damaged(shadow, "word", i, found, content(shadow->id, 1 + i));
	}
}

static void check_node(const struct shadow_heap *heap, unsigned owner, uint32_t node)
{
	uint32_t index = node_index(heap, owner, node);
	const struct shadow *shadow = &heap->shadow[index];
	word *found = *table_entry(heap, owner, node);

	if (found != reveal(shadow))
		damaged(shadow, "table entry", node, (word)(uintptr_t)found,
			(word)(uintptr_t)reveal(shadow));
	check_object(heap, index);
}

static void store(struct shadow_heap *heap, uint32_t parent, uint32_t link, uint32_t child)
{
	reveal(&heap->shadow[parent])[1 + link] = (word)(uintptr_t)address_of(heap, child);
	heap->shadow[parent].link[link] = child;
}

/*
 * Most mutations stay within a window of nodes for a while, as programs do: so there are
 * pages that are not written between two collections.
 */
static uint32_t pick_node(struct shadow_heap *heap, struct owner *owner)
{
	if (!owner->stay--) {
		owner->window = pick(owner, heap->nodes);
		owner->stay = STAY;
	}
	if (!pick(owner, 256))
		return pick(owner, heap->nodes);
	return (owner->window + pick(owner, WINDOW)) % heap->nodes;
}

/* Make the shadow and the object of `index`; all links are null. */
static word *make(struct shadow_heap *heap, struct owner *owner, uint32_t index,
		  uint32_t links, uint32_t payload)
{
	struct shadow *shadow = &heap->shadow[index];
	size_t size = (1 + links + payload) * sizeof(word);
	word *object = links ? GC_MALLOC(size) : GC_MALLOC_ATOMIC(size);
	uint32_t i;

	if (!object)
		die("the collector has no memory");
	*shadow = (struct shadow){
		.hidden = ~(uintptr_t)object,
		.id = owner->id++,
		.links = links,
		.payload = payload,
	};
	object[0] = content(shadow->id, 0);
	for (i = 0; i < payload; i++)
		object[1 + links + i] = content(shadow->id, 1 + i);
	return object;
}

static uint32_t pick_size(struct owner *owner)
{
	/* A few are large: the collector keeps those in blocks of their own. */
	if (!pick(owner, 512))
		return 600 + pick(owner, 600);
	return pick(owner, 30);
}

/* Hang a new object from a link that is null: the one reference to it is in `parent`. */
static uint32_t attach(struct shadow_heap *heap, struct owner *owner, uint32_t parent,
		       uint32_t link)
{
	uint32_t index = owner->free;
	word *volatile held;

	if (!index)
		die("out of shadows");
	owner->free = heap->shadow[index].next_free;
	held = make(heap, owner, index, pick(owner, 4) ? 1 : 0, pick_size(owner));
	store(heap, parent, link, index);
	GC_reachable_here(held);
	return index;
}

/* Let go of what hangs from a link. */
static void drop(struct shadow_heap *heap, struct owner *owner, uint32_t parent,
		 uint32_t link)
{
	uint32_t index = heap->shadow[parent].link[link];

	store(heap, parent, link, 0);
	while (index) {
		struct shadow *shadow = &heap->shadow[index];
		uint32_t next = shadow->links ? shadow->link[0] : 0;

		shadow->next_free = owner->free;
		owner->free = index;
		index = next;
	}
}

static void hang(struct shadow_heap *heap, struct owner *owner, uint32_t node,
		 uint32_t slot)
{
	uint32_t length = 1 + pick(owner, 3);
	uint32_t index = node;

	drop(heap, owner, node, slot);
	do {
		index = attach(heap, owner, index, index == node ? slot : 0);
	} while (--length && heap->shadow[index].links);
}

/* Add to the end of a chain: a store into an object that is itself a few cycles old. */
static void extend(struct shadow_heap *heap, struct owner *owner, uint32_t node,
		   uint32_t slot)
{
	uint32_t index = heap->shadow[node].link[slot];
	uint32_t length = 1;

	if (!index)
		return;
	while (heap->shadow[index].links && heap->shadow[index].link[0]) {
		index = heap->shadow[index].link[0];
		length++;
	}
	check_object(heap, index);
	if (heap->shadow[index].links && length < CHAIN)
		attach(heap, owner, index, 0);
}

/* Drop the head of a chain: the rest moves from an object that may not be marked yet. */
static void advance(struct shadow_heap *heap, struct owner *owner, uint32_t node,
		    uint32_t slot)
{
	uint32_t head = heap->shadow[node].link[slot];

	if (!head || !heap->shadow[head].links)
		return;
	check_object(heap, head);
	store(heap, node, slot, heap->shadow[head].link[0]);
	store(heap, head, 0, 0);
	heap->shadow[head].next_free = owner->free;
	owner->free = head;
}

static void swap(struct shadow_heap *heap, uint32_t node, uint32_t slot, uint32_t other,
		 uint32_t other_slot)
{
	uint32_t mine = heap->shadow[node].link[slot];
	word *volatile held = address_of(heap, mine);

	store(heap, node, slot, heap->shadow[other].link[other_slot]);
	store(heap, other, other_slot, mine);
	GC_reachable_here(held);
}

/* Replace a node by a new one that takes over its chains. */
static void renew(struct shadow_heap *heap, struct owner *owner, word **entry,
		  uint32_t index)
{
	word *volatile held = address_of(heap, index);
	uint32_t link[SLOTS];
	uint32_t i;

	memcpy(link, heap->shadow[index].link, sizeof(link));
	*entry = make(heap, owner, index, SLOTS, pick(owner, 24));
	for (i = 0; i < SLOTS; i++)
		store(heap, index, i, link[i]);
	GC_reachable_here(held);
}

static void mutate_once(struct shadow_heap *heap, unsigned number)
{
	struct owner *owner = &heap->owner[number];
	uint32_t node = pick_node(heap, owner);
	uint32_t other = pick_node(heap, owner);
	uint32_t slot = pick(owner, SLOTS);
	uint32_t index = node_index(heap, number, node);

	check_node(heap, number, node);
	switch (pick(owner, 16)) {
	default:
		hang(heap, owner, index, slot);
		break;
	case 0 ... 3:
		extend(heap, owner, index, slot);
		break;
	case 4 ... 5:
		advance(heap, owner, index, slot);
		break;
	case 6 ... 7:
		check_node(heap, number, other);
		swap(heap, index, slot, node_index(heap, number, other),
		     pick(owner, SLOTS));
		break;
	case 8:
		renew(heap, owner, table_entry(heap, number, node), index);
		break;
	}
}

void shadow_heap_mutate(struct shadow_heap *heap, unsigned owner, unsigned long operations)
{
	while (operations--)
		mutate_once(heap, owner);
}

void shadow_heap_check(const struct shadow_heap *heap, unsigned owner)
{
	uint32_t node, slot;

	for (node = 0; node < heap->nodes; node++) {
		const struct shadow *shadow = &heap->shadow[node_index(heap, owner, node)];

		check_node(heap, owner, node);
		for (slot = 0; slot < SLOTS; slot++) {
			uint32_t index = shadow->link[slot];

			while (index) {
				check_object(heap, index);
				index = heap->shadow[index].links
						? heap->shadow[index].link[0]
						: 0;
			}
		}
	}
}

static void fill(struct shadow_heap *heap)
{
	uint32_t node, slot;
	unsigned number;

	/* Owners take turns, so that every page has objects of all of them. */
	for (node = 0; node < heap->nodes; node++) {
		for (number = 0; number < heap->owners; number++) {
			struct owner *owner = &heap->owner[number];
			uint32_t index = node_index(heap, number, node);

			*table_entry(heap, number, node) =
				make(heap, owner, index, SLOTS, pick(owner, 24));
			for (slot = 0; slot < SLOTS; slot++)
				hang(heap, owner, index, slot);
		}
	}
}

struct shadow_heap *shadow_heap_create(unsigned mib, unsigned owners, uint64_t seed)
{
	uint32_t nodes = ((uint64_t)mib << 20) / NODE_COST / owners + 1;
	uint32_t shadows = nodes * (1 + SLOTS * CHAIN);
	struct shadow_heap *heap;
	unsigned number;
	uint32_t index;

	heap = mmap(NULL,
		    sizeof(*heap) + (1 + owners * (size_t)shadows) * sizeof(struct shadow),
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	table = GC_MALLOC((size_t)nodes * owners * sizeof(*table));
	if (heap == MAP_FAILED || !table)
		die("out of memory");
	heap->nodes = nodes;
	heap->shadows = shadows;
	heap->owners = owners;
	for (number = 0; number < owners; number++) {
		struct owner *owner = &heap->owner[number];

		owner->random = mix(seed + number);
		owner->id = (uint64_t)(number + 1) << 48;
		for (index = shadows; index-- > nodes;) {
			uint32_t unused = node_index(heap, number, index);

			heap->shadow[unused].next_free = owner->free;
			owner->free = unused;
		}
	}
	fill(heap);
	return heap;
}

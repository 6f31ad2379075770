/* SPDX-License-Identifier: MIT */
/*
 * shadow_heap.h - a garbage-collected heap that is known twice.
 *
 * Every object of the collector's heap has a shadow outside of it, in memory that the
 * collector does not scan: where the object is (disguised), what it contains, and which
 * objects it links to.  Mutations store young objects into old ones and nowhere else, so
 * a write that the collector is not told of frees an object that is still in use, and
 * comparing the heap with its shadow shows it.
 *
 * There is one such heap in a process.  It is divided among owners; each owner is used
 * by one thread at a time, and needs no lock, but all objects share the same pages.
 * Damage ends the process with status 1, after one line that names the object.
 */
#ifndef SHADOW_HEAP_H
#define SHADOW_HEAP_H

#include <stdint.h>

#define SHADOW_OWNERS 8

struct shadow_heap;

/* About `mib` MiB of live objects.  Ends the process if memory is short. */
struct shadow_heap *shadow_heap_create(unsigned mib, unsigned owners, uint64_t seed);

/* Change the owner's part at random, `operations` times, checking what is touched. */
void shadow_heap_mutate(struct shadow_heap *heap, unsigned owner, unsigned long operations);

/* Compare all of the owner's part with its shadow. */
void shadow_heap_check(const struct shadow_heap *heap, unsigned owner);

#endif

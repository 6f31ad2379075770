/* SPDX-License-Identifier: MIT */
/*
 * object.h - the objects of the two collectors that show what faults are good for.
 */
#ifndef BENCH_OBJECT_H
#define BENCH_OBJECT_H

#include <stddef.h>
#include <stdint.h>

struct object {
	struct object *forward; /* the collector's; NULL while mutators see the object */
	uint32_t size;		/* in bytes, all of it; 0: no object begins here */
	uint32_t references;	/* so many slots, the first ones, hold references or 0 */
	uintptr_t slot[];
};

static inline uint32_t object_size(uint32_t references, uint32_t words)
{
	return (uint32_t)(sizeof(struct object) + (references + words) * sizeof(uintptr_t));
}

#endif

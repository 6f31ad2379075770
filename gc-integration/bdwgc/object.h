/* SPDX-License-Identifier: MIT */
/* object.h - an object of libgc's, by any address in it. */
#ifndef PGB_BDWGC_OBJECT_H
#define PGB_BDWGC_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector.h"

enum object_kind {
	OBJECT_NONE = -1, /* there is no object */
	/* Of gc_inline.h; a program can have others made. */
	OBJECT_POINTER_FREE = 0,
	OBJECT_NORMAL = 1, /* all words may be pointers */
	/* Of libgc's private/gc_priv.h; the same, and always marked. */
	OBJECT_UNCOLLECTABLE = 2,
};

struct object {
	uintptr_t start, end;
	int kind;
};

/* May any word of such an object be a pointer?  Of other kinds only libgc knows. */
static inline bool object_kind_has_pointers(int kind)
{
	return kind == OBJECT_NORMAL || kind == OBJECT_UNCOLLECTABLE;
}

static inline size_t object_size(const struct object *object)
{
	return object->end - object->start;
}

/* World-stopped safe.  It takes a libgc that has base() and get_kind_and_size(). */
static inline struct object object_at(const struct collector_api *api, uintptr_t address)
{
	uintptr_t start = (uintptr_t)api->base((void *)address);
	size_t size;
	int kind;

	if (!start)
		return (struct object){.kind = OBJECT_NONE};
	kind = api->get_kind_and_size((const void *)start, &size);
	return (struct object){.start = start, .end = start + size, .kind = kind};
}

#endif

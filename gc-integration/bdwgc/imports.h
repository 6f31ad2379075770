/* SPDX-License-Identifier: MIT */
/*
 * imports.h - redirect what one shared object calls, and nobody else's calls.
 *
 * A call into another object goes through a slot of the caller's global offset table.
 * Writing other addresses into libgc's slots touches exactly libgc's own calls, where
 * interposing read(2) for a whole program would touch everybody's.
 */
#ifndef PGB_BDWGC_IMPORTS_H
#define PGB_BDWGC_IMPORTS_H

#include <stddef.h>

#include "collector.h"

struct import {
	const char *name;
	void *replacement;
	size_t slots; /* how many there are; 0 until imports_count() */
};

/*
 * How many slots the object has for each of `imports[count]`; not to import one is no
 * error.  Changes nothing.  -ENOTSUP: relocations of a kind that is not known here.
 */
int imports_count(const struct collector *object, struct import *imports, size_t count);

/* Redirect them.  A negative errno: some may have been redirected, and others not. */
int imports_redirect(const struct collector *object, struct import *imports, size_t count);

#endif

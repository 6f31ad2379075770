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
	size_t slots; /* out: how many were redirected */
};

/*
 * Redirect what is imported of `imports[count]`; not to import one is no error.
 * 0 or a negative errno; -ENOTSUP: relocations of a kind that is not known here.
 */
int imports_redirect(const struct collector *object, struct import *imports, size_t count);

#endif

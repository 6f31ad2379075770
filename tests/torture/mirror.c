/* SPDX-License-Identifier: MIT */
/* mirror.c - a copy of watched memory that learns of writes from harvests alone. */
#include "mirror.h"

#include <stdlib.h>
#include <string.h>

void mirror_make(struct mirror *mirror, const struct watch *watch)
{
	size_t size = watch->pages * watch->page;

	mirror->watch = watch;
	mirror->copy = malloc(size);
	check(mirror->copy != NULL);
	memcpy(mirror->copy, watch->base, size);
}

void mirror_destroy(struct mirror *mirror)
{
	free(mirror->copy);
}

void mirror_take(struct mirror *mirror)
{
	const struct watch *watch = mirror->watch;

	for (size_t i = 0; i < watch->pages; i++)
		if (watch->reported[i])
			memcpy(mirror->copy + i * watch->page, watch_page(watch, i),
			       watch->page);
}

void mirror_check(const struct mirror *mirror, size_t first, size_t pages)
{
	const struct watch *watch = mirror->watch;

	for (size_t i = first; i < first + pages; i++) {
		if (!memcmp(mirror->copy + i * watch->page, watch_page(watch, i),
			    watch->page))
			continue;
		note("a write to page %zu of %zu was lost", i, watch->pages);
		check(!"the mirror is right");
	}
}

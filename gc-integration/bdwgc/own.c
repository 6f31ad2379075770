/* SPDX-License-Identifier: MIT */
/* own.c - libgc's own definition of a function that the preload defines too. */
#include "own.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static void *find_behind(const void *caller, const char *name)
{
	void *handle, *found;
	Dl_info object;

	if (!dladdr(caller, &object))
		return NULL;
	handle = dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	if (!handle)
		return NULL;
	found = dlsym(handle, name);
	dlclose(handle);
	return found;
}

void own_find(const char *name, const void *caller, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		found = find_behind(caller, name);
	memcpy(function, &found, sizeof(found));
}

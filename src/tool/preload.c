/* SPDX-License-Identifier: MIT */
/* preload.c - where the preload is, and how a program gets it. */
#include "tool/preload.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool/beside.h"
#include "tool/tool.h"

#define FILE_NAME "pgbarrier-bdwgc.so"

/* What ld.so(8) takes for the end of a name in LD_PRELOAD; it knows no quoting. */
#define SEPARATORS " :"

void pgb_preload_find(struct pgb_preload *preload)
{
	preload->installed = PKGLIBDIR "/" FILE_NAME;
	preload->path = NULL;
	pgb_beside(".libs/" FILE_NAME, preload->built);
	if (!access(preload->built, R_OK))
		preload->path = preload->built;
	else if (!access(preload->installed, R_OK))
		preload->path = preload->installed;
}

static bool is_listed(const char *list, const char *path)
{
	size_t length = strlen(path);

	while (*list) {
		size_t name = strcspn(list, SEPARATORS);

		if (name == length && !strncmp(list, path, length))
			return true;
		list += name;
		list += strspn(list, SEPARATORS);
	}
	return false;
}

static int put_in_front(const char *path)
{
	const char *before = getenv("LD_PRELOAD");
	char *list;
	int err = 0;

	if (!before || !*before)
		return setenv("LD_PRELOAD", path, 1) ? -errno : 0;
	if (is_listed(before, path))
		return 0;
	if (asprintf(&list, "%s:%s", path, before) < 0)
		return -ENOMEM;
	if (setenv("LD_PRELOAD", list, 1))
		err = -errno;
	free(list);
	return err;
}

int pgb_preload_set(void)
{
	struct pgb_preload preload;
	int err;

	pgb_preload_find(&preload);
	if (!preload.path) {
		pgb_say("the preload is missing; looked for %s and %s; build or install it",
			preload.built, preload.installed);
		return -ENOENT;
	}
	if (strpbrk(preload.path, SEPARATORS)) {
		pgb_say("LD_PRELOAD cannot hold a name with a space or a colon: %s; move "
			"it",
			preload.path);
		return -EINVAL;
	}
	err = put_in_front(preload.path);
	if (err)
		pgb_say("cannot set LD_PRELOAD: %s", strerror(-err));
	return err;
}

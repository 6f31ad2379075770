/* SPDX-License-Identifier: MIT */
/*
 * stats_file.h - the file behind a stats page (stats_page.h).
 *
 * A named file and no memfd behind /proc/PID/fd: that name can be followed only by
 * those who might trace us, so programs that drop privileges or enter a user namespace
 * would go uncounted.  They have to find the file though it is not theirs, and nobody
 * else may, so it has a secret name in a folder that cannot be listed.
 */
#ifndef PGB_TOOL_STATS_FILE_H
#define PGB_TOOL_STATS_FILE_H

#include <limits.h>

#include "stats_page.h"

struct pgb_stats_file {
	int fd;
	char folder[PATH_MAX];
	char path[PATH_MAX];
};

/* An empty page.  Negative errno, with a message to the user, on failure. */
int pgb_stats_file_create(struct pgb_stats_file *file);

/*
 * Copy the page, which programs may still be writing.  -EPROTO: somebody cut it or
 * overwrote its head.
 */
int pgb_stats_file_read(const struct pgb_stats_file *file, struct pgb_stats_page *page);

/* Close and unlink it.  Who has it mapped keeps it. */
void pgb_stats_file_remove(struct pgb_stats_file *file);

#endif

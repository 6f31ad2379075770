/* SPDX-License-Identifier: MIT */
/* host.h - what `pgbarrier doctor` finds out about the machine and this user. */
#ifndef PGB_TOOL_HOST_H
#define PGB_TOOL_HOST_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/utsname.h>

#include <linux/pgbarrier.h>

#include "pgbarrier.h"

struct pgb_libgc {
	unsigned char major, minor, micro; /* all 0: none found */
	char path[PATH_MAX];		   /* or, if none was found, why */
	const char *design;		   /* that the preload would choose; static */
};

struct pgb_module {
	int status; /* 0, or a negative errno: why it cannot be used */
	char reason[PGB_REASON_SIZE];
	struct pgbarrier_info info; /* all 0 where it could not be asked */
};

struct pgb_host {
	struct utsname kernel;
	long page_size;
	uid_t uid;
	long unprivileged_userfaultfd; /* the sysctl; negative errno: not there */
	long max_map_count;	       /* likewise */
	int device;		       /* opening /dev/userfaultfd: 0 or negative errno */
	bool soft_dirty;
	struct pgb_module module;
	struct pgb_libgc libgc;
};

void pgb_host_examine(struct pgb_host *host);

#endif

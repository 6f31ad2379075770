/* SPDX-License-Identifier: MIT */
/* stats_json.h - the report of `pgbarrier run --stats`. */
#ifndef PGB_TOOL_STATS_JSON_H
#define PGB_TOOL_STATS_JSON_H

#include <stdint.h>
#include <sys/resource.h>

#include "stats_page.h"

/* What the wrapper itself knows of the program. */
struct pgb_outcome {
	char **program; /* NULL-terminated */
	int status;	/* as waitpid(2) gave it */
	uint64_t wall_ns;
	struct rusage usage; /* of it and of the children that it waited for */
};

/* The report in JSON, as text from malloc; NULL: out of memory. */
char *pgb_stats_json(const struct pgb_outcome *outcome, const struct pgb_stats_page *page);

#endif

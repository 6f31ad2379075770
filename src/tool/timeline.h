/* SPDX-License-Identifier: MIT */
/* timeline.h - when a process was stopped, in its report. */
#ifndef PGB_TOOL_TIMELINE_H
#define PGB_TOOL_TIMELINE_H

#include <jansson.h>

#include "stats_page.h"

/* Set "pauses", "pauses_complete", "mmu" and "mmu_complete" of a process. */
void pgb_timeline_set(json_t *object, const struct pgb_stats_process *process);

#endif

/* SPDX-License-Identifier: MIT */
/* diagnosis.h - everything that `pgbarrier doctor` says, before it is put in words. */
#ifndef PGB_TOOL_DIAGNOSIS_H
#define PGB_TOOL_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>

#include "pgbarrier.h"
#include "tool/host.h"
#include "tool/measure.h"
#include "tool/preload.h"

struct pgb_diagnosed_backend {
	struct pgb_backend_info info;
	struct pgb_timing timing; /* if measured, and it runs here */
};

struct pgb_diagnosis {
	struct pgb_host host;
	struct pgb_preload preload;
	bool measured;
	size_t backend_count;
	struct pgb_diagnosed_backend *backends;	    /* in order of preference */
	const struct pgb_diagnosed_backend *chosen; /* NULL: none can run */
	char because[512];
};

struct pgb_capability_name {
	enum pgb_capability capability;
	const char *name;
};

/* Ends with a row whose name is NULL. */
extern const struct pgb_capability_name pgb_capability_names[];

/* On one page for people, or as one JSON object; negative errno if it got lost. */
int pgb_diagnosis_print(const struct pgb_diagnosis *diagnosis);
int pgb_diagnosis_print_json(const struct pgb_diagnosis *diagnosis);

#endif

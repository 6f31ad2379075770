/* SPDX-License-Identifier: MIT */
/*
 * row.h - one program in one configuration, for the file of results.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <jansson.h>

#include "experiment.h"

/* NULL: out of memory.  To be made before the reports are released. */
json_t *row_of(const struct setting *setting, const struct program *program,
	       enum configuration_id id);

#endif

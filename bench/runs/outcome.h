/* SPDX-License-Identifier: MIT */
/*
 * outcome.h - how a run ended, in words.
 */
#ifndef BENCH_OUTCOME_H
#define BENCH_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "child.h"

/*
 * Did it end well, with `expected` (NULL: whatever it was) as its output?  Else `text`
 * says how it ended.
 */
bool outcome_is_sound(const struct child_result *result,
		      const struct child_result *expected, char *text, size_t size);

#endif

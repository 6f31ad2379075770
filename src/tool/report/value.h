/* SPDX-License-Identifier: MIT */
/*
 * value.h - what checked JSON has at a path, "pauses.max_ms".
 *
 * A member that is missing and one that is null are the same: not known.  Functions that
 * make JSON give NULL when memory is out, and take NULL for it.
 */
#ifndef PGB_REPORT_VALUE_H
#define PGB_REPORT_VALUE_H

#include <jansson.h>
#include <stdbool.h>

/* NULL: not known. */
json_t *pgb_value(const json_t *object, const char *path);

/* NAN: not known. */
double pgb_value_number(const json_t *object, const char *path);

/* NULL: not known. */
const char *pgb_value_text(const json_t *object, const char *path);

/* False: not known. */
bool pgb_value_flag(const json_t *object, const char *path);

/* Both known and equal, or neither known. */
bool pgb_value_same(const json_t *a, const json_t *b, const char *path);

/* Element `index` of a pair of numbers. */
double pgb_value_of_pair(const json_t *pair, size_t index);

/* Those of `rows` whose text at `path` is `text`, in a new array. */
json_t *pgb_value_select(const json_t *rows, const char *path, const char *text);

/* Whether any of `rows` has something there. */
bool pgb_value_any(const json_t *rows, const char *path);

/*
 * Rows that are the same at each of `paths` (the last one NULL) come together: a new object
 * of arrays, in the order in which their first rows came.
 */
json_t *pgb_value_group(const json_t *rows, const char *const *paths);

#endif

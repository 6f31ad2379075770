/* SPDX-License-Identifier: MIT */
/* json.h - what all JSON of this project has in common: texts from outside, and numbers. */
#ifndef PGB_TOOL_JSON_H
#define PGB_TOOL_JSON_H

#include <jansson.h>
#include <stddef.h>

/* For json_dumps() and the like: in ms, microseconds of a quarter of an hour. */
#define PGB_JSON_NUMBERS JSON_REAL_PRECISION(9)

/*
 * Copy as many characters as fit.  Control characters, and all bytes beyond ASCII if what
 * fits is not UTF-8, become '?'.
 */
void pgb_json_copy(char *to, size_t size, const char *from, size_t length);

/* All of it, as a string of JSON.  NULL: no memory. */
json_t *pgb_json_text(const char *bytes, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/* text.h - values as people read them. */
#ifndef PGB_REPORT_TEXT_H
#define PGB_REPORT_TEXT_H

#include <jansson.h>
#include <stddef.h>

#define PGB_TEXT_NUMBER 32   /* room for any number */
#define PGB_TEXT_PATH	4352 /* for a path */

/* Three significant digits, thousands apart: "0.0312", "12.5", "10,832"; NAN: a dash. */
void pgb_text_number(char text[PGB_TEXT_NUMBER], double value);

/* Two decimals, and more only below 0.1: "0.84", "0.032". */
void pgb_text_ratio(char text[PGB_TEXT_NUMBER], double ratio);

/* A number without zeros at the end, for an axis. */
void pgb_text_tick(char text[PGB_TEXT_NUMBER], double value);

/* "16 MiB" */
void pgb_text_size(char text[PGB_TEXT_NUMBER], double bytes);

/* As much of the end of a path as tells it from the others, but whole names; lent. */
const char *pgb_text_short_path(char *const *paths, size_t count, size_t index);

/* A text or a number of JSON; "unknown" if NULL. */
void pgb_text_value(char *text, size_t size, const json_t *value);

#endif

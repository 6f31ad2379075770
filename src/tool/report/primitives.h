/* SPDX-License-Identifier: MIT */
/* primitives.h - the parts of a page about the suite `primitives`. */
#ifndef PGB_REPORT_PRIMITIVES_H
#define PGB_REPORT_PRIMITIVES_H

#include <jansson.h>

#include "tool/report/plot.h"

/* All of them, from the rows of a run. */
void pgb_section_primitives(struct pgb_page *page, const json_t *rows);

/* Each from its own rows, of which there may be none. */
void pgb_section_first_write(struct pgb_page *page, const json_t *rows);
void pgb_section_card_marking(struct pgb_page *page, const json_t *rows);
void pgb_section_rewriting(struct pgb_page *page, const json_t *rows);
void pgb_section_harvest(struct pgb_page *page, const json_t *rows,
			 const json_t *bandwidth);
void pgb_section_clean_harvest(struct pgb_page *page, const json_t *rows);
void pgb_section_appel_li(struct pgb_page *page, const json_t *rows);

/* A line for each backend in `rows`, over what is at `x`. */
void pgb_primitives_lines(struct pgb_page *page, struct pgb_plot *plot, const json_t *rows,
			  const char *x);

/* The rows as a table; the column `x` has what is at that path. */
void pgb_primitives_table(struct pgb_page *page, const json_t *rows, const char *x,
			  const char *title);

/* A row of a table: backend, `what`, then ratio, median, lowest, highest, rounds. */
void pgb_primitives_row(struct pgb_page *page, const json_t *row, const char *what);

/* "sequential, 64 MiB, huge pages": what of that the row has. */
void pgb_primitives_title(char *title, size_t size, const json_t *row);

#endif

/* SPDX-License-Identifier: MIT */
/* programs.h - the parts of a page about programs that ran with a collector. */
#ifndef PGB_REPORT_PROGRAMS_H
#define PGB_REPORT_PROGRAMS_H

#include <jansson.h>
#include <stdbool.h>

#include "tool/report/plot.h"

/* Rows of the suites gc and programs, or of reports of `run --stats`. */
void pgb_section_programs(struct pgb_page *page, const json_t *rows);

/* All rows, and the same by program: ratios first, then the figures that they are of. */
void pgb_section_ratios(struct pgb_page *page, const json_t *rows, json_t *programs);

/*
 * The rows of one program with one size of heap; nothing if no row has what it takes.
 * `explain`: say how to read the figure.
 */
void pgb_figure_pauses(struct pgb_page *page, const json_t *rows, bool explain);
void pgb_figure_mmu(struct pgb_page *page, const json_t *rows, bool explain);
void pgb_figure_timeline(struct pgb_page *page, const json_t *rows, bool explain);

/*
 * A cell with a share of the row's utilisation, "at most" if it does not know all its
 * stops: those that are missing may have left less.
 */
void pgb_cell_utilisation(struct pgb_page *page, const json_t *row, double share);

/* "gcold, 256 MiB live", as text of the page. */
void pgb_program_title(struct pgb_page *page, const json_t *row);

/* Whether all its runs came to their end. */
bool pgb_program_ended_well(const json_t *row);

/* Whether a server had to let requests queue, so that its percentiles are of the queue. */
bool pgb_program_fell_behind(const json_t *row);

#endif

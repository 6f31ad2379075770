/* SPDX-License-Identifier: MIT */
/*
 * svg.h - what drawings have in common.
 *
 * All are PGB_SVG_WIDTH units wide, of which one is about a pixel: a page has as many
 * beside each other as fit, so text is as large on a phone as on a desk.
 */
#ifndef PGB_REPORT_SVG_H
#define PGB_REPORT_SVG_H

#include "tool/report/html.h"
#include "tool/report/look.h"

#define PGB_SVG_WIDTH 420

/* A figure with a title and with a caption that says what to read off. */
void pgb_figure_begin(struct pgb_page *page, const char *kind, const char *title,
		      const char *caption);
void pgb_figure_end(struct pgb_page *page);

/* The drawing of the figure; between the two, its description for who cannot see it. */
void pgb_svg_begin(struct pgb_page *page, double height, const char *title);
void pgb_svg_described(struct pgb_page *page);
void pgb_svg_end(struct pgb_page *page);

/* What is behind a figure, folded away; a table is begun and ended in it. */
void pgb_details_begin(struct pgb_page *page, const char *summary);
void pgb_details_end(struct pgb_page *page);

/* A grid line, or the mark of a tick. */
void pgb_svg_line(struct pgb_page *page, const char *class, double x1, double y1, double x2,
		  double y2);

/* `anchor` is "start", "middle" or "end". */
void pgb_svg_text(struct pgb_page *page, const char *class, double x, double y,
		  const char *anchor, const char *text);

/* The same, of at most `limit` characters. */
void pgb_svg_name(struct pgb_page *page, const char *class, double x, double y,
		  const char *anchor, const char *text, size_t limit);

void pgb_svg_marker(struct pgb_page *page, const struct pgb_look *look, double x, double y);

/* What the looks of lines mean. */
void pgb_legend_begin(struct pgb_page *page);
void pgb_legend_entry(struct pgb_page *page, const struct pgb_look *look, const char *name);
void pgb_legend_end(struct pgb_page *page);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * html.h - text and tables of a page.
 *
 * The page is well-formed XML too.  What comes from a file goes through pgb_html_text(),
 * and nothing else does.
 */
#ifndef PGB_REPORT_HTML_H
#define PGB_REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A page that is being made.  What fails is noted here, and found out at its end. */
struct pgb_page {
	FILE *out;
	bool failed; /* memory is out */
	/* So far; they number the ids. */
	unsigned figures, programs;
};

/* UTF-8 from outside.  What would not be seen, or would move its surroundings, is shown. */
void pgb_html_text(struct pgb_page *page, const char *text);

/* The same in at most `limit` characters; what is longer ends in an ellipsis. */
void pgb_html_short(struct pgb_page *page, const char *text, size_t limit);

/* A name, short enough for people: what goes on and on ends in an ellipsis. */
void pgb_html_name(struct pgb_page *page, const char *name);

/* An element with a text in it. */
void pgb_html_element(struct pgb_page *page, const char *tag, const char *text);

/* A table that scrolls by itself when it is wide: its columns, then its rows. */
void pgb_table_begin(struct pgb_page *page, const char *caption);
void pgb_table_column(struct pgb_page *page, const char *title);
void pgb_table_text_column(struct pgb_page *page, const char *title);
void pgb_table_body(struct pgb_page *page);
void pgb_table_end(struct pgb_page *page);

/* All of its beginning.  The last column is NULL, the first one has text. */
void pgb_table_start(struct pgb_page *page, const char *caption,
		     const char *const *columns);

/* A row that is the head of those below it, across all columns, and leads to a program. */
void pgb_table_group(struct pgb_page *page, unsigned columns, unsigned program);
void pgb_table_end_group(struct pgb_page *page);

/*
 * The head of a row, then its cells; ended by pgb_table_end_row().  A number that is not
 * known is a dash.
 */
void pgb_table_row(struct pgb_page *page, const char *head);
void pgb_table_text(struct pgb_page *page, const char *text);
void pgb_table_number(struct pgb_page *page, double value);
void pgb_table_alarm(struct pgb_page *page, const char *before, const char *text);
void pgb_table_ratio(struct pgb_page *page, double ratio);
void pgb_table_end_row(struct pgb_page *page);

#endif

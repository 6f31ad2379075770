/* SPDX-License-Identifier: MIT */
/* primitives.c - what the parts about the suite `primitives` have in common. */
#include "tool/report/primitives.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "tool/report/svg.h"
#include "tool/report/value.h"

void pgb_section_primitives(struct pgb_page *page, const json_t *rows)
{
	json_t *first_write = pgb_value_select(rows, "bench", "first-write");
	json_t *stores = pgb_value_select(rows, "bench", "store");
	json_t *rewriting = pgb_value_select(rows, "bench", "rewrite");
	json_t *harvest = pgb_value_select(rows, "bench", "harvest");
	json_t *bandwidth = pgb_value_select(rows, "bench", "bandwidth");
	json_t *clean = pgb_value_select(rows, "bench", "clean-harvest");
	json_t *appel_li = pgb_value_select(rows, "bench", "appel-li");

	page->failed |= !first_write || !stores || !rewriting || !harvest || !bandwidth ||
			!clean || !appel_li;
	pgb_section_first_write(page, first_write);
	pgb_section_card_marking(page, stores);
	pgb_section_rewriting(page, rewriting);
	pgb_section_harvest(page, harvest, bandwidth);
	pgb_section_clean_harvest(page, clean);
	pgb_section_appel_li(page, appel_li);
	json_decref(first_write);
	json_decref(stores);
	json_decref(rewriting);
	json_decref(harvest);
	json_decref(bandwidth);
	json_decref(clean);
	json_decref(appel_li);
}

static void add_line(struct pgb_plot *plot, const json_t *rows, const char *x)
{
	const char *backend = pgb_value_text(json_array_get(rows, 0), "backend");
	json_t *row;
	size_t index;

	pgb_plot_series(plot, backend, pgb_look_of_backend(backend));
	json_array_foreach(rows, index, row)
	{
		pgb_plot_point(plot, pgb_value_number(row, x),
			       pgb_value_number(row, "value.median"),
			       pgb_value_number(row, "value.low"),
			       pgb_value_number(row, "value.high"));
	}
}

void pgb_primitives_lines(struct pgb_page *page, struct pgb_plot *plot, const json_t *rows,
			  const char *x)
{
	static const char *const by_backend[] = {"backend", NULL};
	json_t *backends = pgb_value_group(rows, by_backend), *line;
	const char *key;

	page->failed |= !backends;
	json_object_foreach(backends, key, line)
	{
		add_line(plot, line, x);
	}
	json_decref(backends);
}

/* Columns beside the backend and x; left out where no row has them. */
static const struct column {
	const char *title, *path;
} columns[] = {
	{NULL, "ratio.median"}, /* ratio_title() */
	{"ns a page", "value.median"}, {"lowest", "value.low"},
	{"highest", "value.high"},     {"rounds", "value.rounds"},
	{"shootdowns", "shootdowns"},  {"VMAs", "vmas"},
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* "of mprotect"; "ratio" if the rows do not all say the same. */
static void ratio_title(char *title, size_t size, const json_t *rows)
{
	const char *to = NULL;
	json_t *row;
	size_t index;

	snprintf(title, size, "ratio");
	json_array_foreach(rows, index, row)
	{
		const char *other = pgb_value_text(row, "ratio.to");

		if (isnan(pgb_value_number(row, "ratio.median")))
			continue;
		if (!other || (to && strcmp(to, other))) {
			snprintf(title, size, "ratio");
			return;
		}
		to = other;
		snprintf(title, size, "of %s", to);
	}
}

static void write_columns(struct pgb_page *page, const json_t *rows)
{
	char ratio[128];

	ratio_title(ratio, sizeof(ratio), rows);
	for (size_t i = 0; i < COLUMNS; i++)
		if (pgb_value_any(rows, columns[i].path))
			pgb_table_column(page, columns[i].title ? columns[i].title : ratio);
}

static void write_row(struct pgb_page *page, const json_t *rows, const json_t *row,
		      const char *x)
{
	pgb_table_row(page, pgb_value_text(row, "backend"));
	pgb_table_number(page, pgb_value_number(row, x));
	for (size_t i = 0; i < COLUMNS; i++) {
		double value = pgb_value_number(row, columns[i].path);

		if (!pgb_value_any(rows, columns[i].path))
			continue;
		if (columns[i].title)
			pgb_table_number(page, value);
		else
			pgb_table_ratio(page, value);
	}
	pgb_table_end_row(page);
}

void pgb_primitives_table(struct pgb_page *page, const json_t *rows, const char *x,
			  const char *title)
{
	json_t *row;
	size_t index;

	pgb_details_begin(page, "The figures");
	pgb_table_begin(page, "Median, lowest and highest of the rounds.");
	pgb_table_text_column(page, "backend");
	pgb_table_column(page, title);
	write_columns(page, rows);
	pgb_table_body(page);
	json_array_foreach(rows, index, row)
	{
		write_row(page, rows, row, x);
	}
	pgb_table_end(page);
	pgb_details_end(page);
}

void pgb_primitives_row(struct pgb_page *page, const json_t *row, const char *what)
{
	pgb_table_row(page, pgb_value_text(row, "backend"));
	pgb_table_text(page, what);
	pgb_table_ratio(page, pgb_value_number(row, "ratio.median"));
	pgb_table_number(page, pgb_value_number(row, "value.median"));
	pgb_table_number(page, pgb_value_number(row, "value.low"));
	pgb_table_number(page, pgb_value_number(row, "value.high"));
	pgb_table_number(page, pgb_value_number(row, "value.rounds"));
	pgb_table_end_row(page);
}

static void append(char *title, size_t size, const char *before, const char *words)
{
	size_t used = strlen(title);

	if (words)
		snprintf(title + used, size - used, "%s%s%s", used ? ", " : "", before,
			 words);
}

void pgb_primitives_title(char *title, size_t size, const json_t *row)
{
	double bytes = pgb_value_number(row, "region_bytes");
	char region[PGB_TEXT_NUMBER];

	*title = '\0';
	append(title, size, "", pgb_value_text(row, "pattern"));
	append(title, size, "mutators ", pgb_value_text(row, "mutators"));
	pgb_text_size(region, bytes);
	append(title, size, "", isnan(bytes) ? NULL : region);
	append(title, size, "", pgb_value_flag(row, "huge_pages") ? "huge pages" : NULL);
	if (!*title)
		snprintf(title, size, "all");
	*title = (char)toupper((unsigned char)*title);
}

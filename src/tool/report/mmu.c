/* SPDX-License-Identifier: MIT */
/* mmu.c - minimum mutator utilisation (Cheng and Blelloch, 2001). */
#include <math.h>

#include "tool/report/programs.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] =
	"In the worst window of each length, the share of time in which the world was not "
	"stopped. Where a line leaves zero is its longest stop, or a run of short ones. "
	"Higher is better, at the left above all. What the collector does without stopping "
	"the world, as in the slices of marking within allocations of incremental "
	"collection, does not count here, though Cheng and Blelloch count it: look at CPU "
	"time, too.";

static void percent(char text[PGB_TEXT_NUMBER], double share)
{
	snprintf(text, PGB_TEXT_NUMBER, "%.3g", 100 * share);
}

static void add_row(struct pgb_plot *plot, const json_t *row)
{
	const json_t *windows = pgb_value(row, "mmu");
	json_t *pair;
	size_t index;

	if (!json_array_size(windows))
		return;
	pgb_plot_series(plot, pgb_value_text(row, "label"), pgb_look_of_row(row));
	json_array_foreach(windows, index, pair)
	{
		pgb_plot_point(plot, pgb_value_of_pair(pair, 0), pgb_value_of_pair(pair, 1),
			       NAN, NAN);
	}
}

void pgb_cell_utilisation(struct pgb_page *page, const json_t *row, double share)
{
	char text[PGB_TEXT_NUMBER];

	percent(text, share);
	fprintf(page->out, "<td>%s%s %%</td>",
		pgb_value_flag(row, "mmu_complete") ? "" : "≤ ", text);
}

static void write_row(struct pgb_page *page, const json_t *row)
{
	json_t *pair;
	size_t index;

	json_array_foreach(pgb_value(row, "mmu"), index, pair)
	{
		pgb_table_row(page, pgb_value_text(row, "label"));
		pgb_table_number(page, pgb_value_of_pair(pair, 0));
		pgb_cell_utilisation(page, row, pgb_value_of_pair(pair, 1));
		pgb_table_end_row(page);
	}
}

static void write_table(struct pgb_page *page, const json_t *rows)
{
	static const char *const columns[] = {"configuration", "window, ms", "not stopped",
					      NULL};
	json_t *row;
	size_t index;

	pgb_details_begin(page, "The figures");
	pgb_table_start(page, "Least share of any window that was not stopped.", columns);
	json_array_foreach(rows, index, row)
	{
		write_row(page, row);
	}
	pgb_table_end(page);
	pgb_details_end(page);
}

/* Which lines would be lower, or might be, if all stops were known. */
static void write_incomplete(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (!json_array_size(pgb_value(row, "mmu")) ||
		    pgb_value_flag(row, "mmu_complete"))
			continue;
		fputs("<p>", page->out);
		pgb_html_name(page, pgb_value_text(row, "label"));
		pgb_html_text(page, pgb_value(row, "mmu_complete")
					    ? ": of the first stops only; at most that"
					    : ": perhaps not of all stops; at most that");
		fputs("</p>\n", page->out);
	}
}

void pgb_figure_mmu(struct pgb_page *page, const json_t *rows, bool explain)
{
	struct pgb_plot plot = {
		.x = {.title = "window, ms", .kind = PGB_AXIS_LOGARITHMIC},
		.y = {.title = "not stopped, %", .kind = PGB_AXIS_SHARES, .label = percent},
	};
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		add_row(&plot, row);
	}
	if (pgb_plot_has_points(&plot)) {
		pgb_figure_begin(page, "mmu", "Minimum mutator utilisation",
				 explain ? caption : "");
		pgb_plot_draw(page, &plot, "Minimum mutator utilisation");
		write_incomplete(page, rows);
		write_table(page, rows);
		pgb_figure_end(page);
	}
	pgb_plot_end(page, &plot);
}

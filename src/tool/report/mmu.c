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

static void write_table(struct pgb_page *page, const struct pgb_plot *plot)
{
	static const char *const columns[] = {"configuration", "window, ms",
					      "not stopped, %", NULL};

	pgb_details_begin(page, "The figures");
	pgb_table_start(page, "Least share of any window that was not stopped.", columns);
	for (size_t i = 0; i < plot->count; i++)
		for (size_t j = 0; j < plot->series[i].count; j++) {
			pgb_table_row(page, plot->series[i].name);
			pgb_table_number(page, plot->series[i].points[j].x);
			pgb_table_number(page, 100 * plot->series[i].points[j].y);
			pgb_table_end_row(page);
		}
	pgb_table_end(page);
	pgb_details_end(page);
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
		write_table(page, &plot);
		pgb_figure_end(page);
	}
	pgb_plot_end(page, &plot);
}

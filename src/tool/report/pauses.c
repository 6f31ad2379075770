/* SPDX-License-Identifier: MIT */
/* pauses.c - how long the world was stopped: the distribution, to its end. */
#include <math.h>

#include "tool/report/programs.h"
#include "tool/report/samples.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] =
	"How long stops last. Further right are the rare ones: at 99 % one stop in a "
	"hundred is longer. The marker is the longest of all runs. Lower is better, at the "
	"right end above all.";

/* Of a curve as wide as the plot, points closer than this cannot be told apart. */
#define NEXT_POINT 1.02

/* The axis has the number of stops of which one is as long: 10 is the percentile 90. */
static void percentile(char text[PGB_TEXT_NUMBER], double stops)
{
	snprintf(text, PGB_TEXT_NUMBER, "%.6g", 100 - 100 / stops);
}

/* `max`: the longest stop, which the end of the last bucket may go beyond; or NAN. */
static void add_histogram(struct pgb_plot *plot, const json_t *histogram, double count,
			  double max)
{
	double seen = 0, last = 0;
	json_t *bucket;
	size_t index;

	json_array_foreach(histogram, index, bucket)
	{
		double here = pgb_value_of_pair(bucket, 1), stops;

		if (here <= 0)
			continue;
		seen = fmin(seen + here, count);
		stops = count / (count - seen + 1);
		if (stops < last * NEXT_POINT && seen < count)
			continue;
		pgb_plot_point(plot, stops, fmin(pgb_value_of_pair(bucket, 0), max), NAN,
			       NAN);
		last = stops;
	}
}

/* The little that is known without a histogram. */
static void add_percentiles(struct pgb_plot *plot, const json_t *row, double count)
{
	static const struct {
		double stops;
		const char *path;
	} points[] = {
		{2, "pauses.p50_ms"},
		{100, "pauses.p99_ms"},
		{1000, "pauses.p999_ms"},
	};

	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++)
		if (points[i].stops < count)
			pgb_plot_point(plot, points[i].stops,
				       pgb_value_number(row, points[i].path), NAN, NAN);
	pgb_plot_point(plot, count, pgb_value_number(row, "pauses.max_ms"), NAN, NAN);
}

static void add_row(struct pgb_plot *plot, const json_t *row)
{
	const json_t *histogram = pgb_value(row, "pauses.histogram");
	double count = pgb_samples_of_pauses(row);

	if (!(count > 0))
		return;
	pgb_plot_series(plot, pgb_value_text(row, "label"), pgb_look_of_row(row));
	if (json_array_size(histogram))
		add_histogram(plot, histogram, count,
			      pgb_value_number(row, "pauses.max_ms"));
	else
		add_percentiles(plot, row, count);
}

static void write_table(struct pgb_page *page, const json_t *rows)
{
	static const char *const columns[] = {"configuration", "stops a run", "mean",
					      "p50",	       "p99",	      "p99.9",
					      "longest",       NULL};
	static const char *const paths[] = {"count",  "mean_ms", "p50_ms",
					    "p99_ms", "p999_ms", "max_ms"};
	json_t *row;
	size_t index;

	pgb_details_begin(page, "The figures");
	pgb_table_start(page, "Milliseconds, of the stops of all runs.", columns);
	json_array_foreach(rows, index, row)
	{
		const json_t *pauses = pgb_value(row, "pauses");

		pgb_table_row(page, pgb_value_text(row, "label"));
		for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
			pgb_table_number(page, pgb_value_number(pauses, paths[i]));
		pgb_table_end_row(page);
	}
	pgb_table_end(page);
	pgb_details_end(page);
}

void pgb_figure_pauses(struct pgb_page *page, const json_t *rows, bool explain)
{
	struct pgb_plot plot = {
		.x = {.title = "percentile, %",
		      .kind = PGB_AXIS_LOGARITHMIC,
		      .label = percentile},
		.y = {.title = "stop, ms", .kind = PGB_AXIS_LOGARITHMIC},
		.end_marks = true,
	};
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		add_row(&plot, row);
	}
	if (pgb_plot_has_points(&plot)) {
		pgb_figure_begin(page, "pauses", "Distribution of stops",
				 explain ? caption : "");
		pgb_plot_draw(page, &plot, "Distribution of stops");
		write_table(page, rows);
		pgb_figure_end(page);
	}
	pgb_plot_end(page, &plot);
}

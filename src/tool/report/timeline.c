/* SPDX-License-Identifier: MIT */
/* timeline.c - when in a run the world was stopped, and for how long: a lane for each. */
#include <math.h>
#include <string.h>

#include "tool/report/programs.h"
#include "tool/report/scale.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] =
	"One run of each configuration, from its start. A bar stands where the world was "
	"stopped; it is as high as the stop is long, on one scale for all lanes, and as "
	"wide "
	"where that can be seen.";

#define LEFT	     58
#define LEAST_STEP   12 /* between labels of durations */
#define RIGHT	     22
#define LANE	     74 /* with its name */
#define NAME_LINE    16
#define LANE_BOTTOM  66
#define LONGEST_NAME 38 /* in characters; as much as has room */
#define TOP	     22
#define BOTTOM	     44

/* A lane in columns of a unit: more bars than these could not be told apart. */
#define COLUMNS (PGB_SVG_WIDTH - LEFT - RIGHT)

#define LONGEST 5 /* stops in the table */

struct frame {
	struct pgb_scale x, y; /* y within a lane */
};

static double duration_at(const json_t *timeline, size_t place)
{
	return pgb_value_of_pair(json_array_get(timeline, place), 1);
}

static bool has_lane(const json_t *row)
{
	return json_array_size(pgb_value(row, "timeline")) > 0;
}

static size_t count_lanes(const json_t *rows)
{
	size_t lanes = 0, index;
	json_t *row;

	json_array_foreach(rows, index, row)
	{
		lanes += has_lane(row);
	}
	return lanes;
}

static struct frame make_frame(const json_t *rows)
{
	struct pgb_extent x = PGB_EXTENT_NONE, y = PGB_EXTENT_NONE;
	struct frame frame;
	json_t *row, *stop;
	size_t index, i;

	json_array_foreach(rows, index, row)
	{
		if (has_lane(row))
			pgb_extent_add(&x, pgb_value_number(row, "wall_ms.median") / 1000);
		json_array_foreach(pgb_value(row, "timeline"), i, stop)
		{
			double duration = pgb_value_of_pair(stop, 1);

			pgb_extent_add(&x, (pgb_value_of_pair(stop, 0) + duration) / 1000);
			pgb_extent_add(&y, duration);
		}
	}
	y.zero = false;
	frame.x = pgb_scale_linear(&x);
	frame.x.from = LEFT;
	frame.x.to = PGB_SVG_WIDTH - RIGHT;
	frame.y = pgb_scale_logarithmic(&y);
	/* The shortest stop is to be seen, too. */
	frame.y.low /= 2;
	frame.y.from = LANE_BOTTOM;
	frame.y.to = NAME_LINE + 6;
	return frame;
}

/* The longest stop in each column, 0 where the program ran. */
static void fill_columns(double longest[COLUMNS], const json_t *row,
			 const struct frame *frame)
{
	json_t *stop;
	size_t index;

	memset(longest, 0, COLUMNS * sizeof(*longest));
	json_array_foreach(pgb_value(row, "timeline"), index, stop)
	{
		double start = pgb_value_of_pair(stop, 0);
		double duration = pgb_value_of_pair(stop, 1);
		double from = pgb_scale_at(&frame->x, start / 1000) - LEFT;
		double to = pgb_scale_at(&frame->x, (start + duration) / 1000) - LEFT;

		for (int i = (int)from; i < COLUMNS && i < fmax(to, from + 1); i++)
			longest[i] = fmax(longest[i], duration);
	}
}

static void draw_bars(struct pgb_page *page, const json_t *row, const struct frame *frame)
{
	double longest[COLUMNS];
	int width;

	fill_columns(longest, row, frame);
	fputs("<path class=\"bars\" d=\"", page->out);
	for (int i = 0; i < COLUMNS; i += width) {
		double height;

		for (width = 1; i + width < COLUMNS; width++)
			if (longest[i + width] != longest[i])
				break;
		if (longest[i] <= 0)
			continue;
		height = LANE_BOTTOM - pgb_scale_at(&frame->y, longest[i]);
		fprintf(page->out, "M%d %dv-%.1fh%dv%.1fz", LEFT + i, LANE_BOTTOM, height,
			width, height);
	}
	fputs("\"/>\n", page->out);
}

/* Powers of ten; between them the eye has the grid. */
static void draw_durations(struct pgb_page *page, const struct frame *frame)
{
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	size_t count = pgb_scale_ticks(&frame->y, ticks);
	double last = INFINITY;
	char text[PGB_TEXT_NUMBER];

	for (size_t i = 0; i < count; i++) {
		double y = pgb_scale_at(&frame->y, ticks[i].value);
		double power = log10(ticks[i].value);

		if (fabs(power - round(power)) > 1e-6 || last - y < LEAST_STEP)
			continue;
		pgb_svg_line(page, "grid", frame->x.from, y, frame->x.to, y);
		pgb_text_tick(text, ticks[i].value);
		pgb_svg_text(page, "small tick", LEFT - 7, y + 4, "end", text);
		last = y;
	}
}

static void draw_lane(struct pgb_page *page, const json_t *row, const struct frame *frame,
		      double top)
{
	struct pgb_look look = pgb_look_of_row(row);

	fprintf(page->out, "<g class=\"lane\" transform=\"translate(0 %.0f)\">\n", top);
	draw_durations(page, frame);
	fprintf(page->out, "<g class=\"series %s\">", look.colour);
	fputs("<title>", page->out);
	pgb_html_text(page, pgb_value_text(row, "label"));
	fprintf(page->out, "\nstops noted: %zu</title>",
		json_array_size(pgb_value(row, "timeline")));
	draw_bars(page, row, frame);
	pgb_svg_name(page, "name", LEFT, NAME_LINE - 4, "start",
		     pgb_value_text(row, "label"), LONGEST_NAME);
	fputs("</g>\n", page->out);
	if (!pgb_value_flag(row, "timeline_complete"))
		pgb_svg_text(page, "small tick", PGB_SVG_WIDTH - RIGHT, NAME_LINE - 4,
			     "end",
			     pgb_value(row, "timeline_complete") ? "only the first stops"
								 : "perhaps not all stops");
	pgb_svg_line(page, "base", frame->x.from, LANE_BOTTOM, frame->x.to, LANE_BOTTOM);
	fputs("</g>\n", page->out);
}

static void draw_time(struct pgb_page *page, const struct frame *frame, double bottom)
{
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	size_t count = pgb_scale_ticks(&frame->x, ticks);
	char text[PGB_TEXT_NUMBER];

	for (size_t i = 0; i < count; i++) {
		double x = pgb_scale_at(&frame->x, ticks[i].value);

		pgb_svg_line(page, "base", x, bottom, x, bottom + 5);
		pgb_text_tick(text, ticks[i].value);
		pgb_svg_text(page, "tick", x, bottom + 19, "middle", text);
	}
	pgb_svg_text(page, "axis", (frame->x.from + frame->x.to) / 2, bottom + 38, "middle",
		     "time since the start, s");
}

static void describe(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	fputs("Stops of the world over time.", page->out);
	json_array_foreach(rows, index, row)
	{
		if (!has_lane(row))
			continue;
		fputc(' ', page->out);
		pgb_html_text(page, pgb_value_text(row, "label"));
		fprintf(page->out, ": %zu stops.",
			json_array_size(pgb_value(row, "timeline")));
	}
}

static void draw(struct pgb_page *page, const json_t *rows, size_t lanes)
{
	struct frame frame = make_frame(rows);
	double top = TOP;
	json_t *row;
	size_t index;

	pgb_svg_begin(page, TOP + (double)lanes * LANE + BOTTOM, "Timeline of stops");
	describe(page, rows);
	pgb_svg_described(page);
	pgb_svg_text(page, "axis", 2, 14, "start", "stop, ms");
	json_array_foreach(rows, index, row)
	{
		if (!has_lane(row))
			continue;
		draw_lane(page, row, &frame, top);
		top += LANE;
	}
	draw_time(page, &frame, top - LANE + LANE_BOTTOM);
	pgb_svg_end(page);
}

/* The longest that were noted, longest first: places in the timeline. */
static size_t find_longest(size_t places[LONGEST], const json_t *timeline)
{
	size_t count = 0, index, place;
	json_t *stop;

	json_array_foreach(timeline, index, stop)
	{
		for (place = count; place; place--)
			if (duration_at(timeline, places[place - 1]) >=
			    pgb_value_of_pair(stop, 1))
				break;
		if (place == LONGEST)
			continue;
		count += count < LONGEST;
		memmove(&places[place + 1], &places[place],
			(count - place - 1) * sizeof(*places));
		places[place] = index;
	}
	return count;
}

static void write_longest(struct pgb_page *page, const json_t *row)
{
	const json_t *timeline = pgb_value(row, "timeline");
	size_t places[LONGEST];
	size_t count = find_longest(places, timeline);

	for (size_t i = 0; i < count; i++) {
		const json_t *stop = json_array_get(timeline, places[i]);

		pgb_table_row(page, pgb_value_text(row, "label"));
		pgb_table_number(page, pgb_value_of_pair(stop, 0) / 1000);
		pgb_table_number(page, pgb_value_of_pair(stop, 1));
		pgb_table_end_row(page);
	}
}

static void write_table(struct pgb_page *page, const json_t *rows)
{
	static const char *const columns[] = {"configuration", "after, s", "stop, ms",
					      NULL};
	json_t *row;
	size_t index;

	pgb_details_begin(page, "The figures");
	pgb_table_start(page, "The five longest stops of each, and when they began.",
			columns);
	json_array_foreach(rows, index, row)
	{
		write_longest(page, row);
	}
	pgb_table_end(page);
	pgb_details_end(page);
}

void pgb_figure_timeline(struct pgb_page *page, const json_t *rows, bool explain)
{
	size_t lanes = count_lanes(rows);

	if (!lanes)
		return;
	pgb_figure_begin(page, "timeline", "Timeline of stops", explain ? caption : "");
	draw(page, rows, lanes);
	write_table(page, rows);
	pgb_figure_end(page);
}

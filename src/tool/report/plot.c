/* SPDX-License-Identifier: MIT */
/* plot.c - series of points between two axes, as SVG. */
#include "tool/report/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tool/report/svg.h"

#define HEIGHT	     284
#define LEFT	     58
#define RIGHT	     22
#define TOP	     34
#define BOTTOM	     46
#define TITLE_LINE   14	 /* of the y axis, above it */
#define NAME_WIDTH   8.6 /* of a character, at most */
#define NAME_HEIGHT  15
#define LONGEST_NAME 15

/* Where a drawing has its lines, and what they mean. */
struct frame {
	const struct pgb_plot *plot;
	struct pgb_scale x, y;
};

/* One more element for an array that doubles. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

void pgb_plot_series(struct pgb_plot *plot, const char *name, struct pgb_look look)
{
	struct pgb_series *longer = grow(plot->series, plot->count, sizeof(*plot->series));

	if (!longer) {
		plot->failed = true;
		return;
	}
	plot->series = longer;
	plot->series[plot->count++] = (struct pgb_series){.name = name, .look = look};
}

void pgb_plot_point(struct pgb_plot *plot, double x, double y, double low, double high)
{
	struct pgb_series *series;
	struct pgb_point *longer;
	size_t place;

	if (plot->failed || !isfinite(x) || !isfinite(y))
		return;
	series = &plot->series[plot->count - 1];
	longer = grow(series->points, series->count, sizeof(*series->points));
	if (!longer) {
		plot->failed = true;
		return;
	}
	series->points = longer;
	for (place = series->count++; place && longer[place - 1].x > x; place--)
		longer[place] = longer[place - 1];
	longer[place] = (struct pgb_point){x, y, low, high};
}

void pgb_plot_limit(struct pgb_plot *plot, const char *name, double y)
{
	if (isnan(y))
		return;
	pgb_plot_series(plot, name, pgb_look_of_limit);
	if (plot->failed)
		return;
	plot->series[plot->count - 1].limit = true;
	/* Has no place of its own; the axis is made for those that have. */
	pgb_plot_point(plot, 0, y, NAN, NAN);
}

bool pgb_plot_has_points(const struct pgb_plot *plot)
{
	for (size_t i = 0; i < plot->count; i++)
		if (plot->series[i].count && !plot->series[i].limit)
			return true;
	return false;
}

static struct pgb_scale make_scale(enum pgb_axis_kind kind, const struct pgb_extent *extent)
{
	switch (kind) {
	case PGB_AXIS_LINEAR:
		return pgb_scale_linear(extent);
	case PGB_AXIS_SHARES:
		return (struct pgb_scale){.high = 1};
	case PGB_AXIS_COUNTS:
		return pgb_scale_counts(extent);
	default:
		return pgb_scale_logarithmic(extent);
	}
}

static double name_room(const struct pgb_plot *plot)
{
	size_t longest = 0;

	for (size_t i = 0; plot->named && i < plot->count; i++) {
		size_t length = strlen(plot->series[i].name);

		longest = length > longest ? length : longest;
	}
	longest = longest < LONGEST_NAME ? longest : LONGEST_NAME;
	return (double)longest * NAME_WIDTH;
}

static struct frame make_frame(const struct pgb_plot *plot)
{
	struct pgb_extent x = PGB_EXTENT_NONE, y = PGB_EXTENT_NONE;
	struct frame frame = {.plot = plot};

	for (size_t i = 0; i < plot->count; i++) {
		const struct pgb_series *series = &plot->series[i];

		for (size_t j = 0; j < series->count; j++) {
			const struct pgb_point *point = &series->points[j];

			if (!series->limit)
				pgb_extent_add(&x, point->x);
			pgb_extent_add(&y, point->y);
			pgb_extent_add(&y, point->low);
			pgb_extent_add(&y, point->high);
		}
	}
	/* A cost of nothing is at the lower end; it needs no place apart. */
	y.zero = false;
	frame.x = make_scale(plot->x.kind, &x);
	frame.y = make_scale(plot->y.kind, &y);
	frame.x.from = LEFT;
	frame.x.to = PGB_SVG_WIDTH - RIGHT - name_room(plot);
	frame.y.from = HEIGHT - BOTTOM;
	frame.y.to = TOP;
	return frame;
}

static void label(char text[PGB_TEXT_NUMBER], const struct pgb_axis *axis, double value)
{
	if (axis->label)
		axis->label(text, value);
	else
		pgb_text_tick(text, value);
}

static void draw_y_axis(struct pgb_page *page, const struct frame *frame)
{
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	size_t count = pgb_scale_ticks(&frame->y, ticks);
	char text[PGB_TEXT_NUMBER];

	for (size_t i = 0; i < count; i++) {
		double y = pgb_scale_at(&frame->y, ticks[i].value);

		pgb_svg_line(page, ticks[i].major ? "grid" : "faint grid", frame->x.from, y,
			     frame->x.to, y);
		if (!ticks[i].major)
			continue;
		label(text, &frame->plot->y, ticks[i].value);
		pgb_svg_text(page, "tick", frame->x.from - 7, y + 4, "end", text);
	}
	pgb_svg_text(page, "axis", 2, TITLE_LINE, "start", frame->plot->y.title);
}

/* Between the place of 0 and a logarithmic axis there is no way. */
static void draw_break(struct pgb_page *page, const struct frame *frame)
{
	double x = (pgb_scale_at(&frame->x, 0) + pgb_scale_at(&frame->x, frame->x.low)) / 2;

	for (int i = 0; i < 2; i++)
		pgb_svg_line(page, "base", x - 4 + 4 * i, frame->y.from + 4, x + 4 * i,
			     frame->y.from - 4);
}

static void draw_x_axis(struct pgb_page *page, const struct frame *frame)
{
	struct pgb_tick ticks[PGB_SCALE_TICKS];
	size_t count = pgb_scale_ticks(&frame->x, ticks);
	double bottom = frame->y.from;
	char text[PGB_TEXT_NUMBER];

	for (size_t i = 0; i < count; i++) {
		double x = pgb_scale_at(&frame->x, ticks[i].value);

		pgb_svg_line(page, "base", x, bottom, x, bottom + (ticks[i].major ? 5 : 3));
		if (!ticks[i].major)
			continue;
		label(text, &frame->plot->x, ticks[i].value);
		pgb_svg_text(page, "tick", x, bottom + 19, "middle", text);
	}
	pgb_svg_line(page, "base", frame->x.from, bottom, frame->x.to, bottom);
	if (frame->x.zero)
		draw_break(page, frame);
	pgb_svg_text(page, "axis", (frame->x.from + frame->x.to) / 2, bottom + 38, "middle",
		     frame->plot->x.title);
}

/* "uffd-async: threads 2, ns a page 640" */
static void draw_tooltip(struct pgb_page *page, const struct frame *frame,
			 const struct pgb_series *series, const struct pgb_point *point)
{
	char x[PGB_TEXT_NUMBER], y[PGB_TEXT_NUMBER];

	label(x, &frame->plot->x, point->x);
	if (frame->plot->y.label)
		label(y, &frame->plot->y, point->y);
	else
		pgb_text_number(y, point->y);
	fputs("<title>", page->out);
	pgb_html_text(page, series->name);
	fprintf(page->out, "\n%s: %s\n%s: %s</title>", frame->plot->x.title, x,
		frame->plot->y.title, y);
}

static void draw_point(struct pgb_page *page, const struct frame *frame,
		       const struct pgb_series *series, const struct pgb_point *point)
{
	double x = pgb_scale_at(&frame->x, point->x);

	fputs("<g class=\"mark\">", page->out);
	draw_tooltip(page, frame, series, point);
	if (point->low < point->high)
		pgb_svg_line(page, "spread", x, pgb_scale_at(&frame->y, point->low), x,
			     pgb_scale_at(&frame->y, point->high));
	pgb_svg_marker(page, &series->look, x, pgb_scale_at(&frame->y, point->y));
	fputs("</g>\n", page->out);
}

static void draw_line(struct pgb_page *page, const struct frame *frame,
		      const struct pgb_series *series)
{
	fprintf(page->out, "<path class=\"line\" stroke-dasharray=\"%s\" d=\"",
		series->look.dash);
	for (size_t i = 0; i < series->count; i++)
		fprintf(page->out, "%s%.1f %.1f", i ? "L" : "M",
			pgb_scale_at(&frame->x, series->points[i].x),
			pgb_scale_at(&frame->y, series->points[i].y));
	fputs("\"/>\n", page->out);
}

static void draw_limit(struct pgb_page *page, const struct frame *frame,
		       const struct pgb_series *series)
{
	double y = pgb_scale_at(&frame->y, series->points[0].y);

	fprintf(page->out,
		"<path class=\"limit\" stroke-dasharray=\"%s\" d=\"M%.1f %.1fH%.1f\">",
		series->look.dash, frame->x.from, y, frame->x.to);
	draw_tooltip(page, frame, series, &series->points[0]);
	fputs("</path>\n", page->out);
}

static void draw_series(struct pgb_page *page, const struct frame *frame,
			const struct pgb_series *series)
{
	fprintf(page->out, "<g class=\"series %s\">\n", series->look.colour);
	if (series->limit) {
		draw_limit(page, frame, series);
	} else {
		draw_line(page, frame, series);
		for (size_t i = 0; i < series->count; i++)
			if (!frame->plot->end_marks || i == series->count - 1)
				draw_point(page, frame, series, &series->points[i]);
	}
	fputs("</g>\n", page->out);
}

struct name {
	const struct pgb_series *series;
	double y;
};

static int by_height(const void *a, const void *b)
{
	double left = ((const struct name *)a)->y, right = ((const struct name *)b)->y;

	return (left > right) - (left < right);
}

/* Each beside the end of its line, as far as they leave each other room. */
static void place_names(struct name *names, size_t count, double top, double bottom)
{
	qsort(names, count, sizeof(*names), by_height);
	for (size_t i = 0; i < count; i++) {
		double least = i ? names[i - 1].y + NAME_HEIGHT : top;

		names[i].y = fmax(names[i].y, least);
	}
	for (size_t i = count; i-- > 0;) {
		double most = i + 1 < count ? names[i + 1].y - NAME_HEIGHT : bottom;

		names[i].y = fmin(names[i].y, most);
	}
}

static void draw_names(struct pgb_page *page, const struct frame *frame)
{
	const struct pgb_plot *plot = frame->plot;
	struct name *names = calloc(plot->count + 1, sizeof(*names));
	size_t count = 0;

	if (!names) {
		page->failed = true;
		return;
	}
	for (size_t i = 0; i < plot->count; i++) {
		const struct pgb_series *series = &plot->series[i];

		if (series->count)
			names[count++] = (struct name){
				series, pgb_scale_at(&frame->y,
						     series->points[series->count - 1].y)};
	}
	place_names(names, count, frame->y.to, frame->y.from);
	for (size_t i = 0; i < count; i++) {
		fprintf(page->out, "<g class=\"%s\">", names[i].series->look.colour);
		pgb_svg_name(page, "name", frame->x.to + 8, names[i].y + 4, "start",
			     names[i].series->name, LONGEST_NAME);
		fputs("</g>\n", page->out);
	}
	free(names);
}

/* For who cannot see it: each line, from its lowest to its highest value. */
static void describe(struct pgb_page *page, const struct pgb_plot *plot)
{
	fprintf(page->out, "%s, by %s.", plot->y.title, plot->x.title);
	for (size_t i = 0; i < plot->count; i++) {
		const struct pgb_series *series = &plot->series[i];
		double low = INFINITY, high = -INFINITY;
		char from[PGB_TEXT_NUMBER], to[PGB_TEXT_NUMBER];

		for (size_t j = 0; j < series->count; j++) {
			low = fmin(low, series->points[j].y);
			high = fmax(high, series->points[j].y);
		}
		if (!series->count)
			continue;
		label(from, &plot->y, low);
		label(to, &plot->y, high);
		fputc(' ', page->out);
		pgb_html_text(page, series->name);
		fprintf(page->out, ": %s to %s.", from, to);
	}
}

void pgb_plot_draw(struct pgb_page *page, const struct pgb_plot *plot, const char *title)
{
	struct frame frame = make_frame(plot);

	pgb_svg_begin(page, HEIGHT, title);
	describe(page, plot);
	pgb_svg_described(page);
	draw_y_axis(page, &frame);
	draw_x_axis(page, &frame);
	for (size_t i = 0; i < plot->count; i++)
		if (plot->series[i].count)
			draw_series(page, &frame, &plot->series[i]);
	if (plot->named)
		draw_names(page, &frame);
	pgb_svg_end(page);
}

void pgb_plot_end(struct pgb_page *page, struct pgb_plot *plot)
{
	for (size_t i = 0; i < plot->count; i++)
		free(plot->series[i].points);
	free(plot->series);
	page->failed |= plot->failed;
}

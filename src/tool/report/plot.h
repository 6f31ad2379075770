/* SPDX-License-Identifier: MIT */
/* plot.h - series of points between two axes, as SVG. */
#ifndef PGB_REPORT_PLOT_H
#define PGB_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>

#include "tool/report/html.h"
#include "tool/report/look.h"
#include "tool/report/scale.h"
#include "tool/report/text.h"

struct pgb_point {
	double x, y;
	double low, high; /* the spread of y; NAN: none is known */
};

struct pgb_series {
	const char *name; /* lent */
	struct pgb_look look;
	struct pgb_point *points;
	size_t count;
	bool limit; /* a line for all of the width, without markers */
};

enum pgb_axis_kind {
	PGB_AXIS_LOGARITHMIC,
	PGB_AXIS_LINEAR, /* from 0 */
	PGB_AXIS_SHARES, /* from 0 to 1 */
	PGB_AXIS_COUNTS,
};

struct pgb_axis {
	const char *title; /* with the unit */
	enum pgb_axis_kind kind;
	void (*label)(char text[PGB_TEXT_NUMBER], double value); /* NULL: the number */
};

/* Begins with the axes set and the rest zero. */
struct pgb_plot {
	struct pgb_axis x, y;
	bool named;	/* lines have their names at their ends */
	bool end_marks; /* only the last point of a series has a marker */
	struct pgb_series *series;
	size_t count;
	bool failed; /* memory is out */
};

/* Begin another series, to which the points that follow belong. */
void pgb_plot_series(struct pgb_plot *plot, const char *name, struct pgb_look look);

/* In any order of x.  A point of which a coordinate is not known (NAN) is none. */
void pgb_plot_point(struct pgb_plot *plot, double x, double y, double low, double high);

/* A line across at `y`. */
void pgb_plot_limit(struct pgb_plot *plot, const char *name, double y);

/* Whether there is anything to see. */
bool pgb_plot_has_points(const struct pgb_plot *plot);

/* As <svg>. */
void pgb_plot_draw(struct pgb_page *page, const struct pgb_plot *plot, const char *title);

/* Free what was added, and note at the page if something could not be. */
void pgb_plot_end(struct pgb_page *page, struct pgb_plot *plot);

#endif

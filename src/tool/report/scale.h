/* SPDX-License-Identifier: MIT */
/* scale.h - from values to places on an axis. */
#ifndef PGB_REPORT_SCALE_H
#define PGB_REPORT_SCALE_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define PGB_SCALE_TICKS 48

struct pgb_scale {
	bool logarithmic;
	bool whole;	  /* only whole numbers have ticks */
	bool zero;	  /* logarithmic, with a place of its own for 0 before the rest */
	double low, high; /* the values at the ends */
	double from, to;  /* the places of the ends */
};

struct pgb_tick {
	double value;
	bool major; /* has a label */
};

/* Values to be shown: start with none. */
struct pgb_extent {
	double low, high;
	bool zero; /* there was a 0, which has no logarithm */
};

#define PGB_EXTENT_NONE ((struct pgb_extent){.low = INFINITY, .high = -INFINITY})

/* Have `value` shown, unless it is not known. */
void pgb_extent_add(struct pgb_extent *extent, double value);

/* An axis from 0 up to a round value. */
struct pgb_scale pgb_scale_linear(const struct pgb_extent *extent);

/* Of counted things, with half a place beyond either end. */
struct pgb_scale pgb_scale_counts(const struct pgb_extent *extent);

/* From a power of ten, or 2 or 5 times one, to such another. */
struct pgb_scale pgb_scale_logarithmic(const struct pgb_extent *extent);

/* The place of a value.  One below a logarithmic scale is at its lower end. */
double pgb_scale_at(const struct pgb_scale *scale, double value);

/* How many there are; in ascending order. */
size_t pgb_scale_ticks(const struct pgb_scale *scale,
		       struct pgb_tick ticks[PGB_SCALE_TICKS]);

#endif

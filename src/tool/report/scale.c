/* SPDX-License-Identifier: MIT */
/* scale.c - from values to places on an axis. */
#include "tool/report/scale.h"

#include <math.h>

/* Less cannot have been measured, and is 0 to an axis. */
#define SMALLEST 1e-12

/* The share of the axis that is put aside for 0. */
#define ZERO_SHARE 0.14

/* Over more decades than these only powers of ten, then only some of them, have ticks. */
#define LABELLED_DECADES 2
#define TICKED_DECADES	 5
#define LABELS		 6

void pgb_extent_add(struct pgb_extent *extent, double value)
{
	if (!isfinite(value))
		return;
	if (value < SMALLEST) {
		extent->zero = true;
		return;
	}
	extent->low = fmin(extent->low, value);
	extent->high = fmax(extent->high, value);
}

/* The number of the series 1, 2, 5, 10, 20, ... that is not below `value`. */
static double round_up(double value)
{
	double power = pow(10, floor(log10(value)));
	double lead = value / power;

	/* A round value is to stay what it is, whatever pow() made of its last bit. */
	if (lead <= 1 + 1e-9)
		return power;
	return power * (lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10);
}

static double round_down(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9));
	double lead = value / power;

	return power * (lead < 2 - 1e-9 ? 1 : lead < 5 - 1e-9 ? 2 : 5);
}

/* Of about five steps that make up `range`. */
static double step_of(double range)
{
	return round_up(range / 5);
}

struct pgb_scale pgb_scale_linear(const struct pgb_extent *extent)
{
	double high = extent->high > 0 ? extent->high : 1;
	double step = step_of(high);

	return (struct pgb_scale){.high = ceil(high / step - 1e-9) * step};
}

struct pgb_scale pgb_scale_counts(const struct pgb_extent *extent)
{
	bool any = extent->high > 0;

	return (struct pgb_scale){
		.whole = true,
		.low = any ? extent->low - 0.5 : 0.5,
		.high = any ? extent->high + 0.5 : 1.5,
	};
}

struct pgb_scale pgb_scale_logarithmic(const struct pgb_extent *extent)
{
	bool any = extent->high > 0;
	struct pgb_scale scale = {
		.logarithmic = true,
		.zero = extent->zero,
		.low = round_down(any ? extent->low : 1),
		.high = round_up(any ? extent->high : 10),
	};

	if (scale.high <= scale.low)
		scale.high = scale.low * 10;
	return scale;
}

static double share_of(const struct pgb_scale *scale, double value)
{
	double share;

	if (!scale->logarithmic)
		return (value - scale->low) / (scale->high - scale->low);
	if (value <= 0)
		return 0;
	share = fmax(log10(value / scale->low) / log10(scale->high / scale->low), 0);
	return scale->zero ? ZERO_SHARE + (1 - ZERO_SHARE) * share : share;
}

double pgb_scale_at(const struct pgb_scale *scale, double value)
{
	return scale->from + (scale->to - scale->from) * fmin(share_of(scale, value), 1);
}

static size_t linear_ticks(const struct pgb_scale *scale, struct pgb_tick *ticks)
{
	double step = step_of(scale->high - scale->low), first;
	size_t count = 0;

	if (scale->whole)
		step = fmax(step, 1);
	first = ceil(scale->low / step);
	while (count < PGB_SCALE_TICKS) {
		double value = (first + (double)count) * step;

		if (value > scale->high + step * 1e-9)
			break;
		ticks[count++] = (struct pgb_tick){value, true};
	}
	return count;
}

static size_t logarithmic_ticks(const struct pgb_scale *scale, struct pgb_tick *ticks)
{
	static const int leads[] = {1, 2, 5};
	double decades = log10(scale->high / scale->low);
	int last = (int)floor(log10(scale->high) + 1e-9);
	int stride = (int)fmax(ceil(decades / LABELS), 1);
	size_t shown = decades > TICKED_DECADES ? 1 : 3, count = 0;

	if (scale->zero)
		ticks[count++] = (struct pgb_tick){0, true};
	for (int power = (int)floor(log10(scale->low) + 1e-9); power <= last;
	     power += stride)
		for (size_t i = 0; i < shown && count < PGB_SCALE_TICKS; i++) {
			double value = leads[i] * pow(10, power);

			if (value < scale->low * (1 - 1e-9) ||
			    value > scale->high * (1 + 1e-9))
				continue;
			ticks[count++] =
				(struct pgb_tick){value, !i || decades <= LABELLED_DECADES};
		}
	return count;
}

size_t pgb_scale_ticks(const struct pgb_scale *scale,
		       struct pgb_tick ticks[PGB_SCALE_TICKS])
{
	return scale->logarithmic ? logarithmic_ticks(scale, ticks)
				  : linear_ticks(scale, ticks);
}

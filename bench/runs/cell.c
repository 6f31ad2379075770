/* SPDX-License-Identifier: MIT */
/*
 * cell.c - figures over the runs of one program in one configuration.
 */
#include <math.h>

#include "experiment.h"
#include "measure.h"

#define MUCH_LATER 0.05 /* of the time in which they came; the report's, too */

size_t cell_values(const struct cell *cell, enum metric metric,
		   double values[MAXIMUM_ROUNDS])
{
	size_t count = 0;

	for (unsigned round = 0; round < cell->runs; round++) {
		double value = cell->reports[round].value[metric];

		if (cell->sound[round] && !isnan(value))
			values[count++] = value;
	}
	return count;
}

double cell_median(const struct cell *cell, enum metric metric)
{
	double values[MAXIMUM_ROUNDS];
	size_t count = cell_values(cell, metric, values);

	return count ? median(values, count) : NAN;
}

double cell_largest(const struct cell *cell, enum metric metric)
{
	double values[MAXIMUM_ROUNDS], largest = NAN;
	size_t count = cell_values(cell, metric, values);

	for (size_t i = 0; i < count; i++)
		largest = fmax(largest, values[i]);
	return largest;
}

bool cell_fell_behind(const struct cell *cell)
{
	return cell_median(cell, REQUESTS_LATE) > MUCH_LATER;
}

double cell_ratio(const struct cell *cell, const struct cell *to, enum metric metric)
{
	double ratios[MAXIMUM_ROUNDS];
	size_t count = 0;

	for (unsigned round = 0; round < cell->runs && round < to->runs; round++) {
		double value = cell->reports[round].value[metric];
		double base = to->reports[round].value[metric];

		if (cell->sound[round] && to->sound[round] && base > 0 && !isnan(value))
			ratios[count++] = value / base;
	}
	return count ? median(ratios, count) : NAN;
}

void cell_release(struct cell *cell)
{
	for (unsigned round = 0; round < cell->runs; round++)
		run_report_release(&cell->reports[round]);
}

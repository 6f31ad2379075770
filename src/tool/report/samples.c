/* SPDX-License-Identifier: MIT */
/* samples.c - how many times a figure is of, and which are of too few. */
#include "tool/report/samples.h"

#include <math.h>

#include "tool/report/value.h"

static const struct {
	const char *name;
	double least;
} figures[] = {
	{"mean_ms", 1}, {"p50_ms", 1}, {"p99_ms", 100}, {"p999_ms", 1000}, {"max_ms", 1},
};

static double counted(const json_t *histogram)
{
	double count = 0;
	json_t *bucket;
	size_t index;

	json_array_foreach(histogram, index, bucket)
	{
		count += pgb_value_of_pair(bucket, 1);
	}
	return count;
}

double pgb_samples_of_pauses(const json_t *row)
{
	double pooled = counted(pgb_value(row, "pauses.histogram"));
	double sound = pgb_value_number(row, "sound");

	if (pooled > 0)
		return pooled;
	/* The count is that of a run, and a report of `run --stats` is of one. */
	return pgb_value_number(row, "pauses.count") * (isnan(sound) ? 1 : sound);
}

static void drop_few(json_t *times, double samples)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(*figures); i++)
		if (samples < figures[i].least)
			json_object_del(times, figures[i].name);
}

void pgb_samples_drop_few(json_t *rows)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		drop_few(pgb_value(row, "pauses"), pgb_samples_of_pauses(row));
		drop_few(pgb_value(row, "requests"),
			 pgb_value_number(row, "requests.count"));
	}
}

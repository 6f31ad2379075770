/* SPDX-License-Identifier: MIT */
/*
 * pauses.c - the stops of all runs of a cell, put together.
 */
#include "pauses.h"

#include <math.h>

#include "percentile.h"
#include "results.h"

#define NS_PER_MS 1e6

static json_t *number_at(const json_t *array, size_t index)
{
	return json_array_get(array, index);
}

/* The buckets are the same ones, so nothing is lost; the sum is known anyhow. */
static void pool_report(const struct run_report *report, struct pgb_histogram *pool)
{
	const json_t *pause_ns = json_object_get(report->process, "pause_ns");
	uint64_t sum = pool->sum, max = pool->max, longest;
	json_t *bucket;
	size_t index;

	json_array_foreach(json_object_get(pause_ns, "histogram"), index, bucket)
	{
		uint64_t value = (uint64_t)json_integer_value(number_at(bucket, 0));
		json_int_t count = json_integer_value(number_at(bucket, 1));

		for (json_int_t i = 0; i < count; i++)
			pgb_histogram_add(pool, value);
	}
	longest = (uint64_t)json_integer_value(json_object_get(pause_ns, "max"));
	pool->max = longest > max ? longest : max;
	pool->sum = sum + (uint64_t)json_integer_value(json_object_get(pause_ns, "total"));
}

void pauses_pool(const struct cell *cell, struct pgb_histogram *pool)
{
	*pool = (struct pgb_histogram){0};
	for (unsigned round = 0; round < cell->runs; round++) {
		if (cell->sound[round])
			pool_report(&cell->reports[round], pool);
	}
}

static double ms(uint64_t ns)
{
	return (double)ns / NS_PER_MS;
}

static json_t *buckets(const struct pgb_histogram *pool)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < PGB_HISTOGRAM_BUCKETS; i++) {
		if (pool->bucket[i])
			json_array_append_new(
				array, json_pack("[f, I]", ms(pgb_histogram_largest_in(i)),
						 (json_int_t)pool->bucket[i]));
	}
	return array;
}

double pauses_mean(const struct pgb_histogram *pool)
{
	return pool->count ? ms(pool->sum) / (double)pool->count : NAN;
}

/* A whole number stays one. */
static json_t *count_per_run(uint64_t count, unsigned runs)
{
	if (count % runs)
		return json_real((double)count / runs);
	return json_integer((json_int_t)(count / runs));
}

json_t *pauses_distribution(const struct cell *cell)
{
	struct pgb_histogram pool;

	if (!cell->sound_runs)
		return json_null();
	pauses_pool(cell, &pool);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:o}", "count",
			 count_per_run(pool.count, cell->sound_runs), "mean_ms",
			 results_number(pauses_mean(&pool)), "p50_ms",
			 results_number(percentile_ms(&pool, 50)), "p99_ms",
			 results_number(percentile_ms(&pool, 99)), "p999_ms",
			 results_number(percentile_ms(&pool, 99.9)), "max_ms",
			 results_number(cell_largest(cell, PAUSE_MAX_MS)), "total_ms",
			 ms(pool.sum) / cell->sound_runs, "histogram", buckets(&pool));
}

/* The share that a run reports at a window; NAN if the run was shorter. */
static double reported_mmu(const struct run_report *report, json_int_t window_ms)
{
	json_t *pair;
	size_t index;

	json_array_foreach(json_object_get(report->process, "mmu"), index, pair)
	{
		if (json_integer_value(number_at(pair, 0)) == window_ms)
			return json_number_value(number_at(pair, 1));
	}
	return NAN;
}

double pauses_mmu_at(const struct cell *cell, unsigned window_ms)
{
	double least = NAN;

	for (unsigned round = 0; round < cell->runs; round++) {
		if (cell->sound[round])
			least = fmin(least, reported_mmu(&cell->reports[round], window_ms));
	}
	return least;
}

json_t *pauses_mmu(const struct cell *cell)
{
	static const unsigned windows_ms[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(windows_ms) / sizeof(*windows_ms); i++) {
		double share = pauses_mmu_at(cell, windows_ms[i]);

		if (!isnan(share))
			json_array_append_new(
				array, json_pack("[i, f]", (int)windows_ms[i], share));
	}
	return array;
}

bool pauses_mmu_is_complete(const struct cell *cell)
{
	bool complete = true;

	for (unsigned round = 0; round < cell->runs; round++) {
		if (cell->sound[round])
			complete &= json_is_true(json_object_get(
				cell->reports[round].process, "mmu_complete"));
	}
	return complete;
}

/* Of an even number of runs one of the two in the middle. */
static const struct run_report *median_run(const struct cell *cell)
{
	double middle = cell_median(cell, WALL_MS), nearest = INFINITY;
	const struct run_report *chosen = NULL;

	for (unsigned round = 0; round < cell->runs; round++) {
		const struct run_report *report = &cell->reports[round];
		double distance = fabs(report->value[WALL_MS] - middle);

		if (cell->sound[round] && distance < nearest) {
			nearest = distance;
			chosen = report;
		}
	}
	return chosen;
}

void pauses_timeline(const struct cell *cell, json_t **timeline, json_t **complete)
{
	const struct run_report *report = median_run(cell);
	json_t *pair;
	size_t index;

	if (!report || !report->process) {
		*timeline = json_null();
		*complete = json_null();
		return;
	}
	*timeline = json_array();
	json_array_foreach(json_object_get(report->process, "pauses"), index, pair)
	{
		double start = json_number_value(number_at(pair, 0)) / NS_PER_MS;
		double duration = json_number_value(number_at(pair, 1)) / NS_PER_MS;

		json_array_append_new(*timeline, json_pack("[f, f]", start, duration));
	}
	*complete = json_incref(json_object_get(report->process, "pauses_complete"));
}

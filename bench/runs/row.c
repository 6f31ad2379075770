/* SPDX-License-Identifier: MIT */
/*
 * row.c - one program in one configuration, for the file of results.
 */
#include "row.h"

#include <math.h>
#include <string.h>

#include "measure.h"
#include "pauses.h"

#define MIB (1u << 20)

static json_t *spread(const struct cell *cell, enum metric metric)
{
	double values[MAXIMUM_ROUNDS];
	size_t count = cell_values(cell, metric, values);

	return results_spread(values, count);
}

static json_t *whole(double value)
{
	return isnan(value) ? json_null() : json_integer((json_int_t)llround(value));
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static const struct run_report *any_sound(const struct cell *cell)
{
	for (unsigned round = 0; round < cell->runs; round++) {
		if (cell->sound[round])
			return &cell->reports[round];
	}
	return NULL;
}

/* What served, which for the best backend is known from the runs alone. */
static json_t *backend_of(const struct cell *cell, const struct configuration *wanted)
{
	const struct run_report *report = any_sound(cell);

	return text_or_null(report ? report->backend : wanted->backend);
}

static json_t *ratios(const struct cell *cell, const struct cell *stock)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "to", configurations[STOCK].name,
			 "wall", results_number(cell_ratio(cell, stock, WALL_MS)), "cpu",
			 results_number(cell_ratio(cell, stock, CPU_MS)), "pause_mean",
			 results_number(cell_ratio(cell, stock, PAUSE_MEAN_MS)),
			 "pause_max",
			 results_number(cell_ratio(cell, stock, PAUSE_MAX_MS)));
}

/* Over the sound runs: the median and the largest; NAN if no run served requests. */
static void request_figure(const struct cell *cell, const char *key, double *middle,
			   double *largest)
{
	double values[MAXIMUM_ROUNDS] = {0};
	size_t count = 0;

	for (unsigned round = 0; round < cell->runs; round++) {
		const json_t *value = json_object_get(cell->reports[round].requests, key);

		if (json_is_number(value))
			values[count++] = json_number_value(value);
	}
	*middle = count ? median(values, count) : NAN;
	*largest = count ? values[count - 1] : NAN; /* they are sorted now */
}

static json_t *requests_of(const struct cell *cell)
{
	static const char *const keys[] = {"p50_ms", "p99_ms",	    "p999_ms",
					   "max_ms", "schedule_ms", "late_ms"};
	double middle, largest;
	json_t *object;

	request_figure(cell, "count", &middle, &largest);
	if (isnan(middle))
		return json_null();
	object = json_pack("{s:o}", "count", whole(middle));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		request_figure(cell, keys[i], &middle, &largest);
		json_object_set_new(
			object, keys[i],
			results_number(strcmp(keys[i], "max_ms") ? middle : largest));
	}
	return object;
}

static void set_measured(json_t *row, const struct cell *cell)
{
	json_t *timeline, *complete;

	pauses_timeline(cell, &timeline, &complete);
	json_object_set_new(row, "wall_ms", spread(cell, WALL_MS));
	json_object_set_new(row, "cpu_ms", spread(cell, CPU_MS));
	json_object_set_new(row, "pauses", pauses_distribution(cell));
	json_object_set_new(row, "mmu", pauses_mmu(cell));
	json_object_set_new(row, "mmu_complete",
			    cell->sound_runs ? json_boolean(pauses_mmu_is_complete(cell))
					     : json_null());
	json_object_set_new(row, "timeline", timeline);
	json_object_set_new(row, "timeline_complete", complete);
	json_object_set_new(row, "requests", requests_of(cell));
	json_object_set_new(row, "faults",
			    json_pack("{s:o, s:o}", "minor",
				      whole(cell_median(cell, MINOR_FAULTS)), "major",
				      whole(cell_median(cell, MAJOR_FAULTS))));
	json_object_set_new(row, "signals", whole(cell_median(cell, SIGNALS)));
	json_object_set_new(row, "peak_vmas",
			    cell->peak_vmas ? json_integer(cell->peak_vmas) : json_null());
	json_object_set_new(row, "peak_rss_kib", whole(cell_largest(cell, PEAK_RSS_KIB)));
}

json_t *row_of(const struct setting *setting, const struct program *program,
	       enum configuration_id id)
{
	const struct configuration *wanted = &configurations[id];
	const struct cell *cell = &program->cells[id];
	double live_bytes = program->live_mib ? (double)program->live_mib * MIB : NAN;
	json_t *row = json_pack(
		"{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:s, s:s, s:I, s:I}", "program",
		program->name, "live_bytes", whole(live_bytes), "configuration",
		wanted->name, "backend", backend_of(cell, wanted), "mode", wanted->mode,
		"policy", text_or_null(wanted->policy), "pause_target_ms",
		wanted->pause ? json_integer(wanted->pause) : json_null(), "label",
		setting->label[id], "outcome", *cell->outcome ? cell->outcome : "ok",
		"runs", (json_int_t)cell->runs, "sound", (json_int_t)cell->sound_runs);

	if (!row)
		return NULL;
	set_measured(row, cell);
	json_object_set_new(row, "ratios", ratios(cell, &program->cells[STOCK]));
	return row;
}

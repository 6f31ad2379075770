/* SPDX-License-Identifier: MIT */
/* from_stats.c - a report of `pgbarrier run --stats`, as the run of a benchmark. */
#include "tool/report/from_stats.h"

#include <math.h>
#include <stdio.h>

#include "tool/report/load.h"
#include "tool/report/value.h"

#define NS_PER_MS 1e6

/* Nanoseconds at `path` in milliseconds; null: not known. */
static json_t *milliseconds(const json_t *object, const char *path)
{
	double nanoseconds = pgb_value_number(object, path);

	return isnan(nanoseconds) ? json_null() : json_real(nanoseconds / NS_PER_MS);
}

/* Pairs that begin with nanoseconds, in milliseconds; the second one is divided, too. */
static json_t *milliseconds_of_pairs(const json_t *pairs, double divisor)
{
	json_t *converted = json_array(), *pair;
	size_t index;

	json_array_foreach(pairs, index, pair)
	{
		double first = pgb_value_of_pair(pair, 0) / NS_PER_MS;
		double second = pgb_value_of_pair(pair, 1) / divisor;

		if (json_array_append_new(converted, json_pack("[f, f]", first, second))) {
			json_decref(converted);
			return NULL;
		}
	}
	return converted;
}

static json_t *pauses(const json_t *times)
{
	double count = pgb_value_number(times, "count");

	/* Of nothing the percentiles are 0 there. */
	if (count <= 0)
		return json_pack("{s:i}", "count", 0);
	return json_pack("{s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "count", count,
			 "mean_ms", pgb_value_number(times, "total") / count / NS_PER_MS,
			 "total_ms", milliseconds(times, "total"), "p50_ms",
			 milliseconds(times, "p50"), "p99_ms", milliseconds(times, "p99"),
			 "p999_ms", milliseconds(times, "p999"), "max_ms",
			 milliseconds(times, "max"), "histogram",
			 milliseconds_of_pairs(pgb_value(times, "histogram"), 1));
}

static json_t *outcome(const json_t *stats)
{
	double signal = pgb_value_number(stats, "exit.signal");
	double status = pgb_value_number(stats, "exit.status");

	if (signal > 0)
		return json_sprintf("ended by signal %g", signal);
	if (status > 0)
		return json_sprintf("ended with status %g", status);
	return json_string("ok");
}

/* The program and its arguments, as they were typed. */
static json_t *command_line(const json_t *stats)
{
	json_t *line = json_string(""), *word;
	size_t index;

	json_array_foreach(pgb_value(stats, "program"), index, word)
	{
		json_t *longer = json_sprintf("%s%s%s", json_string_value(line),
					      index ? " " : "", json_string_value(word));

		json_decref(line);
		line = longer;
		if (!line)
			break;
	}
	return line;
}

static json_t *optional(const json_t *object, const char *path)
{
	json_t *value = pgb_value(object, path);

	return value ? json_incref(value) : json_null();
}

static const char *known_text(const json_t *object, const char *path)
{
	const char *text = pgb_value_text(object, path);

	return text ? text : "";
}

/* "stats.json: A, uffd-async, generational", and which process if there are several. */
static json_t *label(const json_t *process, const char *name, bool several)
{
	const char *design = known_text(process, "design");
	const char *backend = known_text(process, "backend");
	char which[48] = "";

	if (several)
		snprintf(which, sizeof(which), "process %.0f, ",
			 pgb_value_number(process, "pid"));
	if (!*backend)
		return json_sprintf("%s: %slibgc as it is", name, which);
	return json_sprintf("%s: %s%s, %s, %s", name, which, design, backend,
			    known_text(process, "mode"));
}

/* What all of its processes took. */
static int set_usage(json_t *row, const json_t *usage)
{
	double cpu =
		pgb_value_number(usage, "user_ns") + pgb_value_number(usage, "system_ns");

	if (isnan(cpu))
		return 0;
	return json_object_set_new(row, "cpu_ms",
				   json_pack("{s:f}", "median", cpu / NS_PER_MS)) ||
	       json_object_set_new(row, "faults",
				   json_pack("{s:o, s:o}", "minor",
					     optional(usage, "minor_faults"), "major",
					     optional(usage, "major_faults"))) ||
	       json_object_set_new(row, "peak_rss_kib", optional(usage, "peak_rss_kib"));
}

static json_t *make_row(const json_t *stats, const json_t *process, const char *name,
			bool several)
{
	const char *backend = pgb_value_text(process, "backend");
	json_t *row = json_pack(
		"{s:o, s:o, s:s?, s:o, s:o, s:{s:o}, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"program", command_line(stats), "label", label(process, name, several),
		"backend", backend && *backend ? backend : NULL, "mode",
		optional(process, "mode"), "outcome", outcome(stats), "wall_ms", "median",
		milliseconds(stats, "wall_ns"), "pauses",
		pauses(pgb_value(process, "pause_ns")), "mmu", optional(process, "mmu"),
		"mmu_complete", optional(process, "mmu_complete"), "signals",
		optional(process, "signals"), "vmas_at_exit",
		optional(process, "vmas_at_exit"), "timeline",
		milliseconds_of_pairs(pgb_value(process, "pauses"), NS_PER_MS),
		"timeline_complete", optional(process, "pauses_complete"));

	if (row && set_usage(row, pgb_value(stats, "usage"))) {
		json_decref(row);
		return NULL;
	}
	return row;
}

json_t *pgb_run_from_stats(const json_t *stats, const char *name)
{
	const json_t *processes = pgb_value(stats, "processes");
	bool several = json_array_size(processes) > 1;
	json_t *rows = json_array(), *process;
	size_t index;

	json_array_foreach(processes, index, process)
	{
		if (json_array_append_new(rows, make_row(stats, process, name, several))) {
			json_decref(rows);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "suite", PGB_SUITE_STATS, "rows", rows);
}

/* SPDX-License-Identifier: MIT */
/* from_stats.c - a report of `pgbarrier run --stats`, as the run of a benchmark. */
#include "tool/report/from_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/report/load.h"
#include "tool/report/value.h"

#define NS_PER_MS 1e6

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Pairs of nanoseconds in milliseconds. */
static json_t *timeline(const json_t *pauses)
{
	json_t *pairs = json_array(), *pause;
	size_t index;

	json_array_foreach(pauses, index, pause)
	{
		double start = pgb_value_of_pair(pause, 0) / NS_PER_MS;
		double duration = pgb_value_of_pair(pause, 1) / NS_PER_MS;

		if (json_array_append_new(pairs, json_pack("[f, f]", start, duration))) {
			json_decref(pairs);
			return NULL;
		}
	}
	return pairs;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

/* A bucket for each pause; they are as many as there was room for when they were noted. */
static json_t *histogram(const json_t *timeline)
{
	size_t count = json_array_size(timeline), index;
	double *durations = calloc(count + 1, sizeof(*durations));
	json_t *buckets = json_array(), *pause;
	int err = durations ? 0 : -1;

	json_array_foreach(timeline, index, pause)
	{
		if (durations)
			durations[index] = pgb_value_of_pair(pause, 1);
	}
	if (durations)
		qsort(durations, count, sizeof(*durations), ascending);
	for (size_t i = 0; i < count && !err; i++)
		err = json_array_append_new(buckets, json_pack("[f, i]", durations[i], 1));
	free(durations);
	if (!err)
		return buckets;
	json_decref(buckets);
	return NULL;
}

static json_t *pauses(const json_t *process, const json_t *timeline)
{
	const json_t *times = pgb_value(process, "pause_ns");
	double count = pgb_value_number(times, "count");
	bool any = count > 0;
	json_t *object;

	object = json_pack(
		"{s:f, s:o, s:o, s:o, s:o, s:f}", "count", count, "mean_ms",
		number_or_null(any ? pgb_value_number(times, "total") / count / NS_PER_MS
				   : NAN),
		"p50_ms",
		number_or_null(any ? pgb_value_number(times, "p50") / NS_PER_MS : NAN),
		"p99_ms",
		number_or_null(any ? pgb_value_number(times, "p99") / NS_PER_MS : NAN),
		"max_ms",
		number_or_null(any ? pgb_value_number(times, "max") / NS_PER_MS : NAN),
		"total_ms", pgb_value_number(times, "total") / NS_PER_MS);
	/* Of some of the pauses there is no distribution of all. */
	if (object && pgb_value_flag(process, "pauses_complete") &&
	    json_object_set_new(object, "histogram", histogram(timeline))) {
		json_decref(object);
		return NULL;
	}
	return object;
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
static json_t *label(const json_t *process, const char *file, bool several)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;
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

static json_t *row(const json_t *stats, const json_t *process, const char *file,
		   bool several)
{
	const char *backend = pgb_value_text(process, "backend");
	json_t *durations = timeline(pgb_value(process, "pauses"));

	return json_pack(
		"{s:o, s:o, s:s?, s:o, s:o, s:{s:f}, s:o, s:o, s:o, s:o, s:o, s:o}",
		"program", command_line(stats), "label", label(process, file, several),
		"backend", backend && *backend ? backend : NULL, "mode",
		optional(process, "mode"), "outcome", outcome(stats), "wall_ms", "median",
		pgb_value_number(stats, "wall_ns") / NS_PER_MS, "pauses",
		pauses(process, durations), "mmu", optional(process, "mmu"), "signals",
		optional(process, "signals"), "vmas_at_exit",
		optional(process, "vmas_at_exit"), "timeline", durations,
		"timeline_complete", optional(process, "pauses_complete"));
}

json_t *pgb_run_from_stats(const json_t *stats, const char *file)
{
	const json_t *processes = pgb_value(stats, "processes");
	bool several = json_array_size(processes) > 1;
	json_t *rows = json_array(), *process;
	size_t index;

	json_array_foreach(processes, index, process)
	{
		if (json_array_append_new(rows, row(stats, process, file, several))) {
			json_decref(rows);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o}", "suite", PGB_SUITE_STATS, "rows", rows);
}

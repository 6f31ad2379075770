/* SPDX-License-Identifier: MIT */
/* stats_json.c - the report of `pgbarrier run --stats`: a stats page as JSON. */
#include "tool/stats_json.h"

#include <jansson.h>
#include <string.h>
#include <sys/wait.h>

#include "tool/fold.h"
#include "tool/json.h"
#include "tool/timeline.h"

/* A name in a page need not end. */
#define TEXT(array) pgb_json_text(array, strnlen(array, sizeof(array)))

static json_int_t number(uint64_t value)
{
	return (json_int_t)value;
}

/* [largest value, how many] for each bucket that is not empty. */
static json_t *buckets(const struct pgb_histogram *histogram)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < PGB_HISTOGRAM_BUCKETS; i++) {
		if (histogram->bucket[i])
			json_array_append_new(array,
					      json_pack("[I, I]",
							number(pgb_histogram_largest_in(i)),
							number(histogram->bucket[i])));
	}
	return array;
}

static json_t *histogram(const struct pgb_histogram *histogram)
{
	static const struct {
		const char *name;
		double percent;
	} quantiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}};
	json_t *object =
		json_pack("{s:I, s:I, s:I, s:o}", "count", number(histogram->count), "max",
			  number(histogram->max), "total", number(histogram->sum),
			  "histogram", buckets(histogram));

	for (size_t i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++) {
		uint64_t value = pgb_histogram_percentile(histogram, quantiles[i].percent);

		json_object_set_new(object, quantiles[i].name, json_integer(number(value)));
	}
	return object;
}

static json_t *fallbacks(const struct pgb_stats_process *process)
{
	json_t *array = json_array();

	for (size_t i = 0; i < PGB_STATS_FALLBACKS; i++) {
		const struct pgb_stats_fallback *fallback = &process->fallbacks[i];

		if (fallback->count)
			json_array_append_new(array,
					      json_pack("{s:o, s:I}", "reason",
							TEXT(fallback->reason), "count",
							number(fallback->count)));
	}
	return array;
}

static void set_counters(json_t *object, const struct pgb_stats_process *process)
{
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
		{"harvests", process->harvests},
		{"pages_reported", process->pages_reported},
		{"pages_harvested", process->pages_harvested},
		{"pages_watched", process->pages_watched},
		{"pages_unsure", process->pages_unsure},
		{"pages_unarmed", process->pages_unarmed},
		{"walks_skipped", process->walks_skipped},
		{"signals", process->signals},
		{"sigsegv_handlers", process->sigsegv_handlers},
		{"vmas_at_exit", process->vmas_at_exit},
		{"collections", process->collections},
		{"heap_bytes", process->heap_bytes},
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		json_object_set_new(object, counters[i].name,
				    json_integer(number(counters[i].value)));
	/* Only a run that knows what was written can tell; the preload does not. */
	json_object_set_new(object, "over_report", json_null());
}

static json_t *process_object(const struct pgb_stats_process *process)
{
	json_t *object = json_pack("{s:I, s:I}", "pid", number(process->pid), "parent",
				   number(process->parent));

	json_object_set_new(object, "program", TEXT(process->program));
	json_object_set_new(object, "libgc", TEXT(process->libgc));
	json_object_set_new(object, "libgc_version", TEXT(process->libgc_version));
	json_object_set_new(object, "backend", TEXT(process->backend));
	json_object_set_new(object, "design", TEXT(process->design));
	json_object_set_new(object, "mode", TEXT(process->mode));
	json_object_set_new(object, "reason", TEXT(process->reason));
	set_counters(object, process);
	json_object_set_new(object, "fallbacks", fallbacks(process));
	json_object_set_new(object, "harvest_ns", histogram(&process->harvest_ns));
	json_object_set_new(object, "pause_ns", histogram(&process->pause_ns));
	pgb_timeline_set(object, process);
	return object;
}

static json_t *processes(const struct pgb_stats_page *page)
{
	json_t *array = json_array();

	for (size_t i = 0; i < PGB_STATS_PROCESSES; i++)
		if (page->process[i].pid)
			json_array_append_new(array, process_object(&page->process[i]));
	return array;
}

static json_t *arguments(char **program)
{
	json_t *array = json_array();

	for (; *program; program++)
		json_array_append_new(array, pgb_json_text(*program, strlen(*program)));
	return array;
}

static json_t *exit_object(int status)
{
	if (WIFSIGNALED(status))
		return json_pack("{s:i}", "signal", WTERMSIG(status));
	return json_pack("{s:i}", "status", WEXITSTATUS(status));
}

static json_int_t nanoseconds(struct timeval time)
{
	return (json_int_t)time.tv_sec * 1000000000 + (json_int_t)time.tv_usec * 1000;
}

static json_t *usage_object(const struct rusage *usage)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I, s:I}", "user_ns", nanoseconds(usage->ru_utime),
		"system_ns", nanoseconds(usage->ru_stime), "minor_faults",
		(json_int_t)usage->ru_minflt, "major_faults", (json_int_t)usage->ru_majflt,
		"peak_rss_kib", (json_int_t)usage->ru_maxrss);
}

char *pgb_stats_json(const struct pgb_outcome *outcome, const struct pgb_stats_page *page)
{
	json_t *root = json_pack(
		"{s:o, s:o, s:I, s:o, s:I, s:o}", "program", arguments(outcome->program),
		"exit", exit_object(outcome->status), "wall_ns", number(outcome->wall_ns),
		"usage", usage_object(&outcome->usage), "processes_left_out",
		number(page->processes_left_out), "processes", processes(page));
	char *text = json_dumps(root, JSON_INDENT(2) | PGB_JSON_NUMBERS);

	json_decref(root);
	if (text)
		pgb_fold(text);
	return text;
}

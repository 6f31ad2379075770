/* SPDX-License-Identifier: MIT */
/*
 * run_report.c - what `pgbarrier run --stats=FILE` wrote about one run.
 */
#include "run_report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "tool/json.h"

#define NS_PER_MS 1e6

/* Of several processes the one that collected most is the program that is meant. */
static json_t *main_process(const json_t *processes)
{
	json_t *process, *chosen = NULL;
	json_int_t most = -1;
	size_t index;

	json_array_foreach(processes, index, process)
	{
		json_t *pauses = json_object_get(process, "pause_ns");
		json_int_t count = json_integer_value(json_object_get(pauses, "count"));

		if (count > most) {
			most = count;
			chosen = process;
		}
	}
	return chosen;
}

/*
 * Those that libgc's own handler took.  Where the backend has a handler, that one takes
 * them, and they are not counted.
 */
static double known_signals(const char *backend, json_int_t signals)
{
	for (size_t i = 0; pgb_backends[i]; i++) {
		if (!strcmp(pgb_backends[i]->name, backend) &&
		    !(pgb_backends[i]->capabilities & PGB_CAP_NO_SIGNALS))
			return NAN;
	}
	return (double)signals;
}

static int read_process(json_t *process, struct run_report *report)
{
	const char *backend, *design, *mode, *reason;
	json_int_t count, max, total, signals;
	double *value = report->value;

	if (json_unpack(process, "{s:s, s:s, s:s, s:s, s:I, s:{s:I, s:I, s:I}}", "backend",
			&backend, "design", &design, "mode", &mode, "reason", &reason,
			"signals", &signals, "pause_ns", "count", &count, "max", &max,
			"total", &total))
		return -EINVAL;
	value[PAUSES] = (double)count;
	value[PAUSE_MAX_MS] = count ? (double)max / NS_PER_MS : NAN;
	value[PAUSE_MEAN_MS] = count ? (double)total / (double)count / NS_PER_MS : NAN;
	value[SIGNALS] = known_signals(backend, signals);
	snprintf(report->backend, sizeof(report->backend), "%s", backend);
	snprintf(report->design, sizeof(report->design), "%s", design);
	snprintf(report->mode, sizeof(report->mode), "%s", mode);
	pgb_json_copy(report->reason, sizeof(report->reason), reason, strlen(reason));
	return 0;
}

static int read_root(json_t *root, struct run_report *report)
{
	json_int_t wall, user, system, minor, major, peak_rss;
	double *value = report->value;
	json_t *processes;

	if (json_unpack(root, "{s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:o}", "wall_ns", &wall,
			"usage", "user_ns", &user, "system_ns", &system, "minor_faults",
			&minor, "major_faults", &major, "peak_rss_kib", &peak_rss,
			"processes", &processes))
		return -EINVAL;
	value[WALL_MS] = (double)wall / NS_PER_MS;
	value[CPU_MS] = (double)(user + system) / NS_PER_MS;
	value[MINOR_FAULTS] = (double)minor;
	value[MAJOR_FAULTS] = (double)major;
	value[PEAK_RSS_KIB] = (double)peak_rss;
	report->process = main_process(processes);
	return report->process ? read_process(report->process, report) : 0;
}

int run_report_read(const char *path, struct run_report *report)
{
	int err;

	*report = (struct run_report){.root = json_load_file(path, 0, NULL)};
	if (!report->root)
		return -EINVAL;
	err = read_root(report->root, report);
	if (err)
		run_report_release(report);
	return err;
}

static double request_figure(const struct run_report *report, const char *key)
{
	const json_t *value = json_object_get(report->requests, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

void run_report_read_requests(const char *path, struct run_report *report)
{
	report->requests = json_load_file(path, 0, NULL);
	report->value[REQUEST_P999_MS] = request_figure(report, "p999_ms");
	report->value[REQUESTS_LATE] =
		request_figure(report, "late_ms") / request_figure(report, "schedule_ms");
}

void run_report_release(struct run_report *report)
{
	json_decref(report->root);
	json_decref(report->requests);
	report->root = NULL;
	report->process = NULL;
	report->requests = NULL;
}

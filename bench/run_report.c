/* SPDX-License-Identifier: MIT */
/*
 * run_report.c - what `pgbarrier run --stats=FILE` wrote about one run.
 */
#include "run_report.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

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

static int read_process(json_t *process, struct run_report *report)
{
	json_int_t count, p50, p99, max, total, signals;
	const char *design, *reason;

	if (json_unpack(process, "{s:s, s:s, s:I, s:{s:I, s:I, s:I, s:I, s:I}}", "design",
			&design, "reason", &reason, "signals", &signals, "pause_ns",
			"count", &count, "p50", &p50, "p99", &p99, "max", &max, "total",
			&total))
		return -EINVAL;
	report->pauses = (double)count;
	report->pause_p50 = (double)p50 / NS_PER_MS;
	report->pause_p99 = (double)p99 / NS_PER_MS;
	report->pause_max = (double)max / NS_PER_MS;
	report->pause_average = count ? (double)total / (double)count / NS_PER_MS : 0;
	report->signals = (double)signals;
	snprintf(report->design, sizeof(report->design), "%s", design);
	snprintf(report->reason, sizeof(report->reason), "%s", reason);
	return 0;
}

int run_report_read(const char *path, struct run_report *report)
{
	json_t *root = json_load_file(path, 0, NULL);
	json_t *processes, *process;
	json_int_t wall_ns;
	int err = -EINVAL;

	*report = (struct run_report){0};
	if (!root ||
	    json_unpack(root, "{s:I, s:o}", "wall_ns", &wall_ns, "processes", &processes))
		goto out;
	report->wall_ms = (double)wall_ns / NS_PER_MS;
	process = main_process(processes);
	err = process ? read_process(process, report) : 0;
out:
	json_decref(root);
	return err;
}

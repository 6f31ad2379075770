/* SPDX-License-Identifier: MIT */
/*
 * results.c - the file of a benchmark suite: what was measured, on which machine.
 */
#include "results.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cpu_time.h"
#include "machine.h"
#include "measure.h"
#include "pgbarrier.h"
#include "tool/json.h"

#define NS_PER_SECOND 1e9

struct results {
	struct cpu_time begin;
	json_t *run;
	json_t *rows, *skipped; /* members of it */
};

static json_t *utc_now(void)
{
	time_t now = time(NULL);
	char text[32];
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

struct results *results_new(const char *suite, bool quick)
{
	struct results *results = malloc(sizeof(*results));

	if (!results)
		return NULL;
	results->rows = json_array();
	results->skipped = json_array();
	results->run = json_pack("{s:s, s:b, s:o, s:s, s:o, s:O, s:O}", "suite", suite,
				 "quick", quick, "started", utc_now(), "pgbarrier",
				 pgb_version(), "machine", machine_record(), "skipped",
				 results->skipped, "rows", results->rows);
	/* Either is lent from the run from now on, if there is one. */
	json_decref(results->rows);
	json_decref(results->skipped);
	if (!results->run) {
		free(results);
		return NULL;
	}
	results->begin = cpu_time_now();
	return results;
}

int results_add(struct results *results, json_t *row)
{
	return json_array_append_new(results->rows, row) ? -ENOMEM : 0;
}

int results_skip(struct results *results, const char *what, const char *why)
{
	json_t *skip = json_pack("{s:s, s:s}", "what", what, "why", why);

	return json_array_append_new(results->skipped, skip) ? -ENOMEM : 0;
}

json_t *results_spread(double *values, size_t count)
{
	double middle;

	if (!count)
		return json_null();
	middle = median(values, count);
	return json_pack("{s:f, s:f, s:f, s:I}", "median", middle, "low", values[0], "high",
			 values[count - 1], "rounds", (json_int_t)count);
}

json_t *results_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

double results_others_share(const struct results *results)
{
	return cpu_time_of_others(&results->begin);
}

const json_t *results_skipped(const struct results *results)
{
	return results->skipped;
}

static int end_run(struct results *results)
{
	double seconds = (double)(now_ns() - results->begin.when_ns) / NS_PER_SECOND;
	json_t *load = json_pack("{s:o}", "others_share",
				 results_number(results_others_share(results)));

	if (json_object_set_new(results->run, "seconds", json_real(seconds)) ||
	    json_object_set_new(results->run, "load", load))
		return -ENOMEM;
	return 0;
}

static int write_document(const json_t *document, FILE *stream)
{
	if (json_dumpf(document, stream, JSON_INDENT(1) | PGB_JSON_NUMBERS) ||
	    fputc('\n', stream) == EOF || fflush(stream))
		return errno ? -errno : -EIO;
	return 0;
}

static int write_file(const json_t *document, const char *path)
{
	FILE *stream = fopen(path, "we");
	int err;

	if (!stream)
		return -errno;
	err = write_document(document, stream);
	if (fclose(stream) && !err)
		err = -errno;
	return err;
}

int results_write(struct results *results, const char *path)
{
	int err = end_run(results);
	json_t *document;

	if (err)
		return err;
	document =
		json_pack("{s:s, s:[O]}", "schema", RESULTS_SCHEMA, "runs", results->run);
	if (!document)
		return -ENOMEM;
	errno = 0;
	err = strcmp(path, "-") ? write_file(document, path)
				: write_document(document, stdout);
	json_decref(document);
	return err;
}

void results_free(struct results *results)
{
	if (!results)
		return;
	json_decref(results->run);
	free(results);
}

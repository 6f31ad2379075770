/* SPDX-License-Identifier: MIT */
/* load.c - the files that a page is made of, read and checked. */
#include "tool/report/load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tool/json.h"
#include "tool/report/from_stats.h"
#include "tool/report/samples.h"
#include "tool/report/schema.h"
#include "tool/report/text.h"
#include "tool/report/value.h"
#include "tool/tool.h"

/* The kernel takes its part of the memory before it counts, and not each takes as much. */
#define MEMORY_TOLERANCE 0.05

static json_t *read_file(const char *file)
{
	FILE *stream = strcmp(file, "-") ? fopen(file, "re") : stdin;
	json_error_t error;
	json_t *root;

	if (!stream) {
		pgb_say("cannot read %s: %s", file, strerror(errno));
		return NULL;
	}
	errno = 0;
	root = json_loadf(stream, 0, &error);
	if (!root && ferror(stream))
		pgb_say("cannot read %s: %s", file, strerror(errno));
	else if (!root)
		pgb_say("%s: line %d, column %d: no JSON: %s", file, error.line,
			error.column, error.text);
	if (stream != stdin)
		fclose(stream);
	return root;
}

static bool check_shape(const json_t *object, const struct pgb_field *fields,
			const char *file, const char *within)
{
	struct pgb_fault fault;

	if (pgb_check(object, fields, &fault))
		return true;
	pgb_say("%s: %s%s%s %s", file, within, *within && *fault.where ? "." : "",
		*fault.where ? fault.where : "the file", fault.what);
	return false;
}

static bool check_suite(const json_t *run, const char *file, size_t index)
{
	const char *suite = pgb_value_text(run, "suite");
	const struct pgb_field *fields = pgb_suite_fields(suite);
	char within[32];

	snprintf(within, sizeof(within), "runs[%zu]", index);
	if (fields)
		return check_shape(run, fields, file, within);
	pgb_say("%s: %s.suite is \"%s\", which this pgbarrier does not know; there are "
		"primitives, gc and programs",
		file, within, suite);
	return false;
}

/* "CPU: 2 or 4" */
static void say_member(char *text, size_t size, const json_t *a, const json_t *b,
		       const char *title, const char *path)
{
	char left[128], right[128];
	size_t used = strlen(text);

	pgb_text_value(left, sizeof(left), pgb_value(a, path));
	pgb_text_value(right, sizeof(right), pgb_value(b, path));
	snprintf(text + used, size - used, "%s%s %s and %s", used ? ", " : "", title, left,
		 right);
}

static bool same_memory(const json_t *a, const json_t *b)
{
	double left = pgb_value_number(a, "memory_kib");
	double right = pgb_value_number(b, "memory_kib");

	if (isnan(left) || isnan(right))
		return isnan(left) && isnan(right);
	return fabs(left - right) <= MEMORY_TOLERANCE * fmax(left, right);
}

/* What tells two machines apart; nothing if they are the same. */
static void compare_machines(char *text, size_t size, const json_t *a, const json_t *b)
{
	static const struct {
		const char *path, *title;
	} members[] = {
		{"id", "machine-id (hashed)"},
		{"arch", "architecture"},
		{"cpu", "processor"},
		{"cpus", "CPUs"},
	};

	*text = '\0';
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (!pgb_value_same(a, b, members[i].path))
			say_member(text, size, a, b, members[i].title, members[i].path);
	if (!same_memory(a, b))
		say_member(text, size, a, b, "memory in KiB", "memory_kib");
}

/* Figures of two machines in one plot would be read as if they could be compared. */
static bool check_machine(const json_t *runs, const json_t *added, const char *file)
{
	const json_t *machine = pgb_value(added, "machine");
	char difference[768];
	json_t *run;
	size_t index;

	json_array_foreach(runs, index, run)
	{
		const json_t *known = pgb_value(run, "machine");

		if (!known)
			continue;
		compare_machines(difference, sizeof(difference), known, machine);
		if (!*difference)
			return true;
		pgb_say("%s and %s are from different machines: %s; make a page of each",
			pgb_value_text(run, "file"), file, difference);
		return false;
	}
	return true;
}

static bool add_run(json_t *runs, json_t *run, const char *file)
{
	if (!run || json_object_set_new(run, "file", json_string(file)) ||
	    json_array_append(runs, run)) {
		pgb_say("out of memory");
		return false;
	}
	pgb_samples_drop_few(pgb_value(run, "rows"));
	return true;
}

static bool add_bench(json_t *runs, const json_t *root, const char *file)
{
	const char *schema = pgb_value_text(root, "schema");
	json_t *run;
	size_t index;

	if (!schema || strcmp(schema, PGB_BENCH_SCHEMA)) {
		pgb_say("%s: its schema is \"%s\", and this pgbarrier reads "
			"\"" PGB_BENCH_SCHEMA "\"",
			file, schema ? schema : "");
		return false;
	}
	if (!check_shape(root, pgb_bench_fields, file, ""))
		return false;
	json_array_foreach(pgb_value(root, "runs"), index, run)
	{
		if (!check_suite(run, file, index) || !check_machine(runs, run, file) ||
		    !add_run(runs, run, file))
			return false;
	}
	return true;
}

/* `name`: of the file, for labels. */
static bool add_stats(json_t *runs, const json_t *root, const char *file, const char *name)
{
	json_t *run;
	bool added;

	if (!check_shape(root, pgb_stats_fields, file, ""))
		return false;
	if (!json_array_size(pgb_value(root, "processes"))) {
		pgb_say("%s: no process in it has loaded libgc, so there is nothing to "
			"show",
			file);
		return false;
	}
	run = pgb_run_from_stats(root, name);
	added = add_run(runs, run, file);
	json_decref(run);
	return added;
}

static bool add_file(json_t *runs, const char *path, const char *short_path)
{
	char file[PGB_TEXT_PATH], name[PGB_TEXT_PATH];
	json_t *root = read_file(path);
	bool added = false;

	if (!root)
		return false;
	pgb_json_copy(file, sizeof(file), path, strlen(path));
	pgb_json_copy(name, sizeof(name), short_path, strlen(short_path));
	if (pgb_value(root, "schema"))
		added = add_bench(runs, root, file);
	else if (pgb_value(root, "processes"))
		added = add_stats(runs, root, file, name);
	else
		pgb_say("%s: neither a file of `pgbarrier bench --json', which has "
			"\"schema\", nor one of `pgbarrier run --stats', which has "
			"\"processes\"",
			path);
	json_decref(root);
	return added;
}

json_t *pgb_load(char *const *files, size_t count)
{
	json_t *runs = json_array();

	for (size_t i = 0; i < count; i++)
		if (!add_file(runs, files[i], pgb_text_short_path(files, count, i))) {
			json_decref(runs);
			return NULL;
		}
	return runs;
}

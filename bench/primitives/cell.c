/* SPDX-License-Identifier: MIT */
/*
 * cell.c - a figure: of what it is, and what was measured in each round.
 */
#include "cell.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"
#include "../progress.h"

static const char *const pattern_names[] = {
	[SEQUENTIAL] = "sequential",
	[RANDOM] = "random",
	[CLUSTERED] = "clustered",
};

struct cell *cells_add(struct cells *cells, const struct cell *cell)
{
	struct cell *added;

	if (cells->count == cells->room) {
		cells->room = cells->room ? 2 * cells->room : 32;
		cells->cell = reallocarray(cells->cell, cells->room, sizeof(*cells->cell));
		if (!cells->cell)
			fail("cannot allocate memory", -ENOMEM);
	}
	added = &cells->cell[cells->count++];
	*added = *cell;
	added->shootdowns = added->mappings = NAN;
	return added;
}

void cells_free(struct cells *cells)
{
	free(cells->cell);
	*cells = (struct cells){0};
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

const struct cell *cells_like(const struct cells *cells, const struct cell *cell,
			      const char *backend)
{
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *other = &cells->cell[i];

		if (is_same(other->backend, backend) &&
		    is_same(other->bench, cell->bench) &&
		    is_same(other->operation, cell->operation) &&
		    is_same(other->mutators, cell->mutators) &&
		    other->pattern == cell->pattern && other->threads == cell->threads &&
		    other->huge_pages == cell->huge_pages &&
		    other->region_bytes == cell->region_bytes &&
		    other->density == cell->density)
			return other;
	}
	return NULL;
}

void cells_compare(struct cells *cells, const char *backend)
{
	for (size_t i = 0; i < cells->count; i++)
		cells->cell[i].reference = cells_like(cells, &cells->cell[i], backend);
}

static void take_turn(struct cell *cell, bool counting, cell_turn *turn, void *arg)
{
	struct stopwatch watch = {.counting = counting};
	double units = 1;

	cell->err = turn(cell, &watch, &units, arg);
	if (cell->err)
		return;
	if (counting)
		cell->shootdowns = watch.shootdowns / units;
	else
		cell->values[cell->rounds++] = (double)watch.ns / units;
}

void cells_run(struct cells *cells, const struct pace *pace, cell_turn *turn, void *arg)
{
	uint64_t begin = now_ns();

	/* The first round warms up, and counts what counting would disturb. */
	for (size_t round = 0; round <= pace->most; round++) {
		if (round > pace->least && (double)(now_ns() - begin) / 1e9 > pace->seconds)
			break;
		for (size_t i = 0; i < cells->count; i++) {
			struct cell *cell = &cells->cell[i];
			char name[256];

			if (cell->err)
				continue;
			cell_name(cell, name, sizeof(name));
			progress("%s; round %zu of at most %zu", name, round, pace->most);
			take_turn(cell, !round, turn, arg);
		}
	}
}

double cell_median(const struct cell *cell)
{
	double values[MAXIMUM_ROUNDS];

	if (cell->err || !cell->rounds)
		return NAN;
	memcpy(values, cell->values, sizeof(values));
	return median(values, cell->rounds);
}

size_t cell_ratios(const struct cell *cell, double ratios[MAXIMUM_ROUNDS])
{
	const struct cell *reference = cell->reference;

	if (cell->err || !cell->rounds || !reference || reference->err ||
	    reference->rounds != cell->rounds)
		return 0;
	for (size_t i = 0; i < cell->rounds; i++)
		ratios[i] = cell->values[i] / reference->values[i];
	return cell->rounds;
}

double cell_ratio(const struct cell *cell)
{
	double ratios[MAXIMUM_ROUNDS];
	size_t count = cell_ratios(cell, ratios);

	return count ? median(ratios, count) : NAN;
}

static void append(char *label, size_t size, const char *before, const char *word)
{
	size_t used = strlen(label);

	snprintf(label + used, size - used, ", %s%s", before, word);
}

void cell_label(const struct cell *cell, char *label, size_t size)
{
	if (cell->operation)
		snprintf(label, size, "%s", cell->operation);
	else if (cell->density >= 0)
		snprintf(label, size, "%g %% dirty", cell->density);
	else if (cell->pattern)
		snprintf(label, size, "%u thread%s", cell->threads,
			 cell->threads == 1 ? "" : "s");
	else
		snprintf(label, size, "its page table read");
	if (cell->pattern)
		append(label, size, "", pattern_names[cell->pattern]);
	if (cell->huge_pages)
		append(label, size, "", "huge pages");
	if (cell->mutators)
		append(label, size, "mutators ", cell->mutators);
}

void cell_name(const struct cell *cell, char *name, size_t size)
{
	bool small = cell->region_bytes < 1u << 20;
	char label[128];

	cell_label(cell, label, sizeof(label));
	snprintf(name, size, "%s of %zu %s, %s, %s", cell->bench,
		 cell->region_bytes >> (small ? 10 : 20), small ? "KiB" : "MiB", label,
		 cell->backend);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* {"to", "median"} */
static json_t *ratio_object(const struct cell *cell)
{
	const struct cell *reference = cell->reference;
	double ratio = cell_ratio(cell);

	if (isnan(ratio))
		return json_null();
	return json_pack("{s:s, s:f}", "to",
			 is_same(reference->bench, cell->bench) ? reference->backend
								: reference->bench,
			 "median", ratio);
}

static json_t *row_object(const struct cell *cell)
{
	double values[MAXIMUM_ROUNDS];

	memcpy(values, cell->values, sizeof(values));
	return json_pack(
		"{s:s, s:o, s:s, s:I, s:o, s:b, s:I, s:o, s:o, s:s, s:o, s:o, s:o, s:o}",
		"bench", cell->bench, "operation", text_or_null(cell->operation), "backend",
		cell->backend, "threads", (json_int_t)cell->threads, "pattern",
		text_or_null(cell->pattern ? pattern_names[cell->pattern] : NULL),
		"huge_pages", cell->huge_pages, "region_bytes",
		(json_int_t)cell->region_bytes, "density",
		results_number(cell->density < 0 ? NAN : cell->density), "mutators",
		text_or_null(cell->mutators), "unit", cell->unit, "value",
		results_spread(values, cell->rounds), "ratio", ratio_object(cell),
		"shootdowns", results_number(cell->shootdowns), "vmas",
		results_number(cell->mappings));
}

static int record_failure(const struct cell *cell, struct results *results)
{
	char what[256];

	cell_name(cell, what, sizeof(what));
	/* Which of the two it is, mprotect(2) does not say. */
	return results_skip(results, what,
			    cell->err == -ENOMEM
				    ? "no memory, or more mappings needed than "
				      "vm.max_map_count allows"
				    : strerror(-cell->err));
}

int cells_record(const struct cells *cells, struct results *results)
{
	int err = 0;

	for (size_t i = 0; !err && i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];

		err = cell->err ? record_failure(cell, results)
				: results_add(results, row_object(cell));
	}
	return err;
}

/* SPDX-License-Identifier: MIT */
/*
 * summary.c - what a suite prints.
 */
#include "summary.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "pauses.h"
#include "percentile.h"
#include "table.h"

/* Of all CPU time; less than that does not move the ratios. */
#define BUSY_SHARE  0.05
#define KIB_PER_MIB 1024

enum column {
	CONFIGURATION,
	WALL,
	WALL_RATIO,
	CPU_RATIO,
	STOPS,
	MEAN,
	P99,
	LONGEST,
	MMU_10,
	MMU_50,
	FAULTS,
	WRITE_SIGNALS,
	PEAK_VMAS,
	PEAK_MIB,
	REQUESTS,
	OUTCOME,
};
_Static_assert(OUTCOME < TABLE_COLUMNS, "the table is too narrow");

static const struct {
	const char *upper, *lower;
} headings[] = {
	[CONFIGURATION] = {"", ""},
	[WALL] = {"wall", "ms"},
	[WALL_RATIO] = {"times", "stock"},
	[CPU_RATIO] = {"CPU,", "times"},
	[STOPS] = {"pauses", "a run"},
	[MEAN] = {"mean", "ms"},
	[P99] = {"p99", "ms"},
	[LONGEST] = {"max", "ms"},
	[MMU_10] = {"MMU", "10 ms"},
	[MMU_50] = {"MMU", "50 ms"},
	[FAULTS] = {"faults", ""},
	[WRITE_SIGNALS] = {"signals", ""},
	[PEAK_VMAS] = {"VMAs", "peak"},
	[PEAK_MIB] = {"MiB", "peak"},
	[REQUESTS] = {"request", "p99.9"},
	[OUTCOME] = {"", "outcome"},
};

__attribute__((format(printf, 2, 3))) static void set(char *cell, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(cell, TABLE_CELL, format, values);
	va_end(values);
}

static void set_number(char *cell, const char *format, double value)
{
	if (isnan(value))
		set(cell, "-");
	else
		set(cell, format, value);
}

static void set_outcome(char *text, const struct cell *cell)
{
	unsigned unsound = cell->runs - cell->sound_runs;

	if (!unsound)
		set(text, cell_fell_behind(cell) ? "did not keep up" : "ok");
	else if (unsound == cell->runs)
		set(text, "%s", cell->outcome);
	else
		set(text, "%u of %u: %s", unsound, cell->runs, cell->outcome);
}

static void set_measurements(char (*row)[TABLE_CELL], const struct cell *cell,
			     const struct cell *stock, bool tells_requests)
{
	/* Where only the first pauses are known, later ones may have left less. */
	const char *share = pauses_mmu_is_complete(cell) ? "%.2f" : "<=%.2f";
	struct pgb_histogram pool;

	pauses_pool(cell, &pool);
	set_number(row[WALL], "%.0f", cell_median(cell, WALL_MS));
	set_number(row[WALL_RATIO], "%.2f", cell_ratio(cell, stock, WALL_MS));
	set_number(row[CPU_RATIO], "%.2f", cell_ratio(cell, stock, CPU_MS));
	set_number(row[STOPS], "%.0f", (double)pool.count / cell->sound_runs);
	set_number(row[MEAN], "%.1f", pauses_mean(&pool));
	set_number(row[P99], "%.1f", percentile_ms(&pool, 99));
	set_number(row[LONGEST], "%.1f", cell_largest(cell, PAUSE_MAX_MS));
	set_number(row[MMU_10], share, pauses_mmu_at(cell, 10));
	set_number(row[MMU_50], share, pauses_mmu_at(cell, 50));
	set_number(row[FAULTS], "%.0f", cell_median(cell, MINOR_FAULTS));
	set_number(row[WRITE_SIGNALS], "%.0f", cell_median(cell, SIGNALS));
	set_number(row[PEAK_MIB], "%.0f", cell_largest(cell, PEAK_RSS_KIB) / KIB_PER_MIB);
	if (tells_requests)
		set_number(row[REQUESTS], "%.1f", cell_median(cell, REQUEST_P999_MS));
}

static void add_headings(struct table *table, bool tells_requests)
{
	char(*upper)[TABLE_CELL] = table_add_row(table);
	char(*lower)[TABLE_CELL] = table_add_row(table);

	for (unsigned column = 0; column <= OUTCOME; column++) {
		if (column == REQUESTS && !tells_requests)
			continue;
		set(upper[column], "%s", headings[column].upper);
		set(lower[column], "%s", headings[column].lower);
	}
}

/* Of the wall times; NAN: there was but one run. */
static double width(const struct cell *cell)
{
	double values[MAXIMUM_ROUNDS];
	size_t count = cell_values(cell, WALL_MS, values);

	return count < 2 ? NAN : relative_spread(values, count);
}

static void print_spread(const struct program *program)
{
	double widths[CONFIGURATIONS], middle;
	size_t count = 0;

	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		double one = width(&program->cells[id]);

		if (!isnan(one))
			widths[count++] = one;
	}
	if (!count)
		return;
	middle = median(widths, count); /* which sorts them */
	printf("wall time from the lowest to the highest round: %.0f %% of the median as a "
	       "rule, %.0f %% at worst\n",
	       100 * middle, 100 * widths[count - 1]);
}

void print_program(const struct setting *setting, const struct program *program)
{
	static struct table table;

	table = (struct table){.left = BIT(CONFIGURATION) | BIT(OUTCOME)};
	add_headings(&table, program->tells_requests);
	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		const struct cell *cell = &program->cells[id];
		char(*row)[TABLE_CELL];

		if (!(program->configurations & BIT(id)))
			continue;
		row = table_add_row(&table);
		set(row[CONFIGURATION], "%s", setting->label[id]);
		if (cell->sound_runs)
			set_measurements(row, cell, &program->cells[STOCK],
					 program->tells_requests);
		if (cell->peak_vmas)
			set(row[PEAK_VMAS], "%u", cell->peak_vmas);
		set_outcome(row[OUTCOME], cell);
	}
	printf("%s", program->name);
	if (program->live_mib)
		printf(", %u MiB alive", program->live_mib);
	printf("\n\n");
	table_print(&table);
	print_spread(program);
	printf("\n");
	fflush(stdout);
}

static bool is_of(const struct figure *figure, const struct program *program)
{
	/* The time of who serves requests is that of its schedule. */
	if (!figure->program && program->tells_requests)
		return false;
	return (!figure->program || !strcmp(program->name, figure->program)) &&
	       (!figure->live_mib || program->live_mib == figure->live_mib) &&
	       program->configurations & BIT(figure->of) &&
	       (figure->kind != RATIO || program->configurations & BIT(figure->against));
}

static double measured(const struct program *program, const struct figure *figure)
{
	const struct cell *cell = &program->cells[figure->of];

	switch (figure->kind) {
	case RATIO:
		return cell_ratio(cell, &program->cells[figure->against], figure->metric);
	case LARGEST:
		return cell_largest(cell, figure->metric);
	case VMAS:
		return cell->sound_runs && cell->peak_vmas ? (double)cell->peak_vmas : NAN;
	}
	return NAN;
}

static void add_figure(struct table *table, const struct setting *setting,
		       const struct program *program, const struct figure *figure)
{
	double value = measured(program, figure);
	char(*row)[TABLE_CELL] = table_add_row(table);

	if (!row)
		return;
	set(row[0], program->live_mib ? "%s, %u MiB" : "%s", program->name,
	    program->live_mib);
	set(row[1], "%s", figure->what);
	set(row[2], figure->kind == RATIO ? "%s / %s" : "%s", setting->label[figure->of],
	    setting->label[figure->against]);
	set(row[4], figure->kind == RATIO ? "<= %.2f" : "<= %.0f", figure->limit);
	if (isnan(value)) {
		set(row[3], "-");
		set(row[5], "not measured: no run that both needed ended well");
		return;
	}
	set(row[3], figure->kind == RATIO ? "%.2f" : "%.1f", value);
	if (figure->kind == LARGEST && figure->metric == REQUEST_P999_MS &&
	    cell_fell_behind(&program->cells[figure->of]))
		set(row[5], "did not keep up");
	else
		set(row[5], "%s", verdict(value, figure->limit));
}

void print_figures(const struct setting *setting, const struct suite *suite,
		   const struct plan *plan)
{
	static const char *const names[] = {"program",	"figure", "of",
					    "measured", "target", ""};
	static struct table table;
	char(*row)[TABLE_CELL] = table_add_row(&table);

	table.left = BIT(0) | BIT(1) | BIT(2) | BIT(5);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		set(row[i], "%s", names[i]);
	for (size_t i = 0; i < suite->figure_count; i++) {
		const struct figure *figure = &suite->figures[i];

		for (size_t j = 0; j < plan->count; j++) {
			if (is_of(figure, plan->programs[j]))
				add_figure(&table, setting, plan->programs[j], figure);
		}
	}
	if (table.rows > 1) {
		table_print(&table);
		printf("\n");
	}
}

static void print_skipped(const struct results *results)
{
	json_t *skip;
	size_t index;

	json_array_foreach(results_skipped(results), index, skip)
	{
		printf("%s is left out: %s.\n",
		       json_string_value(json_object_get(skip, "what")),
		       json_string_value(json_object_get(skip, "why")));
	}
}

void print_notes(const struct results *results, const struct plan *plan)
{
	double others_share = results_others_share(results);
	unsigned fewest = MAXIMUM_ROUNDS, most = 0;

	for (size_t i = 0; i < plan->count; i++) {
		unsigned runs = plan->programs[i]->cells[STOCK].runs;

		if (!runs)
			continue;
		fewest = runs < fewest ? runs : fewest;
		most = runs > most ? runs : most;
	}
	if (most)
		printf("Medians over the rounds, of which there were %u to %u; pauses and "
		       "MMU "
		       "are of all rounds together,\n"
		       "p99 of a hundred pauses or more.  A pause is the time for which "
		       "the "
		       "collector keeps the program's threads\n"
		       "stopped; MMU the least share of any 10 or 50 ms that it left them. "
		       " "
		       "p50, p99.9 and other windows are in\n"
		       "the file of --json, for `pgbarrier report`.\n",
		       fewest, most);
	print_skipped(results);
	if (others_share > BUSY_SHARE)
		printf("Other work had %.0f %% of this machine's CPU time meanwhile: these "
		       "figures are not to be relied on.\n",
		       100 * others_share);
}

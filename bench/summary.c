/* SPDX-License-Identifier: MIT */
/*
 * summary.c - what a comparison prints.
 */
#include "summary.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "measure.h"
#include "table.h"

/* Of all CPU time; less than that does not move the ratios. */
#define BUSY_SHARE 0.05

enum column {
	PROGRAM,
	CONFIGURATION,
	WALL,
	RATIO,
	PAUSES,
	P50,
	P99,
	LONGEST,
	AVERAGE,
	SIGNALS,
	VMAS,
	OUTCOME,
};
_Static_assert(OUTCOME < TABLE_COLUMNS, "the table is too narrow");

enum metric { WALL_TIME, AVERAGE_PAUSE, LONGEST_PAUSE, PEAK_VMAS };

struct figure {
	enum program_id program;
	const char *what;
	enum metric metric;
	enum configuration_id of, against;
	bool absolute; /* not a ratio: `against` is unused */
	double limit;
};

static const struct figure figures[] = {
	{MUTATOR, "wall time", WALL_TIME, DESIGN_A, STOCK_INCREMENTAL, false, 0.6},
	{MUTATOR, "wall time", WALL_TIME, DESIGN_A, STOCK, false, 1.0},
	{MUTATOR, "average pause", AVERAGE_PAUSE, DESIGN_A, STOCK, false, 0.4},
	{MUTATOR, "VMAs at peak", PEAK_VMAS, DESIGN_A, 0, true, 199},
	{MUTATOR_THREADS, "wall time", WALL_TIME, DESIGN_A, STOCK_INCREMENTAL, false, 0.6},
	{MUTATOR_THREADS, "wall time", WALL_TIME, DESIGN_A, STOCK, false, 1.0},
	{MUTATOR_THREADS, "average pause", AVERAGE_PAUSE, DESIGN_A, STOCK, false, 0.4},
	{MUTATOR_700, "longest pause, ms", LONGEST_PAUSE, DESIGN_A_PAUSE, 0, true, 15},
	{MUTATOR_700, "wall time", WALL_TIME, DESIGN_A_PAUSE, STOCK, false, 1.1},
};

__attribute__((format(printf, 2, 3))) static void set(char *cell, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsnprintf(cell, TABLE_CELL, format, values);
	va_end(values);
}

static double measured(struct cell *cell, enum metric metric)
{
	if (!cell->sound)
		return NAN;
	switch (metric) {
	case WALL_TIME:
		return median(cell->wall_ms, cell->sound);
	case AVERAGE_PAUSE:
		return median(cell->pause_average, cell->sound);
	case LONGEST_PAUSE:
		return cell->longest_pause;
	case PEAK_VMAS:
		return cell->peak_vmas;
	}
	return NAN;
}

static void set_outcome(char *text, const struct cell *cell)
{
	if (!cell->unsound)
		set(text, "ok");
	else if (cell->unsound == cell->runs)
		set(text, "%s", cell->outcome);
	else
		set(text, "%u of %u: %s", cell->unsound, cell->runs, cell->outcome);
}

static void set_measurements(char (*row)[TABLE_CELL], struct cell *cell, double stock_ms)
{
	double wall_ms = measured(cell, WALL_TIME);

	set(row[WALL], "%.0f", wall_ms);
	if (!isnan(stock_ms))
		set(row[RATIO], "%.2f", wall_ms / stock_ms);
	set(row[PAUSES], "%.0f", median(cell->pauses, cell->sound));
	set(row[P50], "%.1f", median(cell->pause_p50, cell->sound));
	set(row[P99], "%.1f", median(cell->pause_p99, cell->sound));
	set(row[LONGEST], "%.1f", cell->longest_pause);
	set(row[AVERAGE], "%.1f", measured(cell, AVERAGE_PAUSE));
	set(row[SIGNALS], "%.0f", median(cell->signals, cell->sound));
}

static void add_headings(struct table *table)
{
	static const char *const upper[TABLE_COLUMNS] = {
		[WALL] = "wall",    [RATIO] = "times",	   [PAUSES] = "pauses",
		[P50] = "p50",	    [P99] = "p99",	   [LONGEST] = "max",
		[AVERAGE] = "mean", [SIGNALS] = "signals", [VMAS] = "VMAs",
	};
	static const char *const lower[TABLE_COLUMNS] = {
		[PROGRAM] = "program", [CONFIGURATION] = "configuration",
		[WALL] = "ms",	       [RATIO] = "stock",
		[P50] = "ms",	       [P99] = "ms",
		[LONGEST] = "ms",      [AVERAGE] = "ms",
		[VMAS] = "at peak",    [OUTCOME] = "outcome",
	};
	char(*first)[TABLE_CELL] = table_add_row(table);
	char(*second)[TABLE_CELL] = table_add_row(table);

	for (unsigned column = 0; column < TABLE_COLUMNS; column++) {
		set(first[column], "%s", upper[column] ? upper[column] : "");
		set(second[column], "%s", lower[column] ? lower[column] : "");
	}
}

static void add_program(struct table *table, const struct experiment *experiment,
			struct program *program)
{
	double stock_ms = measured(&program->cells[STOCK], WALL_TIME);
	bool named = false;

	table_add_row(table);
	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		struct cell *cell = &program->cells[id];
		char(*row)[TABLE_CELL];

		if (!(program->configurations & BIT(id)))
			continue;
		row = table_add_row(table);
		set(row[PROGRAM], "%s", named ? "" : program->name);
		named = true;
		set(row[CONFIGURATION], "%s", configuration_name(experiment, id));
		if (cell->sound)
			set_measurements(row, cell, stock_ms);
		set(row[VMAS], "%u", cell->peak_vmas);
		set_outcome(row[OUTCOME], cell);
	}
}

static void print_notes(const struct experiment *experiment,
			const struct program programs[PROGRAMS])
{
	unsigned fewest = MAXIMUM_ROUNDS, most = 0;

	for (unsigned i = 0; i < PROGRAMS; i++) {
		unsigned runs = programs[i].cells[STOCK].runs;

		if (!programs[i].configurations)
			continue;
		fewest = runs < fewest ? runs : fewest;
		most = runs > most ? runs : most;
	}
	printf("\nTimes and pauses are medians over the rounds, of which there were %u to "
	       "%u; max "
	       "is the longest\npause of all.  A pause is the time for which the collector "
	       "keeps "
	       "the program's threads stopped.\n",
	       fewest, most);
	if (experiment->others_share > BUSY_SHARE)
		printf("Other work had %.0f %% of this machine's CPU time meanwhile: these "
		       "figures "
		       "are not to be relied on.\n",
		       100 * experiment->others_share);
}

void print_comparison(const struct experiment *experiment,
		      struct program programs[PROGRAMS])
{
	static struct table table;

	table.left = BIT(PROGRAM) | BIT(CONFIGURATION) | BIT(OUTCOME);
	add_headings(&table);
	for (unsigned i = 0; i < PROGRAMS; i++) {
		if (programs[i].configurations)
			add_program(&table, experiment, &programs[i]);
	}
	table_print(&table);
	print_notes(experiment, programs);
}

static void add_figure(struct table *table, const struct experiment *experiment,
		       struct program *program, const struct figure *figure)
{
	double value = measured(&program->cells[figure->of], figure->metric);
	char(*row)[TABLE_CELL] = table_add_row(table);

	set(row[0], "%s", program->name);
	set(row[1], "%s", figure->what);
	if (figure->absolute) {
		set(row[2], "%s", configuration_name(experiment, figure->of));
	} else {
		value /= measured(&program->cells[figure->against], figure->metric);
		set(row[2], "%s / %s", configuration_name(experiment, figure->of),
		    configuration_name(experiment, figure->against));
	}
	set(row[4], figure->absolute ? "<= %.0f" : "<= %.2f", figure->limit);
	if (isnan(value)) {
		set(row[3], "-");
		set(row[5], "not measured: a run did not end well");
		return;
	}
	set(row[3], figure->absolute ? "%.1f" : "%.2f", value);
	set(row[5], "%s", verdict(value, figure->limit));
}

void print_figures(const struct experiment *experiment, struct program programs[PROGRAMS])
{
	static const char *const headings[] = {"program",  "figure", "of",
					       "measured", "target", ""};
	static struct table table;
	char(*row)[TABLE_CELL] = table_add_row(&table);

	table.left = BIT(0) | BIT(1) | BIT(2) | BIT(5);
	for (unsigned i = 0; i < sizeof(headings) / sizeof(*headings); i++)
		set(row[i], "%s", headings[i]);
	for (unsigned i = 0; i < sizeof(figures) / sizeof(*figures); i++) {
		struct program *program = &programs[figures[i].program];

		if (program->configurations & BIT(figures[i].of))
			add_figure(&table, experiment, program, &figures[i]);
	}
	printf("\n");
	table_print(&table);
}

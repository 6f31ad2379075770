/* SPDX-License-Identifier: MIT */
/* ratios.c - every configuration of every program: ratios first, then the figures. */
#include <math.h>
#include <string.h>

#include "tool/report/programs.h"
#include "tool/report/value.h"

#define KIB_PER_MIB 1024

static const char ratios_caption[] =
	"Medians over rounds in which the configurations took turns, as multiples of stock "
	"libgc in the same round. A bar to the left is less, to the right more.";

static const char figures_caption[] =
	"Times are in milliseconds; "
	"wall and CPU time are medians of the runs, the number "
	"of pauses and their sum are those of a run, which "
	"need not be whole; mean, percentiles and the longest "
	"are of the pauses of all runs; "
	"“not stopped” is the least share of any window of "
	"that length in which the world was not stopped; "
	"slices of marking within allocations stop nothing, "
	"so look at CPU time beside it. A server that ended "
	"later than its requests came in, by more than 5 % of "
	"their time, did not keep up: its percentiles grow "
	"with the length of the run.";

/* What a cell has of a row. */
enum cell { RATIO, NUMBER, MEBIBYTES, UTILISATION };

/* Left out where no row has it. */
struct column {
	const char *title, *path;
	enum cell cell;
	double window; /* of the utilisation, in ms */
};

static const struct column ratio_columns[] = {
	{"wall time", "ratios.wall", RATIO, 0},
	{"CPU time", "ratios.cpu", RATIO, 0},
	{"mean pause", "ratios.pause_mean", RATIO, 0},
	{"longest pause", "ratios.pause_max", RATIO, 0},
	{0},
};

static const struct column figure_columns[] = {
	{"wall", "wall_ms.median", NUMBER, 0},
	{"lowest", "wall_ms.low", NUMBER, 0},
	{"highest", "wall_ms.high", NUMBER, 0},
	{"CPU", "cpu_ms.median", NUMBER, 0},
	{"pauses a run", "pauses.count", NUMBER, 0},
	{"all pauses of a run", "pauses.total_ms", NUMBER, 0},
	{"mean", "pauses.mean_ms", NUMBER, 0},
	{"p50", "pauses.p50_ms", NUMBER, 0},
	{"p99", "pauses.p99_ms", NUMBER, 0},
	{"p99.9", "pauses.p999_ms", NUMBER, 0},
	{"longest", "pauses.max_ms", NUMBER, 0},
	{"not stopped, 10 ms", "mmu", UTILISATION, 10},
	{"50 ms", "mmu", UTILISATION, 50},
	{"100 ms", "mmu", UTILISATION, 100},
	{"request p50", "requests.p50_ms", NUMBER, 0},
	{"request p99", "requests.p99_ms", NUMBER, 0},
	{"request p99.9", "requests.p999_ms", NUMBER, 0},
	{"slowest request", "requests.max_ms", NUMBER, 0},
	{"end of requests late by", "requests.late_ms", NUMBER, 0},
	{"minor faults", "faults.minor", NUMBER, 0},
	{"major faults", "faults.major", NUMBER, 0},
	{"signals", "signals", NUMBER, 0},
	{"VMAs at peak", "peak_vmas", NUMBER, 0},
	{"VMAs at exit", "vmas_at_exit", NUMBER, 0},
	{"peak RSS, MiB", "peak_rss_kib", MEBIBYTES, 0},
	{0},
};

static void write_utilisation(struct pgb_page *page, const json_t *row, double window)
{
	json_t *pair;
	size_t index;

	json_array_foreach(pgb_value(row, "mmu"), index, pair)
	{
		if (pgb_value_of_pair(pair, 0) == window) {
			pgb_cell_utilisation(page, row, pgb_value_of_pair(pair, 1));
			return;
		}
	}
	pgb_table_number(page, NAN);
}

static void write_cell(struct pgb_page *page, const json_t *row,
		       const struct column *column)
{
	double value = pgb_value_number(row, column->path);

	switch (column->cell) {
	case RATIO:
		pgb_table_ratio(page, value);
		break;
	case NUMBER:
		pgb_table_number(page, value);
		break;
	case MEBIBYTES:
		pgb_table_number(page, value / KIB_PER_MIB);
		break;
	case UTILISATION:
		write_utilisation(page, row, column->window);
		break;
	}
}

static void write_outcome(struct pgb_page *page, const json_t *row)
{
	double runs = pgb_value_number(row, "runs"), sound = pgb_value_number(row, "sound");
	const char *outcome = pgb_value_text(row, "outcome");
	char sound_runs[64] = "";

	if (pgb_program_ended_well(row)) {
		if (pgb_program_fell_behind(row))
			pgb_table_alarm(page, "", "did not keep up");
		else
			pgb_table_text(page, outcome);
		return;
	}
	if (runs > 1)
		snprintf(sound_runs, sizeof(sound_runs), "%g of %g runs sound: ", sound,
			 runs);
	pgb_table_alarm(page, sound_runs, outcome);
}

/* Returns how many columns there are. */
static unsigned write_head(struct pgb_page *page, const json_t *rows,
			   const struct column *column)
{
	unsigned columns = 2;

	pgb_table_text_column(page, "configuration");
	for (; column->title; column++)
		if (pgb_value_any(rows, column->path)) {
			pgb_table_column(page, column->title);
			columns++;
		}
	pgb_table_text_column(page, "outcome");
	return columns;
}

static void write_row(struct pgb_page *page, const json_t *rows, const json_t *row,
		      const struct column *column)
{
	pgb_table_row(page, pgb_value_text(row, "label"));
	for (; column->title; column++)
		if (pgb_value_any(rows, column->path))
			write_cell(page, row, column);
	write_outcome(page, row);
	pgb_table_end_row(page);
}

static void write_table(struct pgb_page *page, const json_t *rows, json_t *programs,
			const char *caption, const struct column *columns)
{
	json_t *program, *row;
	unsigned width, number = page->programs;
	const char *key;
	size_t index;

	pgb_table_begin(page, caption);
	width = write_head(page, rows, columns);
	pgb_table_body(page);
	json_object_foreach(programs, key, program)
	{
		pgb_table_group(page, width, ++number);
		pgb_program_title(page, json_array_get(program, 0));
		pgb_table_end_group(page);
		json_array_foreach(program, index, row)
		{
			write_row(page, rows, row, columns);
		}
	}
	pgb_table_end(page);
}

void pgb_section_ratios(struct pgb_page *page, const json_t *rows, json_t *programs)
{
	if (pgb_value_any(rows, "ratios")) {
		pgb_html_element(page, "h3", "Ratios");
		write_table(page, rows, programs, ratios_caption, ratio_columns);
	}
	pgb_html_element(page, "h3", "Figures");
	write_table(page, rows, programs, figures_caption, figure_columns);
}

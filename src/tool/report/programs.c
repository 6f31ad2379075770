/* SPDX-License-Identifier: MIT */
/* programs.c - programs that ran with a collector, one after the other. */
#include "tool/report/programs.h"

#include <math.h>
#include <string.h>

#include "tool/report/svg.h"
#include "tool/report/value.h"

#define MUCH_LATER 0.05 /* of the time in which requests came; the suite's, too */

void pgb_program_title(struct pgb_page *page, const json_t *row)
{
	double live = pgb_value_number(row, "live_bytes");
	char bytes[PGB_TEXT_NUMBER];

	pgb_html_name(page, pgb_value_text(row, "program"));
	if (isnan(live))
		return;
	pgb_text_size(bytes, live);
	fprintf(page->out, ", %s live", bytes);
}

bool pgb_program_ended_well(const json_t *row)
{
	return !strcmp(pgb_value_text(row, "outcome"), "ok");
}

bool pgb_program_fell_behind(const json_t *row)
{
	return pgb_value_number(row, "requests.late_ms") >
	       MUCH_LATER * pgb_value_number(row, "requests.schedule_ms");
}

static void write_legend(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	pgb_legend_begin(page);
	json_array_foreach(rows, index, row)
	{
		struct pgb_look look = pgb_look_of_row(row);

		pgb_legend_entry(page, &look, pgb_value_text(row, "label"));
	}
	pgb_legend_end(page);
}

/* A configuration that crashed has no line in a plot, and would not be missed. */
static void write_failures(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (pgb_program_ended_well(row))
			continue;
		fputs("<p class=\"alarm\">✕ ", page->out);
		pgb_html_name(page, pgb_value_text(row, "label"));
		fputs(": <bdi>", page->out);
		pgb_html_text(page, pgb_value_text(row, "outcome"));
		fputs("</bdi></p>\n", page->out);
	}
}

/* Rows that would look the same, as two runs of one program do, are numbered. */
static int number_twins(const json_t *rows)
{
	json_t *row;
	size_t index;
	int err = 0;

	json_array_foreach(rows, index, row)
	{
		int twins = 0;

		for (size_t i = 0; i < index; i++) {
			const json_t *other = json_array_get(rows, i);

			twins += pgb_value_same(row, other, "backend") &&
				 pgb_value_same(row, other, "configuration") &&
				 pgb_value_same(row, other, "pause_target_ms") &&
				 pgb_value_same(row, other, "policy");
		}
		err |= json_object_set_new(row, PGB_LOOK_TWIN, json_integer(twins));
	}
	return err;
}

static void write_program(struct pgb_page *page, const json_t *rows, bool explain)
{
	page->failed |= number_twins(rows) != 0;
	fprintf(page->out, "<h3 id=\"program-%u\">", ++page->programs);
	pgb_program_title(page, json_array_get(rows, 0));
	fputs("</h3>\n", page->out);
	write_failures(page, rows);
	write_legend(page, rows);
	fputs("<div class=\"figures\">\n", page->out);
	pgb_figure_pauses(page, rows, explain);
	pgb_figure_mmu(page, rows, explain);
	pgb_figure_timeline(page, rows, explain);
	fputs("</div>\n", page->out);
}

void pgb_section_programs(struct pgb_page *page, const json_t *rows)
{
	static const char *const by_program[] = {"program", "live_bytes", NULL};
	json_t *programs = pgb_value_group(rows, by_program), *program;
	bool first = true;
	const char *key;

	page->failed |= !programs;
	pgb_section_ratios(page, rows, programs);
	json_object_foreach(programs, key, program)
	{
		write_program(page, program, first);
		first = false;
	}
	json_decref(programs);
}

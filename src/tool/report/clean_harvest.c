/* SPDX-License-Identifier: MIT */
/* clean_harvest.c - what the library adds to the system call of a clean harvest. */
#include "tool/report/primitives.h"
#include "tool/report/value.h"

static const char caption[] =
	"A harvest of memory in which nothing is dirty, turn by turn with the system call "
	"that does its work: the ratio, a median over rounds, is what the library adds.";

static void write_row(struct pgb_page *page, const json_t *row)
{
	char region[PGB_TEXT_NUMBER];

	pgb_text_size(region, pgb_value_number(row, "region_bytes"));
	pgb_primitives_row(page, row, region);
}

void pgb_section_clean_harvest(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	if (!json_array_size(rows))
		return;
	pgb_html_element(page, "h3", "Clean harvest and its system call");
	pgb_table_begin(page, caption);
	pgb_table_text_column(page, "what");
	pgb_table_text_column(page, "region");
	pgb_table_column(page, "of the system call");
	pgb_table_column(page, "ns a page");
	pgb_table_column(page, "lowest");
	pgb_table_column(page, "highest");
	pgb_table_column(page, "rounds");
	pgb_table_body(page);
	json_array_foreach(rows, index, row)
	{
		write_row(page, row);
	}
	pgb_table_end(page);
}

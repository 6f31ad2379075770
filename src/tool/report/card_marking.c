/* SPDX-License-Identifier: MIT */
/* card_marking.c - what a barrier costs that a compiler puts beside each store. */
#include "tool/report/primitives.h"
#include "tool/report/value.h"

static const char caption[] =
	"A pointer is stored into each cache line of a region, with a byte of a card table "
	"set "
	"beside it and without. Where a compiler can do so, this is what competes with the "
	"first write to an armed page. Medians in ns a store.";

static const char *const columns[] = {
	"barrier", "stores", "of none", "ns a store", "lowest", "highest", "rounds", NULL,
};

static void write_row(struct pgb_page *page, const json_t *row)
{
	pgb_table_row(page, pgb_value_text(row, "backend"));
	pgb_table_text(page, pgb_value_text(row, "pattern"));
	pgb_table_ratio(page, pgb_value_number(row, "ratio.median"));
	pgb_table_number(page, pgb_value_number(row, "value.median"));
	pgb_table_number(page, pgb_value_number(row, "value.low"));
	pgb_table_number(page, pgb_value_number(row, "value.high"));
	pgb_table_number(page, pgb_value_number(row, "value.rounds"));
	pgb_table_end_row(page);
}

void pgb_section_card_marking(struct pgb_page *page, const json_t *rows)
{
	json_t *row;
	size_t index;

	if (!json_array_size(rows))
		return;
	pgb_html_element(page, "h3", "Card marking, for scale");
	pgb_table_start(page, caption, columns);
	json_array_foreach(rows, index, row)
	{
		write_row(page, row);
	}
	pgb_table_end(page);
}

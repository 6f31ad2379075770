/* SPDX-License-Identifier: MIT */
/* card_marking.c - what a barrier costs that a compiler puts beside each store. */
#include "tool/report/primitives.h"
#include "tool/report/value.h"

static const char caption[] =
	"A pointer is stored into each cache line of a region, with a byte of a card table "
	"set beside it and without. Where a compiler can do so, this is what competes with "
	"the first write to an armed page. Medians in ns a store.";

static const char *const columns[] = {
	"barrier", "stores", "of none", "ns a store", "lowest", "highest", "rounds", NULL,
};

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
		pgb_primitives_row(page, row, pgb_value_text(row, "pattern"));
	}
	pgb_table_end(page);
}

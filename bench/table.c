/* SPDX-License-Identifier: MIT */
/*
 * table.c - text in columns that are as wide as their widest cell.
 */
#include "table.h"

#include <stdio.h>
#include <string.h>

char (*table_add_row(struct table *table))[TABLE_CELL]
{
	return table->rows < TABLE_ROWS ? table->cell[table->rows++] : NULL;
}

static int column_width(const struct table *table, unsigned column)
{
	size_t width = 0;

	for (unsigned row = 0; row < table->rows; row++) {
		size_t length = strlen(table->cell[row][column]);

		width = length > width ? length : width;
	}
	return (int)width;
}

/* Cells after the last one with text. */
static unsigned empty_tail(const char (*cells)[TABLE_CELL])
{
	unsigned column = TABLE_COLUMNS;

	while (column && !*cells[column - 1])
		column--;
	return column;
}

void table_print(const struct table *table)
{
	int width[TABLE_COLUMNS];

	for (unsigned column = 0; column < TABLE_COLUMNS; column++)
		width[column] = column_width(table, column);
	for (unsigned row = 0; row < table->rows; row++) {
		const char(*cells)[TABLE_CELL] = table->cell[row];
		unsigned end = empty_tail(cells);

		for (unsigned column = 0; column < end; column++) {
			int field = (table->left & 1u << column) ? -width[column]
								 : width[column];

			/* No blanks at the end of a line. */
			if (column == end - 1 && field < 0)
				field = 0;
			printf("%s%*s", column ? "  " : "", field, cells[column]);
		}
		putchar('\n');
	}
}

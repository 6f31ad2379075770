/* SPDX-License-Identifier: MIT */
/*
 * show.c - cells as a table for people: a row for each label, a column for each backend.
 */
#include "show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"
#include "../table.h"

/* Three digits that count, as long as they can be read as a number. */
static void print_figure(double figure, char *text, size_t size)
{
	int decimals = figure >= 100 ? 0 : figure >= 10 ? 1 : figure >= 1 ? 2 : 3;

	snprintf(text, size, "%.*f", decimals, figure);
}

typedef void cell_printer(const struct cell *cell, char *text, size_t size);

static void print_cell(const struct cell *cell, char *text, size_t size)
{
	char ratio[32], value[32];

	if (isnan(cell_median(cell))) {
		snprintf(text, size, "-");
		return;
	}
	print_figure(cell_median(cell), value, sizeof(value));
	if (isnan(cell_ratio(cell))) {
		snprintf(text, size, "%s", value);
		return;
	}
	print_figure(cell_ratio(cell), ratio, sizeof(ratio));
	snprintf(text, size, "%sx %7s", ratio, value);
}

/* What was counted in the round that was not timed. */
static void print_counts(const struct cell *cell, char *text, size_t size)
{
	size_t used;

	if (cell->err || isnan(cell->shootdowns))
		snprintf(text, size, "-");
	else
		print_figure(cell->shootdowns, text, size);
	used = strlen(text);
	if (!cell->err && !isnan(cell->mappings))
		snprintf(text + used, size - used, ", %.0f", cell->mappings);
}

/* Where `text` stands among the cells of the first column, or of the first row. */
static unsigned find_row(struct table *table, const char *text)
{
	char(*cells)[TABLE_CELL];

	for (unsigned row = 1; row < table->rows; row++)
		if (!strcmp(table->cell[row][0], text))
			return row;
	cells = table_add_row(table);
	if (cells)
		snprintf(cells[0], TABLE_CELL, "%s", text);
	return cells ? table->rows - 1 : 0;
}

static unsigned find_column(struct table *table, const char *text)
{
	char(*head)[TABLE_CELL] = table->cell[0];
	unsigned column = 1;

	while (column < TABLE_COLUMNS && *head[column] && strcmp(head[column], text))
		column++;
	if (column == TABLE_COLUMNS)
		return 0;
	snprintf(head[column], TABLE_CELL, "%s", text);
	return column;
}

static double width(const struct cell *cell)
{
	double values[MAXIMUM_ROUNDS];

	memcpy(values, cell->values, sizeof(values));
	return relative_spread(values, cell->rounds);
}

static void show_spread(const struct cells *cells)
{
	double *widths = calloc(cells->count + 1, sizeof(*widths));
	size_t rounds = 0, count = 0;

	for (size_t i = 0; widths && i < cells->count; i++) {
		if (isnan(cell_median(&cells->cell[i])))
			continue;
		rounds = cells->cell[i].rounds;
		widths[count++] = width(&cells->cell[i]);
	}
	if (count) {
		double middle = median(widths, count);

		printf("%zu rounds; from the lowest to the highest: %.0f %% of the median "
		       "as a rule, %.0f %% at worst\n",
		       rounds, 100 * middle, 100 * widths[count - 1]);
	}
	free(widths);
}

static void show_table(const char *title, const struct cells *cells, cell_printer *print)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table || !table_add_row(table)) {
		free(table);
		return;
	}
	table->left = 1;
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];
		unsigned row, column = find_column(table, cell->backend);
		char label[TABLE_CELL];

		cell_label(cell, label, sizeof(label));
		row = find_row(table, label);
		if (row && column)
			print(cell, table->cell[row][column], TABLE_CELL);
	}
	printf("\n%s\n\n", title);
	table_print(table);
	free(table);
}

void show_cells(const char *title, const struct cells *cells)
{
	show_table(title, cells, print_cell);
	printf("\n");
	show_spread(cells);
}

void show_counts(const char *title, const struct cells *cells)
{
	for (size_t i = 0; i < cells->count; i++) {
		const struct cell *cell = &cells->cell[i];

		if (!isnan(cell->shootdowns) || !isnan(cell->mappings)) {
			show_table(title, cells, print_counts);
			return;
		}
	}
}

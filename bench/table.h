/* SPDX-License-Identifier: MIT */
/*
 * table.h - text in columns that are as wide as their widest cell.
 */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#define TABLE_COLUMNS 16
#define TABLE_ROWS    256
#define TABLE_CELL    160

struct table {
	/* Column i is flush left if bit i is set, else flush right. */
	unsigned left;
	unsigned rows;
	char cell[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
};

/* A new row of empty cells; NULL once the table is full. */
char (*table_add_row(struct table *table))[TABLE_CELL];

void table_print(const struct table *table);

#endif

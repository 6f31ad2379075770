/* SPDX-License-Identifier: MIT */
/* appel_li.c - the primitives of Appel and Li (1991), by backend. */
#include <string.h>

#include "tool/report/primitives.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] =
	"What user-level memory protection is made of, after Appel and Li (1991): a trap, "
	"protecting one page or many, unprotecting, asking for dirty pages, a second "
	"mapping; "
	"and the two ways in which collectors put them together. A dash: the backend has "
	"no "
	"such operation, or it was not measured.";

/* The rows, and the same rows as what they are of. */
struct matrix {
	const json_t *rows;
	json_t *operations; /* columns: their rows by operation and unit */
	json_t *backends;   /* likewise */
};

static const json_t *find(const json_t *rows, const json_t *operation,
			  const json_t *backend)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (pgb_value_same(row, operation, "operation") &&
		    pgb_value_same(row, operation, "unit") &&
		    pgb_value_same(row, backend, "backend"))
			return row;
	}
	return NULL;
}

/* "TRAP", or "TRAP, ns" */
static void write_column(struct pgb_page *page, const json_t *row, bool unit)
{
	const char *operation = pgb_value_text(row, "operation");
	char title[128];

	snprintf(title, sizeof(title), "%s%s%s", operation ? operation : "",
		 unit ? ", " : "", unit ? pgb_value_text(row, "unit") : "");
	pgb_table_column(page, title);
}

static void write_row(struct pgb_page *page, const struct matrix *matrix,
		      const json_t *backend, bool ratios)
{
	const char *key;
	json_t *operation;

	pgb_table_row(page, pgb_value_text(backend, "backend"));
	json_object_foreach(matrix->operations, key, operation)
	{
		const json_t *cell =
			find(matrix->rows, json_array_get(operation, 0), backend);

		if (ratios)
			pgb_table_ratio(page, pgb_value_number(cell, "ratio.median"));
		else
			pgb_table_number(page, pgb_value_number(cell, "value.median"));
	}
	pgb_table_end_row(page);
}

static void write_matrix(struct pgb_page *page, const struct matrix *matrix,
			 const char *title, bool ratios)
{
	json_t *group;
	const char *key;

	pgb_table_begin(page, title);
	pgb_table_text_column(page, "backend");
	json_object_foreach(matrix->operations, key, group)
	{
		write_column(page, json_array_get(group, 0), !ratios);
	}
	pgb_table_body(page);
	json_object_foreach(matrix->backends, key, group)
	{
		write_row(page, matrix, json_array_get(group, 0), ratios);
	}
	pgb_table_end(page);
}

void pgb_section_appel_li(struct pgb_page *page, const json_t *rows)
{
	static const char *const by_operation[] = {"operation", "unit", NULL};
	static const char *const by_backend[] = {"backend", NULL};
	struct matrix matrix = {
		.rows = rows,
		.operations = pgb_value_group(rows, by_operation),
		.backends = pgb_value_group(rows, by_backend),
	};

	page->failed |= !matrix.operations || !matrix.backends;
	if (json_array_size(rows)) {
		pgb_html_element(page, "h3", "Appel and Li's primitives");
		pgb_html_element(page, "p", caption);
		write_matrix(page, &matrix, "As a multiple of mprotect with SIGSEGV.",
			     true);
		write_matrix(page, &matrix, "Medians.", false);
	}
	json_decref(matrix.operations);
	json_decref(matrix.backends);
}

/* SPDX-License-Identifier: MIT */
/* rewriting.c - what a barrier costs where nearly all is written in every cycle. */
#include <math.h>
#include <string.h>

#include "tool/report/primitives.h"
#include "tool/report/value.h"

static const char caption[] =
	"98 % of the pages are written in each cycle: writes and harvests together, as a "
	"multiple of the same writes with no barrier, and medians in ns a page. What is "
	"written in every cycle can be left unarmed; the last column is the share of the "
	"overhead that remains then.";

static const char *const columns[] = {
	"backend",   "all armed",
	"ns a page", "hot chunks unarmed",
	"ns a page", "overhead that remains",
	NULL,
};

/* What the suite calls them. */
static const char all_armed[] = "all armed", hot_chunks[] = "hot chunks unarmed";

static const json_t *find(const json_t *rows, const char *operation, const char *backend)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		const char *other = pgb_value_text(row, "operation");

		if (other && !strcmp(other, operation) &&
		    !strcmp(pgb_value_text(row, "backend"), backend))
			return row;
	}
	return NULL;
}

static double median(const json_t *row)
{
	return pgb_value_number(row, "value.median");
}

/* NAN: not known, or there was none. */
static double overhead(const json_t *rows, const char *operation, const char *backend)
{
	double more = median(find(rows, operation, backend)) -
		      median(find(rows, operation, "none"));

	return more > 0 ? more : NAN;
}

static void write_row(struct pgb_page *page, const json_t *rows, const char *backend)
{
	const json_t *armed = find(rows, all_armed, backend);
	const json_t *hot = find(rows, hot_chunks, backend);

	pgb_table_row(page, backend);
	pgb_table_ratio(page, pgb_value_number(armed, "ratio.median"));
	pgb_table_number(page, median(armed));
	pgb_table_ratio(page, pgb_value_number(hot, "ratio.median"));
	pgb_table_number(page, median(hot));
	pgb_table_ratio(page, overhead(rows, hot_chunks, backend) /
				      overhead(rows, all_armed, backend));
	pgb_table_end_row(page);
}

void pgb_section_rewriting(struct pgb_page *page, const json_t *rows)
{
	static const char *const by_backend[] = {"backend", NULL};
	json_t *backends = pgb_value_group(rows, by_backend), *group;
	const char *key;

	page->failed |= !backends;
	if (json_array_size(rows)) {
		pgb_html_element(page, "h3", "Dense rewriting");
		pgb_table_start(page, caption, columns);
		json_object_foreach(backends, key, group)
		{
			write_row(page, rows,
				  pgb_value_text(json_array_get(group, 0), "backend"));
		}
		pgb_table_end(page);
	}
	json_decref(backends);
}

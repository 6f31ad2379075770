/* SPDX-License-Identifier: MIT */
/* harvest.c - what it costs to collect written pages and arm them again, by density. */
#include <math.h>
#include <string.h>

#include "tool/report/primitives.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] =
	"Time of a harvest that arms its pages again, divided by all pages of the region: "
	"lower is better. At the left no page was dirty, which is the cost of looking; to "
	"the "
	"right dirty pages add theirs. The dashed line is the bound that memory bandwidth "
	"sets: "
	"what it takes to read as much as the page table has.";

static bool same_but_region(const json_t *a, const json_t *b)
{
	return pgb_value_same(a, b, "mutators") &&
	       pgb_value_flag(a, "huge_pages") == pgb_value_flag(b, "huge_pages");
}

/* With no page dirty, or all of them, there is no pattern: such rows belong to each. */
static bool belongs(const json_t *row, const json_t *to)
{
	return same_but_region(row, to) && pgb_value_same(row, to, "region_bytes") &&
	       (!pgb_value(row, "pattern") || pgb_value_same(row, to, "pattern"));
}

static json_t *all_that_belong(const json_t *rows, const json_t *to)
{
	json_t *found = json_array(), *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (belongs(row, to) && json_array_append(found, row)) {
			json_decref(found);
			return NULL;
		}
	}
	return found;
}

/* Whether rows with a pattern have taken in this one. */
static bool is_taken_in(const json_t *row, const json_t *rows)
{
	json_t *other;
	size_t index;

	json_array_foreach(rows, index, other)
	{
		if (!pgb_value(row, "pattern") && pgb_value(other, "pattern") &&
		    belongs(row, other))
			return true;
	}
	return false;
}

/* Of those that differ from it in the region and the pattern alone. */
static bool is_of_largest_region(const json_t *row, const json_t *rows)
{
	double region = pgb_value_number(row, "region_bytes");
	json_t *other;
	size_t index;

	json_array_foreach(rows, index, other)
	{
		if (same_but_region(row, other) &&
		    pgb_value_number(other, "region_bytes") > region)
			return false;
	}
	return true;
}

static bool has_smaller(const json_t *rows)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (!is_of_largest_region(row, rows))
			return true;
	}
	return false;
}

/* The bound for as large a region, or the one for the largest. */
static double bound(const json_t *bandwidth, const json_t *like)
{
	double largest = 0, found = NAN;
	json_t *row;
	size_t index;

	json_array_foreach(bandwidth, index, row)
	{
		double region = pgb_value_number(row, "region_bytes");

		if (strcmp(pgb_value_text(row, "unit"), "ns/page"))
			continue;
		if (pgb_value_same(row, like, "region_bytes"))
			return pgb_value_number(row, "value.median");
		if (region >= largest || isnan(found)) {
			found = pgb_value_number(row, "value.median");
			largest = region;
		}
	}
	return found;
}

static void percent(char text[PGB_TEXT_NUMBER], double value)
{
	snprintf(text, PGB_TEXT_NUMBER, "%g", value);
}

static void draw(struct pgb_page *page, const json_t *rows, const json_t *bandwidth,
		 const json_t *facet)
{
	struct pgb_plot plot = {
		.x = {.title = "dirty pages, %",
		      .kind = PGB_AXIS_LOGARITHMIC,
		      .label = percent},
		.y = {.title = "ns a page", .kind = PGB_AXIS_LOGARITHMIC},
		.named = true,
	};
	json_t *mine = all_that_belong(rows, facet);
	char title[256];

	page->failed |= !mine;
	pgb_primitives_title(title, sizeof(title), facet);
	pgb_primitives_lines(page, &plot, mine, "density");
	pgb_plot_limit(&plot, "bandwidth", bound(bandwidth, facet));
	pgb_figure_begin(page, "harvest", title, "");
	pgb_plot_draw(page, &plot, title);
	pgb_primitives_table(page, mine, "density", "dirty, %");
	pgb_figure_end(page);
	pgb_plot_end(page, &plot);
	json_decref(mine);
}

/* Those of the largest region, or those of the others. */
static void draw_facets(struct pgb_page *page, const json_t *rows, const json_t *bandwidth,
			bool largest)
{
	static const char *const facets[] = {"mutators", "huge_pages", "pattern",
					     "region_bytes", NULL};
	json_t *groups = pgb_value_group(rows, facets), *group;
	const char *key;

	page->failed |= !groups;
	fputs("<div class=\"figures\">\n", page->out);
	json_object_foreach(groups, key, group)
	{
		const json_t *facet = json_array_get(group, 0);

		if (is_taken_in(facet, rows) ||
		    is_of_largest_region(facet, rows) != largest)
			continue;
		draw(page, rows, bandwidth, facet);
	}
	fputs("</div>\n", page->out);
	json_decref(groups);
}

void pgb_section_harvest(struct pgb_page *page, const json_t *rows, const json_t *bandwidth)
{
	if (!json_array_size(rows))
		return;
	pgb_html_element(page, "h3", "Harvest");
	pgb_html_element(page, "p", caption);
	draw_facets(page, rows, bandwidth, true);
	if (!has_smaller(rows))
		return;
	pgb_details_begin(page, "Smaller regions");
	draw_facets(page, rows, bandwidth, false);
	pgb_details_end(page);
}

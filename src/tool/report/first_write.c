/* SPDX-License-Identifier: MIT */
/* first_write.c - what the first write to an armed page costs, by backend and threads. */
#include "tool/report/primitives.h"
#include "tool/report/svg.h"
#include "tool/report/value.h"

static const char caption[] = "Time until all pages are written, divided by their number: "
			      "lower is better. A line "
			      "that falls shares the work between threads; one that rises "
			      "makes them wait for each "
			      "other. Whiskers reach from the lowest to the highest round.";

static void draw(struct pgb_page *page, const json_t *rows)
{
	struct pgb_plot plot = {
		.x = {.title = "threads", .kind = PGB_AXIS_COUNTS},
		.y = {.title = "ns a page", .kind = PGB_AXIS_LOGARITHMIC},
		.named = true,
	};
	char title[256];

	pgb_primitives_title(title, sizeof(title), json_array_get(rows, 0));
	pgb_primitives_lines(page, &plot, rows, "threads");
	pgb_figure_begin(page, "first-write", title, "");
	pgb_plot_draw(page, &plot, title);
	pgb_primitives_table(page, rows, "threads", "threads");
	pgb_figure_end(page);
	pgb_plot_end(page, &plot);
}

void pgb_section_first_write(struct pgb_page *page, const json_t *rows)
{
	static const char *const facets[] = {"pattern", "huge_pages", "region_bytes", NULL};
	json_t *groups = pgb_value_group(rows, facets), *group;
	const char *key;

	page->failed |= !groups;
	if (json_array_size(rows)) {
		pgb_html_element(page, "h3", "First write to an armed page");
		pgb_html_element(page, "p", caption);
		fputs("<div class=\"figures\">\n", page->out);
		json_object_foreach(groups, key, group)
		{
			draw(page, group);
		}
		fputs("</div>\n", page->out);
	}
	json_decref(groups);
}

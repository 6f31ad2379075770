/* SPDX-License-Identifier: MIT */
/* svg.c - what drawings have in common. */
#include "tool/report/svg.h"

#include <stdint.h>

void pgb_figure_begin(struct pgb_page *page, const char *kind, const char *title,
		      const char *caption)
{
	page->figures++;
	fprintf(page->out, "<figure class=\"%s\">\n<figcaption>", kind);
	pgb_html_element(page, "h4", title);
	pgb_html_element(page, "p", caption);
	fputs("</figcaption>\n", page->out);
}

void pgb_figure_end(struct pgb_page *page)
{
	fputs("</figure>\n", page->out);
}

void pgb_svg_begin(struct pgb_page *page, double height, const char *title)
{
	fprintf(page->out,
		"<svg viewBox=\"0 0 %d %.0f\" role=\"img\" "
		"aria-labelledby=\"title-%u description-%u\" "
		"xmlns=\"http://www.w3.org/2000/svg\">\n<title id=\"title-%u\">",
		PGB_SVG_WIDTH, height, page->figures, page->figures, page->figures);
	pgb_html_text(page, title);
	fprintf(page->out, "</title>\n<desc id=\"description-%u\">", page->figures);
}

void pgb_svg_described(struct pgb_page *page)
{
	fputs("</desc>\n", page->out);
}

void pgb_svg_end(struct pgb_page *page)
{
	fputs("</svg>\n", page->out);
}

void pgb_details_begin(struct pgb_page *page, const char *summary)
{
	fputs("<details>", page->out);
	pgb_html_element(page, "summary", summary);
}

void pgb_details_end(struct pgb_page *page)
{
	fputs("</details>\n", page->out);
}

void pgb_svg_line(struct pgb_page *page, const char *class, double x1, double y1, double x2,
		  double y2)
{
	fprintf(page->out, "<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\"/>\n", class, x1,
		y1, x2, y2);
}

void pgb_svg_text(struct pgb_page *page, const char *class, double x, double y,
		  const char *anchor, const char *text)
{
	pgb_svg_name(page, class, x, y, anchor, text, SIZE_MAX);
}

void pgb_svg_name(struct pgb_page *page, const char *class, double x, double y,
		  const char *anchor, const char *text, size_t limit)
{
	fprintf(page->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		class, x, y, anchor);
	pgb_html_short(page, text, limit);
	fputs("</text>\n", page->out);
}

void pgb_svg_marker(struct pgb_page *page, const struct pgb_look *look, double x, double y)
{
	fprintf(page->out,
		"<path class=\"marker%s\" transform=\"translate(%.1f %.1f)\" d=\"%s\"/>",
		look->hollow ? " hollow" : "", x, y, look->marker);
}

void pgb_legend_begin(struct pgb_page *page)
{
	fputs("<ul class=\"legend\">\n", page->out);
}

void pgb_legend_entry(struct pgb_page *page, const struct pgb_look *look, const char *name)
{
	fprintf(page->out,
		"<li><svg viewBox=\"0 0 36 12\" aria-hidden=\"true\" "
		"xmlns=\"http://www.w3.org/2000/svg\"><g class=\"%s\">"
		"<path class=\"line\" stroke-dasharray=\"%s\" d=\"M1 6H35\"/>",
		look->colour, look->dash);
	pgb_svg_marker(page, look, 18, 6);
	fputs("</g></svg>", page->out);
	pgb_html_name(page, name);
	fputs("</li>\n", page->out);
}

void pgb_legend_end(struct pgb_page *page)
{
	fputs("</ul>\n", page->out);
}

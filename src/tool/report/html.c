/* SPDX-License-Identifier: MIT */
/* html.c - text and tables of a page. */
#include "tool/report/html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tool/report/text.h"

#define NAME_LIMIT 160

/* Of either half, in units of its drawing. */
#define RATIO_BAR 24

#define REPLACEMENT 0xfffd

/* The length of the character at `text`.  Text that was cut to a size may end within one.
 */
static size_t decode(const char *text, uint32_t *character)
{
	unsigned char lead = (unsigned char)*text;
	size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	*character = length == 1 ? lead : lead & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80) {
			*character = REPLACEMENT;
			return i;
		}
		*character = *character << 6 | ((unsigned char)text[i] & 0x3f);
	}
	return length;
}

/* Controls, which XML forbids, and what turns the direction of the text around it. */
static bool is_unseen(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
	       (character >= 0x200b && character <= 0x200f) ||
	       (character >= 0x2028 && character <= 0x202e) ||
	       (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
	       (character & 0xfffe) == 0xfffe;
}

static void put_character(FILE *out, const char *text, size_t length, uint32_t character)
{
	if (character == REPLACEMENT || is_unseen(character)) {
		fputs("\xef\xbf\xbd", out); /* U+FFFD */
		return;
	}
	switch (character) {
	case '&':
		fputs("&amp;", out);
		break;
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	default:
		fwrite(text, 1, length, out);
	}
}

void pgb_html_text(struct pgb_page *page, const char *text)
{
	pgb_html_short(page, text, SIZE_MAX);
}

void pgb_html_short(struct pgb_page *page, const char *text, size_t limit)
{
	while (*text) {
		uint32_t character;
		size_t length = decode(text, &character);

		if (limit == 1 && text[length]) {
			fputs("…", page->out);
			return;
		}
		put_character(page->out, text, length, character);
		text += length;
		limit--;
	}
}

void pgb_html_name(struct pgb_page *page, const char *name)
{
	fputs("<bdi>", page->out);
	pgb_html_short(page, name, NAME_LIMIT);
	fputs("</bdi>", page->out);
}

void pgb_html_element(struct pgb_page *page, const char *tag, const char *text)
{
	fprintf(page->out, "<%s>", tag);
	pgb_html_text(page, text);
	fprintf(page->out, "</%s>\n", tag);
}

void pgb_table_begin(struct pgb_page *page, const char *caption)
{
	fputs("<div class=\"scroll\" tabindex=\"0\"><table>\n", page->out);
	pgb_html_element(page, "caption", caption);
	fputs("<thead><tr>", page->out);
}

static void write_column(struct pgb_page *page, const char *class, const char *title)
{
	fprintf(page->out, "<th scope=\"col\"%s>", class);
	pgb_html_text(page, title);
	fputs("</th>", page->out);
}

void pgb_table_column(struct pgb_page *page, const char *title)
{
	write_column(page, "", title);
}

void pgb_table_text_column(struct pgb_page *page, const char *title)
{
	write_column(page, " class=\"text\"", title);
}

void pgb_table_body(struct pgb_page *page)
{
	fputs("</tr></thead>\n<tbody>\n", page->out);
}

void pgb_table_start(struct pgb_page *page, const char *caption, const char *const *columns)
{
	pgb_table_begin(page, caption);
	for (pgb_table_text_column(page, *columns++); *columns; columns++)
		pgb_table_column(page, *columns);
	pgb_table_body(page);
}

void pgb_table_end(struct pgb_page *page)
{
	fputs("</tbody></table></div>\n", page->out);
}

void pgb_table_group(struct pgb_page *page, unsigned columns, unsigned program)
{
	fprintf(page->out,
		"<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"%u\">"
		"<a href=\"#program-%u\">",
		columns, program);
}

void pgb_table_end_group(struct pgb_page *page)
{
	fputs("</a></th></tr>\n", page->out);
}

void pgb_table_row(struct pgb_page *page, const char *head)
{
	fputs("<tr><th scope=\"row\">", page->out);
	pgb_html_name(page, head);
	fputs("</th>", page->out);
}

void pgb_table_text(struct pgb_page *page, const char *text)
{
	fputs("<td class=\"text\">", page->out);
	pgb_html_name(page, text);
	fputs("</td>", page->out);
}

void pgb_table_number(struct pgb_page *page, double value)
{
	char text[PGB_TEXT_NUMBER];

	pgb_text_number(text, value);
	fprintf(page->out, "<td>%s</td>", text);
}

/* What went wrong; not by its colour alone. */
void pgb_table_alarm(struct pgb_page *page, const char *before, const char *text)
{
	fprintf(page->out, "<td class=\"text alarm\">✕ %s<bdi>", before);
	pgb_html_text(page, text);
	fputs("</bdi></td>", page->out);
}

/* With a bar from 1, to the left if less and to the right if more; fourfold is its end. */
void pgb_table_ratio(struct pgb_page *page, double ratio)
{
	double length = fmin(fabs(log2(ratio)) / 2, 1) * RATIO_BAR;
	char text[PGB_TEXT_NUMBER];

	if (!(ratio > 0)) {
		pgb_table_number(page, ratio);
		return;
	}
	pgb_text_ratio(text, ratio);
	fprintf(page->out,
		"<td class=\"%s\">%s <svg viewBox=\"0 0 %d 12\" aria-hidden=\"true\" "
		"xmlns=\"http://www.w3.org/2000/svg\"><path class=\"bar\" "
		"d=\"M%d 2h%.1fv8h%.1fz\"/><path class=\"base\" d=\"M%d "
		"0v12\"/></svg></td>",
		ratio > 1 ? "more" : "less", text, 2 * RATIO_BAR, RATIO_BAR,
		ratio > 1 ? length : -length, ratio > 1 ? -length : length, RATIO_BAR);
}

void pgb_table_end_row(struct pgb_page *page)
{
	fputs("</tr>\n", page->out);
}

/* SPDX-License-Identifier: MIT */
/* page.c - the whole page: where the figures are from, then the figures. */
#include "tool/report/page.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pgbarrier.h"
#include "tool/report/load.h"
#include "tool/report/primitives.h"
#include "tool/report/programs.h"
#include "tool/report/style.h" /* made of style.css */
#include "tool/report/svg.h"
#include "tool/report/value.h"

#define KIB_PER_GIB (1024. * 1024)

/* A policy that forbids what the page does not have: scripts, and anything from elsewhere.
 */
static void write_head(struct pgb_page *page)
{
	fputs("<!DOCTYPE html>\n"
	      "<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n"
	      "<head>\n"
	      "<meta charset=\"utf-8\"/>\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
	      "<meta name=\"color-scheme\" content=\"light dark\"/>\n",
	      page->out);
	fprintf(page->out, "<meta name=\"generator\" content=\"pgbarrier %s\"/>\n",
		pgb_version());
	pgb_html_element(page, "title", "pgbarrier report");
	fprintf(page->out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
}

static void write_fact(struct pgb_page *page, const char *title, const char *text)
{
	fputs("<div>", page->out);
	pgb_html_element(page, "dt", title);
	fputs("<dd>", page->out);
	pgb_html_name(page, text);
	fputs("</dd></div>\n", page->out);
}

static void write_fact_at(struct pgb_page *page, const char *title, const json_t *machine,
			  const char *path)
{
	char text[256];

	pgb_text_value(text, sizeof(text), pgb_value(machine, path));
	write_fact(page, title, text);
}

static void write_machine(struct pgb_page *page, const json_t *machine)
{
	double memory = pgb_value_number(machine, "memory_kib") / KIB_PER_GIB;
	char text[PGB_TEXT_NUMBER];

	fputs("<dl class=\"facts\">\n", page->out);
	write_fact_at(page, "Processor", machine, "cpu");
	write_fact_at(page, "CPUs", machine, "cpus");
	snprintf(text, sizeof(text), "%.3g GiB", memory);
	write_fact(page, "Memory", isnan(memory) ? "unknown" : text);
	write_fact_at(page, "Architecture", machine, "arch");
	pgb_text_size(text, pgb_value_number(machine, "page_size"));
	write_fact(page, "Page size", pgb_value(machine, "page_size") ? text : "unknown");
	fputs("</dl>\n", page->out);
}

/* Every run has the same machine, as far as one is known. */
static const json_t *machine_of(const json_t *runs)
{
	json_t *run;
	size_t index;

	json_array_foreach(runs, index, run)
	{
		if (pgb_value(run, "machine"))
			return pgb_value(run, "machine");
	}
	return NULL;
}

static void write_soft_dirty(struct pgb_page *page, const json_t *run)
{
	if (!pgb_value(run, "machine.soft_dirty"))
		pgb_table_text(page, "–");
	else
		pgb_table_text(page,
			       pgb_value_flag(run, "machine.soft_dirty") ? "yes" : "no");
}

static void write_cell(struct pgb_page *page, const json_t *run, const char *path)
{
	const char *text = pgb_value_text(run, path);

	pgb_table_text(page, text ? text : "–");
}

static void write_run(struct pgb_page *page, const json_t *run)
{
	pgb_table_row(page, pgb_value_text(run, "file"));
	fputs("<td class=\"text\">", page->out);
	pgb_html_text(page, pgb_value_text(run, "suite"));
	fputs(pgb_value_flag(run, "quick") ? ", quick</td>" : "</td>", page->out);
	write_cell(page, run, "started");
	write_cell(page, run, "machine.kernel");
	write_cell(page, run, "machine.thp");
	write_soft_dirty(page, run);
	write_cell(page, run, "machine.libgc");
	write_cell(page, run, "pgbarrier");
	pgb_table_number(page, pgb_value_number(run, "seconds"));
	pgb_table_number(page, 100 * pgb_value_number(run, "load.others_share"));
	pgb_table_end_row(page);
}

static void write_runs(struct pgb_page *page, const json_t *runs)
{
	static const char *const columns[] = {"suite",	    "started",	  "kernel",
					      "huge pages", "soft-dirty", "libgc",
					      "pgbarrier"};
	json_t *run;
	size_t index;

	pgb_table_begin(page, "The runs on this page. The more CPU time others had "
			      "meanwhile, the less small differences mean.");
	pgb_table_text_column(page, "file");
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		pgb_table_text_column(page, columns[i]);
	pgb_table_column(page, "took, s");
	pgb_table_column(page, "CPU time of others, %");
	pgb_table_body(page);
	json_array_foreach(runs, index, run)
	{
		write_run(page, run);
	}
	pgb_table_end(page);
}

static void write_skips_of(struct pgb_page *page, const json_t *run)
{
	json_t *skip;
	size_t index;

	json_array_foreach(pgb_value(run, "skipped"), index, skip)
	{
		fputs("<li><bdi>", page->out);
		pgb_html_text(page, pgb_value_text(skip, "what"));
		fputs("</bdi>: <bdi>", page->out);
		pgb_html_text(page, pgb_value_text(skip, "why"));
		fputs("</bdi></li>\n", page->out);
	}
}

static void write_skips(struct pgb_page *page, const json_t *runs)
{
	size_t skips = 0, index;
	json_t *run;

	json_array_foreach(runs, index, run)
	{
		skips += json_array_size(pgb_value(run, "skipped"));
	}
	if (!skips)
		return;
	pgb_html_element(page, "h2", "Not measured");
	fputs("<ul>\n", page->out);
	json_array_foreach(runs, index, run)
	{
		write_skips_of(page, run);
	}
	fputs("</ul>\n", page->out);
}

/* "Collectors", and of which file if there are several. */
static void begin_section(struct pgb_page *page, const json_t *run, const char *title)
{
	pgb_html_element(page, "h2", title);
	fputs("<p class=\"source\">", page->out);
	pgb_html_name(page, pgb_value_text(run, "file"));
	fputs("</p>\n", page->out);
}

static void write_bench(struct pgb_page *page, const json_t *run)
{
	const char *suite = pgb_value_text(run, "suite");
	const json_t *rows = pgb_value(run, "rows");

	if (!strcmp(suite, PGB_SUITE_STATS))
		return;
	fputs("<section>\n", page->out);
	if (!strcmp(suite, "primitives")) {
		begin_section(page, run, "Primitives");
		pgb_section_primitives(page, rows);
	} else {
		begin_section(page, run,
			      strcmp(suite, "gc") ? "Programs" : "Collector benchmarks");
		pgb_section_programs(page, rows);
	}
	fputs("</section>\n", page->out);
}

/* Reports of several runs of one program are there to be compared: they come together. */
static void write_stats(struct pgb_page *page, const json_t *runs)
{
	json_t *rows = json_array(), *run;
	size_t index;

	json_array_foreach(runs, index, run)
	{
		if (strcmp(pgb_value_text(run, "suite"), PGB_SUITE_STATS))
			continue;
		page->failed |= json_array_extend(rows, pgb_value(run, "rows")) != 0;
	}
	if (json_array_size(rows)) {
		fputs("<section>\n", page->out);
		pgb_html_element(page, "h2", "Your programs");
		pgb_section_programs(page, rows);
		fputs("</section>\n", page->out);
	}
	json_decref(rows);
}

static void write_page(struct pgb_page *page, const json_t *runs)
{
	json_t *run;
	size_t index;

	write_head(page);
	fputs("<header>\n", page->out);
	pgb_html_element(page, "h1", "pgbarrier report");
	if (machine_of(runs))
		write_machine(page, machine_of(runs));
	write_runs(page, runs);
	fputs("</header>\n", page->out);
	write_stats(page, runs);
	json_array_foreach(runs, index, run)
	{
		write_bench(page, run);
	}
	write_skips(page, runs);
	fputs("</main>\n</body>\n</html>\n", page->out);
}

char *pgb_page_text(const json_t *runs)
{
	struct pgb_page page = {0};
	char *text = NULL;
	size_t size;

	page.out = open_memstream(&text, &size);
	if (!page.out)
		return NULL;
	write_page(&page, runs);
	page.failed |= ferror(page.out) != 0;
	if (!fclose(page.out) && !page.failed)
		return text;
	free(text);
	return NULL;
}

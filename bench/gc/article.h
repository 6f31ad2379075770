/* SPDX-License-Identifier: MIT */
/*
 * article.h - made-up articles as XML, the same ones from the same seed.
 */
#ifndef BENCH_ARTICLE_H
#define BENCH_ARTICLE_H

#include <stddef.h>
#include <stdint.h>

/* Text that grows, outside of the collector's heap.  All zeros: empty. */
struct text {
	char *bytes; /* with a NUL behind them */
	size_t length, room;
};

/* Ends the program if memory is out. */
void text_add(struct text *text, const char *bytes, size_t length);

/*
 * A set of articles, each with authors, a journal, keywords and sections.  No blanks
 * between elements, and nothing that has to be escaped, so that it can be written again as
 * it was.
 */
void articles_write(struct text *text, uint64_t seed);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * article.c - made-up articles as XML, the same ones from the same seed.
 */
#include "article.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prng.h"
#include "workload.h"

#define ARTICLES	64 /* in a set */
#define FIRST_ROOM	4096
#define LARGEST_AUTHORS 6
#define LARGEST_WORDS	40

static const char *const syllables[] = {"ba", "cor", "di", "el", "fu", "gra", "hy", "in",
					"ka", "lo",  "mi", "ne", "os", "pul", "ra", "tis"};

void text_add(struct text *text, const char *bytes, size_t length)
{
	if (text->length + length >= text->room) {
		text->room = 2 * (text->length + length) + FIRST_ROOM;
		text->bytes = realloc(text->bytes, text->room);
		if (!text->bytes)
			die("out of memory for a text");
	}
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format,
						      ...)
{
	char line[128];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	text_add(text, line, strlen(line));
}

static void add_word(struct text *text, struct prng *prng)
{
	for (uint32_t i = 1 + prng_below(prng, 4); i; i--) {
		const char *syllable =
			syllables[prng_below(prng, sizeof(syllables) / sizeof(*syllables))];

		text_add(text, syllable, strlen(syllable));
	}
}

static void add_words(struct text *text, const char *element, struct prng *prng)
{
	add(text, "<%s>", element);
	for (uint32_t i = 1 + prng_below(prng, LARGEST_WORDS); i; i--) {
		add_word(text, prng);
		if (i > 1)
			text_add(text, " ", 1);
	}
	add(text, "</%s>", element);
}

static void add_authors(struct text *text, struct prng *prng)
{
	add(text, "<authors>");
	for (uint32_t i = 1 + prng_below(prng, LARGEST_AUTHORS); i; i--) {
		add(text, "<author id=\"%u\"><name>", prng_below(prng, 100000));
		add_word(text, prng);
		add(text, "</name><given>");
		add_word(text, prng);
		add(text, "</given></author>");
	}
	add(text, "</authors>");
}

static void add_article(struct text *text, uint32_t number, struct prng *prng)
{
	add(text, "<article id=\"%u\" language=\"en\">", number);
	add_words(text, "title", prng);
	add_authors(text, prng);
	add(text, "<journal volume=\"%u\" issue=\"%u\"/>", prng_below(prng, 300),
	    prng_below(prng, 12));
	for (uint32_t i = 1 + prng_below(prng, 4); i; i--)
		add_words(text, "section", prng);
	for (uint32_t i = prng_below(prng, 8); i; i--)
		add_words(text, "keyword", prng);
	add(text, "</article>");
}

void articles_write(struct text *text, uint64_t seed)
{
	struct prng prng = {seed};

	text->length = 0;
	add(text, "<articles>");
	for (uint32_t i = 0; i < ARTICLES; i++)
		add_article(text, i, &prng);
	add(text, "</articles>");
}

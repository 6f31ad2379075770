/* SPDX-License-Identifier: MIT */
/*
 * xml.c - XML that is parsed into trees, which are kept for a while and written again.
 *
 * A tree of a document is many small objects of different sizes and kinds: elements,
 * attributes, and strings without pointers.  It is built at once, is not changed, and dies
 * as a whole when its place is taken by another one.  Before that it is written as text,
 * which must be the text that it came from.
 */
#include <stdbool.h>
#include <string.h>

#include "article.h"
#include "prng.h"
#include "workload.h"

struct attribute {
	struct attribute *next;
	const char *name, *value;
};

/* An element, or, if it has no name, a text between elements. */
struct node {
	struct node *parent, *next, *first_child;
	struct attribute *attributes;
	const char *name, *text;
};

struct parser {
	const char *at;
	size_t allocated; /* bytes of objects */
};

struct library {
	size_t count;
	struct node **documents;
	uint64_t *digests; /* of the texts; not scanned */
	struct text text;
	uint64_t allocated;
};

static void *allocate(struct parser *parser, size_t size)
{
	parser->allocated += size;
	return new_object(size);
}

static const char *take_string(struct parser *parser, const char *delimiters)
{
	size_t length = strcspn(parser->at, delimiters);
	char *string = new_plain(length + 1);

	memcpy(string, parser->at, length);
	string[length] = '\0';
	parser->at += length;
	parser->allocated += length + 1;
	return string;
}

static void expect(struct parser *parser, char wanted)
{
	if (*parser->at != wanted)
		damage("a text to parse: '%.20s' where '%c' should be", parser->at, wanted);
	parser->at++;
}

static void parse_attributes(struct parser *parser, struct node *node)
{
	struct attribute **last = &node->attributes;

	while (*parser->at == ' ') {
		struct attribute *attribute = allocate(parser, sizeof(*attribute));

		parser->at++;
		attribute->name = take_string(parser, "=");
		expect(parser, '=');
		expect(parser, '"');
		attribute->value = take_string(parser, "\"");
		expect(parser, '"');
		*last = attribute;
		last = &attribute->next;
	}
}

/* Behind its '<'.  Has it content and an end? */
static bool parse_start(struct parser *parser, struct node *node)
{
	node->name = take_string(parser, " />");
	parse_attributes(parser, node);
	if (*parser->at != '/') {
		expect(parser, '>');
		return true;
	}
	parser->at++;
	expect(parser, '>');
	return false;
}

static void parse_end(struct parser *parser, const struct node *node)
{
	size_t length = strlen(node->name);

	if (strncmp(parser->at, node->name, length))
		damage("a text to parse: no end of <%s>", node->name);
	parser->at += length;
	expect(parser, '>');
}

static struct node *new_child(struct parser *parser, struct node *parent, struct node *last)
{
	struct node *node = allocate(parser, sizeof(*node));

	node->parent = parent;
	if (last)
		last->next = node;
	else
		parent->first_child = node;
	return node;
}

static void parse_content(struct parser *parser, struct node *parent)
{
	struct node *last = NULL;

	for (;;) {
		if (*parser->at != '<') {
			last = new_child(parser, parent, last);
			last->text = take_string(parser, "<");
		}
		expect(parser, '<');
		if (*parser->at == '/') {
			parser->at++;
			return;
		}
		last = new_child(parser, parent, last);
		if (parse_start(parser, last)) {
			parse_content(parser, last);
			parse_end(parser, last);
		}
	}
}

static struct node *parse(struct library *library, const char *text)
{
	struct parser parser = {.at = text};
	struct node *root = allocate(&parser, sizeof(*root));

	expect(&parser, '<');
	if (parse_start(&parser, root)) {
		parse_content(&parser, root);
		parse_end(&parser, root);
	}
	library->allocated += parser.allocated;
	return root;
}

static void add(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

static void write_node(struct text *text, const struct node *node)
{
	if (node->text) {
		add(text, node->text);
		return;
	}
	add(text, "<");
	add(text, node->name);
	for (const struct attribute *attribute = node->attributes; attribute;
	     attribute = attribute->next) {
		add(text, " ");
		add(text, attribute->name);
		add(text, "=\"");
		add(text, attribute->value);
		add(text, "\"");
	}
	if (!node->first_child) {
		add(text, "/>");
		return;
	}
	add(text, ">");
	for (const struct node *child = node->first_child; child; child = child->next) {
		if (child->parent != node)
			damage("the parent of an element");
		write_node(text, child);
	}
	add(text, "</");
	add(text, node->name);
	add(text, ">");
}

static uint64_t digest(const struct text *text)
{
	uint64_t digest = text->length;

	for (size_t i = 0; i < text->length; i++)
		digest = (digest ^ (unsigned char)text->bytes[i]) * 0x100000001b3;
	return prng_mix(digest);
}

static void check(struct library *library, size_t index)
{
	library->text.length = 0;
	write_node(&library->text, library->documents[index]);
	if (digest(&library->text) != library->digests[index])
		damage("document %zu is not the one that was parsed", index);
}

static void read_document(struct library *library, size_t index, uint64_t seed)
{
	articles_write(&library->text, seed);
	library->digests[index] = digest(&library->text);
	library->documents[index] = parse(library, library->text.bytes);
}

/* The first document tells how large they are. */
static void fill(struct library *library, size_t bytes, struct prng *prng)
{
	articles_write(&library->text, prng_next(prng));
	parse(library, library->text.bytes);
	library->count = bytes / library->allocated + 1;
	library->documents = new_object(library->count * sizeof(struct node *));
	library->digests = new_unscanned(library->count, sizeof(*library->digests));
	for (size_t i = 0; i < library->count; i++)
		read_document(library, i, prng_next(prng));
	library->allocated = 0;
}

int main(int argc, char **argv)
{
	struct workload workload = workload_start(
		argc, argv, "Parse XML into trees, and write them again.", NULL, NULL);
	uint64_t budget = workload_bytes(&workload) * workload.turnover;
	uint64_t documents = 0, checksum = 0;
	struct prng prng = {workload.seed};
	struct library library = {0};

	pin_thread(0);
	fill(&library, workload_bytes(&workload), &prng);
	for (; library.allocated < budget; documents++) {
		size_t index = prng_below(&prng, (uint32_t)library.count);

		check(&library, index);
		read_document(&library, index, prng_next(&prng));
	}
	for (size_t i = 0; i < library.count; i++) {
		check(&library, i);
		checksum = prng_mix(checksum ^ library.digests[i]);
	}
	report(documents, "documents replaced", checksum);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * fold.c - indented JSON with its plain arrays on a line each.
 *
 * jansson indents every value or none, and a report has thousands of pairs of numbers.
 */
#include "tool/fold.h"

#include <string.h>

/* Behind the string that starts here. */
static const char *skip_string(const char *text)
{
	for (text++; *text && *text != '"'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text ? text + 1 : text;
}

/* The end of the plain array that starts here, or NULL. */
static const char *end_of_plain_array(const char *text)
{
	for (text++; *text && !strchr("[{}]", *text);)
		text = *text == '"' ? skip_string(text) : text + 1;
	return *text == ']' ? text : NULL;
}

/* A line break in a plain array: a blank between values, nothing at the brackets. */
static const char *join(const char *from, char **to)
{
	if ((*to)[-1] == ',')
		*(*to)++ = ' ';
	return from + strspn(from, "\n ");
}

void pgb_fold(char *text)
{
	const char *from = text, *end = NULL; /* end: of the plain array we are in */
	char *to = text;

	while (*from) {
		const char *token = from;

		if (*from == '[')
			end = end_of_plain_array(from);
		if (from == end)
			end = NULL;
		if (end && *from == '\n') {
			from = join(from, &to);
			continue;
		}
		from = *from == '"' ? skip_string(from) : from + 1;
		memmove(to, token, (size_t)(from - token));
		to += from - token;
	}
	*to = '\0';
}

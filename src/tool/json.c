/* SPDX-License-Identifier: MIT */
/* json.c - texts from outside, for JSON and for a line of a table. */
#include "tool/json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>

static bool is_utf8(const char *text, size_t length)
{
	json_t *string = json_stringn(text, length);

	json_decref(string);
	return string;
}

static bool continues_character(char byte)
{
	return ((unsigned char)byte & 0xc0) == 0x80;
}

void pgb_json_copy(char *to, size_t size, const char *from, size_t length)
{
	bool utf8;

	if (length >= size) {
		length = size - 1;
		while (length && continues_character(from[length]))
			length--;
	}
	utf8 = is_utf8(from, length);
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)from[i];

		to[i] = iscntrl(byte) || (byte >= 0x80 && !utf8) ? '?' : from[i];
	}
	to[length] = '\0';
}

json_t *pgb_json_text(const char *bytes, size_t length)
{
	char *copy = malloc(length + 1);
	json_t *string = NULL;

	if (copy) {
		pgb_json_copy(copy, length + 1, bytes, length);
		string = json_string(copy);
	}
	free(copy);
	return string;
}

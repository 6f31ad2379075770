/* SPDX-License-Identifier: MIT */
/*
 * text.c - what programs say, for a line of a table and for JSON.
 */
#include "text.h"

#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>

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

void text_copy(char *to, size_t size, const char *from, size_t length)
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

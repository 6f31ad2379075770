/* SPDX-License-Identifier: MIT */
/* text.c - values as people read them. */
#include "tool/report/text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Beyond them an exponent says more than zeros. */
#define LARGEST_PLAIN  1e12
#define SMALLEST_PLAIN 1e-4

static void whole_number(char text[PGB_TEXT_NUMBER], double value)
{
	char digits[PGB_TEXT_NUMBER];
	size_t length;

	snprintf(digits, sizeof(digits), "%.0f", value);
	length = strlen(digits);
	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*text++ = ',';
		*text++ = digits[i];
	}
	*text = '\0';
}

static bool is_plain(double value)
{
	return value == 0 || (value >= SMALLEST_PLAIN && value < LARGEST_PLAIN);
}

void pgb_text_number(char text[PGB_TEXT_NUMBER], double value)
{
	if (isnan(value))
		snprintf(text, PGB_TEXT_NUMBER, "–");
	else if (!is_plain(value))
		snprintf(text, PGB_TEXT_NUMBER, "%.2e", value);
	else if (value >= 99.95 || value == floor(value))
		whole_number(text, value);
	else if (value >= 0.9995)
		snprintf(text, PGB_TEXT_NUMBER, "%.*f", value < 9.995 ? 2 : 1, value);
	else
		snprintf(text, PGB_TEXT_NUMBER, "%#.3g", value);
}

void pgb_text_ratio(char text[PGB_TEXT_NUMBER], double ratio)
{
	if (ratio >= 0.095 && ratio < 99.95)
		snprintf(text, PGB_TEXT_NUMBER, "%.2f", ratio);
	else if (ratio < 0.095 && ratio >= SMALLEST_PLAIN)
		snprintf(text, PGB_TEXT_NUMBER, "%.2g", ratio);
	else
		pgb_text_number(text, ratio);
}

void pgb_text_tick(char text[PGB_TEXT_NUMBER], double value)
{
	if (is_plain(value) && value >= 1000)
		whole_number(text, value);
	else
		snprintf(text, PGB_TEXT_NUMBER, "%.4g", value);
}

void pgb_text_size(char text[PGB_TEXT_NUMBER], double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;

	while (bytes >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, PGB_TEXT_NUMBER, "%.4g %s", bytes, units[unit]);
}

/* Whether it ends in these names. */
static bool ends_in(const char *path, const char *names)
{
	size_t length = strlen(path), end = strlen(names);

	return length >= end && !strcmp(path + length - end, names) &&
	       (length == end || path[length - end - 1] == '/');
}

static bool is_unlike_others(const char *names, char *const *paths, size_t count,
			     size_t index)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(paths[i], paths[index]) && ends_in(paths[i], names))
			return false;
	return true;
}

const char *pgb_text_short_path(char *const *paths, size_t count, size_t index)
{
	const char *path = paths[index], *names = path + strlen(path);

	while (names > path) {
		do
			names--;
		while (names > path && names[-1] != '/');
		if (is_unlike_others(names, paths, count, index))
			break;
	}
	return names;
}

void pgb_text_value(char *text, size_t size, const json_t *value)
{
	char number[PGB_TEXT_NUMBER];

	if (json_is_number(value)) {
		pgb_text_tick(number, json_number_value(value));
		snprintf(text, size, "%s", number);
	} else {
		snprintf(text, size, "%s",
			 json_is_string(value) ? json_string_value(value) : "unknown");
	}
}

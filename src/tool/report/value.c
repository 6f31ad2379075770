/* SPDX-License-Identifier: MIT */
/* value.c - what checked JSON has at a path. */
#include "tool/report/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SIZE 32 /* more than the longest name in a schema */

json_t *pgb_value(const json_t *object, const char *path)
{
	json_t *value = NULL;
	size_t length;

	for (; object; object = value, path += length + 1) {
		char key[KEY_SIZE];

		length = strcspn(path, ".");
		snprintf(key, sizeof(key), "%.*s", (int)length, path);
		value = json_object_get(object, key);
		if (!path[length])
			break;
	}
	return json_is_null(value) ? NULL : value;
}

double pgb_value_number(const json_t *object, const char *path)
{
	const json_t *value = pgb_value(object, path);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *pgb_value_text(const json_t *object, const char *path)
{
	return json_string_value(pgb_value(object, path));
}

bool pgb_value_flag(const json_t *object, const char *path)
{
	return json_is_true(pgb_value(object, path));
}

bool pgb_value_same(const json_t *a, const json_t *b, const char *path)
{
	json_t *left = pgb_value(a, path), *right = pgb_value(b, path);

	return left && right ? json_equal(left, right) : left == right;
}

double pgb_value_of_pair(const json_t *pair, size_t index)
{
	return json_number_value(json_array_get(pair, index));
}

json_t *pgb_value_select(const json_t *rows, const char *path, const char *text)
{
	json_t *selected = json_array(), *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		const char *found = pgb_value_text(row, path);

		if (found && !strcmp(found, text) && json_array_append(selected, row)) {
			json_decref(selected);
			return NULL;
		}
	}
	return selected;
}

bool pgb_value_any(const json_t *rows, const char *path)
{
	json_t *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		if (pgb_value(row, path))
			return true;
	}
	return false;
}

/* What the row is at these paths, as the name of its group. */
static char *group_name(const json_t *row, const char *const *paths)
{
	json_t *values = json_array();
	char *name = NULL;
	int err = 0;

	for (; *paths && !err; paths++) {
		json_t *value = pgb_value(row, *paths);

		err = value ? json_array_append(values, value)
			    : json_array_append_new(values, json_null());
	}
	if (!err)
		name = json_dumps(values, JSON_COMPACT);
	json_decref(values);
	return name;
}

static int add_to_group(json_t *groups, const char *name, json_t *row)
{
	json_t *group = json_object_get(groups, name);

	if (!group) {
		group = json_array();
		if (json_object_set_new(groups, name, group))
			return -1;
	}
	return json_array_append(group, row);
}

json_t *pgb_value_group(const json_t *rows, const char *const *paths)
{
	json_t *groups = json_object(), *row;
	size_t index;

	json_array_foreach(rows, index, row)
	{
		char *name = group_name(row, paths);
		int err = name ? add_to_group(groups, name, row) : -1;

		free(name);
		if (err) {
			json_decref(groups);
			return NULL;
		}
	}
	return groups;
}

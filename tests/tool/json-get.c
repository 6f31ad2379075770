/* SPDX-License-Identifier: MIT */
/*
 * json-get.c - look into a JSON file, for the shell tests.
 *
 * json-get FILE [PATH] prints what is at PATH ("processes.0.pid"): a value as it is, of
 * an object its sorted keys, of an array how many it has.  Fails if FILE is not one JSON
 * text or has nothing there.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *step(json_t *value, const char *key)
{
	if (json_is_array(value))
		return json_array_get(value, strtoul(key, NULL, 10));
	return json_object_get(value, key);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_keys(json_t *object)
{
	size_t count = 0;
	const char **keys = calloc(json_object_size(object) + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	if (!keys)
		abort();
	json_object_foreach(object, key, value) keys[count++] = key;
	qsort(keys, count, sizeof(*keys), compare);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", keys[i]);
	printf("\n");
	free(keys);
}

static void print(json_t *value)
{
	if (json_is_object(value)) {
		print_keys(value);
	} else if (json_is_array(value)) {
		printf("%zu\n", json_array_size(value));
	} else if (json_is_string(value)) {
		printf("%s\n", json_string_value(value));
	} else {
		json_dumpf(value, stdout, JSON_ENCODE_ANY);
		printf("\n");
	}
}

int main(int argc, char **argv)
{
	json_t *root, *value;
	json_error_t error;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "json-get FILE [PATH]\n");
		return 2;
	}
	root = json_load_file(argv[1], 0, &error);
	if (!root) {
		fprintf(stderr, "%s:%d: %s\n", argv[1], error.line, error.text);
		return 1;
	}
	value = root;
	for (char *key = strtok(argc > 2 ? argv[2] : "", "."); key && value;
	     key = strtok(NULL, "."))
		value = step(value, key);
	if (value)
		print(value);
	json_decref(root);
	return value ? 0 : 1;
}

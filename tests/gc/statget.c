/* SPDX-License-Identifier: MIT */
/*
 * statget.c - print one value of a report that `pgbarrier run --stats` wrote.
 *
 *	statget FILE PATH
 *
 * PATH is keys and indices joined by dots, as in processes.0.backend.  In the place of
 * an index * means every element: the numbers found are added up, and anything else is
 * printed line by line.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct result {
	json_int_t sum;
	int numbers;
	int others;
};

static void take(const json_t *value, struct result *result)
{
	if (json_is_integer(value)) {
		result->sum += json_integer_value(value);
		result->numbers++;
		return;
	}
	result->others++;
	if (json_is_string(value))
		puts(json_string_value(value));
	else if (json_is_null(value))
		puts("null");
	else
		printf("%s of %zu\n", json_is_array(value) ? "array" : "object",
		       json_is_array(value) ? json_array_size(value)
					    : json_object_size(value));
}

static void walk(const json_t *value, const char *path, struct result *result)
{
	size_t length = strcspn(path, ".");
	const char *rest = path + length + (path[length] == '.');
	char key[64];
	size_t i;

	if (!value)
		return;
	if (!*path) {
		take(value, result);
		return;
	}
	snprintf(key, sizeof(key), "%.*s", (int)length, path);
	if (json_is_object(value)) {
		walk(json_object_get(value, key), rest, result);
	} else if (!strcmp(key, "*")) {
		for (i = 0; i < json_array_size(value); i++)
			walk(json_array_get(value, i), rest, result);
	} else {
		walk(json_array_get(value, strtoul(key, NULL, 10)), rest, result);
	}
}

int main(int argc, char **argv)
{
	struct result result = {0};
	json_error_t error;
	json_t *report;

	if (argc != 3) {
		fputs("usage: statget FILE PATH\n", stderr);
		return 2;
	}
	report = json_load_file(argv[1], 0, &error);
	if (!report) {
		fprintf(stderr, "statget: %s:%d: %s\n", argv[1], error.line, error.text);
		return EXIT_FAILURE;
	}
	walk(report, argv[2], &result);
	json_decref(report);
	if (result.numbers)
		printf("%" JSON_INTEGER_FORMAT "\n", result.sum);
	if (!result.numbers && !result.others) {
		fprintf(stderr, "statget: %s has no %s\n", argv[1], argv[2]);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

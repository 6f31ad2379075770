/* SPDX-License-Identifier: MIT */
/*
 * results.c - the file of a benchmark suite.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory.h"
#include "pgbarrier.h"
#include "results.h"

/* Write it, as to a file, and give back what is in there. */
static json_t *written(struct results *results)
{
	int fd = memfd_create("results", MFD_CLOEXEC);
	json_t *document;
	char path[32];

	assert_true(fd >= 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	assert_int_equal(results_write(results, path), 0);
	document = json_load_file(path, 0, NULL);
	close(fd);
	assert_non_null(document);
	return document;
}

static json_t *only_run(json_t *document)
{
	json_t *runs = json_object_get(document, "runs");

	assert_int_equal(json_array_size(runs), 1);
	return json_array_get(runs, 0);
}

static void a_document_says_what_was_run(void **state)
{
	struct results *results = results_new("primitives", true);
	const char *schema, *suite, *started, *version;
	json_t *document, *run;
	double seconds, share;
	int quick;

	(void)state;
	assert_non_null(results);
	document = written(results);
	run = only_run(document);
	assert_int_equal(json_unpack(document, "{s:s}", "schema", &schema), 0);
	assert_string_equal(schema, "pgbarrier-bench/1");
	assert_int_equal(json_unpack(run, "{s:s, s:b, s:s, s:s, s:F, s:{s:F}}", "suite",
				     &suite, "quick", &quick, "started", &started,
				     "pgbarrier", &version, "seconds", &seconds, "load",
				     "others_share", &share),
			 0);
	assert_string_equal(suite, "primitives");
	assert_true(quick);
	assert_int_equal(strlen(started), strlen("2026-11-23T15:00:00Z"));
	assert_string_equal(version, pgb_version());
	assert_true(seconds >= 0);
	assert_true(share >= 0 && share <= 1);
	json_decref(document);
	results_free(results);
}

static void it_says_which_machine_without_naming_it(void **state)
{
	struct results *results = results_new("gc", false);
	json_t *document = written(results);
	const char *kernel, *arch, *id;
	char machine_id[64] = "";
	struct utsname name;
	json_int_t cpus, memory, page_size;
	int soft_dirty;
	cpu_set_t allowed;
	FILE *file = fopen("/etc/machine-id", "re");

	(void)state;
	assert_int_equal(json_unpack(only_run(document),
				     "{s:{s:s, s:s, s:s, s:I, s:I, s:I, s:b}}", "machine",
				     "id", &id, "kernel", &kernel, "arch", &arch, "cpus",
				     &cpus, "memory_kib", &memory, "page_size", &page_size,
				     "soft_dirty", &soft_dirty),
			 0);
	uname(&name);
	assert_string_equal(kernel, name.release);
	assert_string_equal(arch, name.machine);
	sched_getaffinity(0, sizeof(allowed), &allowed);
	assert_int_equal(cpus, CPU_COUNT(&allowed));
	assert_int_equal(page_size, sysconf(_SC_PAGESIZE));
	assert_true(memory > 0);
	assert_int_equal(strspn(id, "0123456789abcdef"), 16);
	assert_int_equal(strlen(id), 16);
	if (file && fgets(machine_id, sizeof(machine_id), file))
		assert_null(strstr(machine_id, id));
	if (file)
		fclose(file);
	json_decref(document);
	results_free(results);
}

static void the_machine_has_the_same_id_each_time(void **state)
{
	struct results *results[2];
	json_t *document[2], *machine[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		results[i] = results_new("gc", false);
		document[i] = written(results[i]);
		machine[i] = json_object_get(only_run(document[i]), "machine");
	}
	assert_true(json_equal(machine[0], machine[1]));
	for (int i = 0; i < 2; i++) {
		json_decref(document[i]);
		results_free(results[i]);
	}
}

static void rows_and_skips_come_in_order(void **state)
{
	struct results *results = results_new("primitives", false);
	json_t *document, *row, *skip;
	const char *what, *why;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(results_add(results, json_pack("{s:i}", "threads", i)), 0);
	assert_int_equal(results_skip(results, "3 threads", "there are 2 CPUs"), 0);
	document = written(results);
	for (size_t i = 0; i < 3; i++) {
		row = json_array_get(json_object_get(only_run(document), "rows"), i);
		assert_int_equal(json_integer_value(json_object_get(row, "threads")), i);
	}
	skip = json_array_get(json_object_get(only_run(document), "skipped"), 0);
	assert_int_equal(json_unpack(skip, "{s:s, s:s}", "what", &what, "why", &why), 0);
	assert_string_equal(what, "3 threads");
	assert_string_equal(why, "there are 2 CPUs");
	json_decref(document);
	results_free(results);
}

static void a_row_that_could_not_be_made_is_an_error(void **state)
{
	struct results *results = results_new("primitives", false);

	(void)state;
	assert_int_equal(results_add(results, NULL), -ENOMEM);
	results_free(results);
}

static void a_spread_is_the_median_between_the_extremes(void **state)
{
	double values[] = {4, 1, 9, 2};
	json_t *spread = results_spread(values, 4);
	double middle, low, high;
	json_int_t rounds;

	(void)state;
	assert_int_equal(json_unpack(spread, "{s:F, s:F, s:F, s:I}", "median", &middle,
				     "low", &low, "high", &high, "rounds", &rounds),
			 0);
	assert_true(middle == 3 && low == 1 && high == 9);
	assert_int_equal(rounds, 4);
	json_decref(spread);
}

static void what_could_not_be_had_is_null(void **state)
{
	json_t *number = results_number(2.5);

	(void)state;
	assert_true(json_is_null(results_spread(NULL, 0)));
	assert_true(json_is_null(results_number(NAN)));
	assert_true(json_real_value(number) == 2.5);
	json_decref(number);
}

static void a_file_that_cannot_be_written_is_an_error(void **state)
{
	struct results *results = results_new("primitives", false);

	(void)state;
	assert_int_equal(results_write(results, "/nonexistent/results.json"), -ENOENT);
	assert_int_equal(results_write(results, "/dev/full"), -ENOSPC);
	results_free(results);
}

static void memory_is_what_the_kernel_says(void **state)
{
	int fd = memfd_create("meminfo", MFD_CLOEXEC);
	char path[32];

	(void)state;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	dprintf(fd, "MemTotal:     400 kB\nMemAvailable:     300 kB\nMemFree: 1 kB\n");
	assert_int_equal(memory_kib_in(path, "MemAvailable:"), 300);
	assert_int_equal(memory_kib_in(path, "SwapFree:"), 0);
	close(fd);
	assert_int_equal(memory_kib_in("/nonexistent", "MemTotal:"), 0);
	assert_true(memory_available_kib() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_says_what_was_run),
		cmocka_unit_test(it_says_which_machine_without_naming_it),
		cmocka_unit_test(the_machine_has_the_same_id_each_time),
		cmocka_unit_test(rows_and_skips_come_in_order),
		cmocka_unit_test(a_row_that_could_not_be_made_is_an_error),
		cmocka_unit_test(a_spread_is_the_median_between_the_extremes),
		cmocka_unit_test(what_could_not_be_had_is_null),
		cmocka_unit_test(a_file_that_cannot_be_written_is_an_error),
		cmocka_unit_test(memory_is_what_the_kernel_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* doctor.c - `pgbarrier doctor`: say what this machine can do. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/diagnosis.h"
#include "tool/tool.h"

struct wishes {
	bool json;
	bool measure;
};

enum { KEY_JSON = 256, KEY_MEASURE };

static const struct argp_option options[] = {
	{.name = "json", .key = KEY_JSON, .doc = "Say it in JSON."},
	{.name = "measure", .key = KEY_MEASURE, .doc = "Time each backend here, too."},
	{0},
};

static const char explanation[] =
	"Say what this machine and this user can do: the kernel, permissions, and every "
	"backend, with the reason if it cannot run."
	"\v"
	"The exit status is 0 if a backend that needs no signals would be chosen by "
	"itself, 1 if only a fallback or nothing would, and 2 after a wrong option.";

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct wishes *wishes = state->input;

	(void)argument;
	switch (key) {
	case KEY_JSON:
		wishes->json = true;
		return 0;
	case KEY_MEASURE:
		wishes->measure = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int probe_backends(struct pgb_diagnosis *diagnosis)
{
	size_t count = pgb_backend_count();

	diagnosis->backends = calloc(count, sizeof(*diagnosis->backends));
	if (!diagnosis->backends)
		return -ENOMEM;
	diagnosis->backend_count = count;
	for (size_t i = 0; i < count; i++) {
		struct pgb_backend_info *info = &diagnosis->backends[i].info;

		pgb_backend_probe(i, info, sizeof(*info));
	}
	return 0;
}

static void append(char *text, size_t size, const char *words)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", words);
}

/* As pgb_open() would: the first automatic one that can run. */
static void choose(struct pgb_diagnosis *diagnosis)
{
	char *because = diagnosis->because;
	size_t size = sizeof(diagnosis->because);

	because[0] = '\0';
	for (size_t i = 0; i < diagnosis->backend_count; i++) {
		const struct pgb_diagnosed_backend *backend = &diagnosis->backends[i];

		if (!backend->info.automatic)
			continue;
		if (!backend->info.status) {
			diagnosis->chosen = backend;
			break;
		}
		append(because, size, because[0] ? " and " : "");
		append(because, size, backend->info.name);
	}
	if (!diagnosis->chosen)
		append(because, size, " cannot run here, and no others choose themselves");
	else if (because[0])
		append(because, size, " would come first but cannot run here");
	else
		append(because, size, "it comes first and can run here");
}

static int measure(struct pgb_diagnosis *diagnosis)
{
	size_t count = diagnosis->backend_count, runnable = 0;
	struct pgb_timing *timings = calloc(count, sizeof(*timings));
	const char **names = calloc(count, sizeof(*names));
	int err = -ENOMEM;

	if (!timings || !names)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (!diagnosis->backends[i].info.status)
			names[runnable++] = diagnosis->backends[i].info.name;
	err = pgb_measure(names, runnable, timings);
	if (err)
		goto out;
	runnable = 0;
	for (size_t i = 0; i < count; i++)
		if (!diagnosis->backends[i].info.status)
			diagnosis->backends[i].timing = timings[runnable++];
	diagnosis->measured = true;
out:
	free(names);
	free(timings);
	return err;
}

static int diagnose(struct pgb_diagnosis *diagnosis, const struct wishes *wishes)
{
	int err;

	pgb_host_examine(&diagnosis->host);
	pgb_preload_find(&diagnosis->preload);
	err = probe_backends(diagnosis);
	if (err)
		return err;
	choose(diagnosis);
	return wishes->measure ? measure(diagnosis) : 0;
}

int pgb_doctor(int argc, char **argv)
{
	const struct argp argp = {.options = options, .parser = parse, .doc = explanation};
	struct pgb_diagnosis diagnosis = {0};
	struct wishes wishes = {0};
	int status = PGB_EXIT_FAILED;
	int err;

	if (argp_parse(&argp, argc, argv, 0, NULL, &wishes))
		return PGB_EXIT_USAGE;
	err = diagnose(&diagnosis, &wishes);
	if (!err)
		err = wishes.json ? pgb_diagnosis_print_json(&diagnosis)
				  : pgb_diagnosis_print(&diagnosis);
	if (err)
		pgb_say("cannot tell: %s", strerror(-err));
	else if (diagnosis.chosen &&
		 diagnosis.chosen->info.capabilities & PGB_CAP_NO_SIGNALS)
		status = PGB_EXIT_OK;
	free(diagnosis.backends);
	return status;
}

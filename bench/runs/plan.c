/* SPDX-License-Identifier: MIT */
/*
 * plan.c - which programs a suite runs on this machine.
 */
#include "plan.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

#define MEMORY_PER_HEAP 3 /* the collector keeps room free, and needs some itself */
#define KIB_PER_MIB	1024
#define REASON_SIZE	160

static bool is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	bool found = false;

	for (path = path ? path : ""; *path && !found; path += strspn(path, ":")) {
		size_t length = strcspn(path, ":");
		char *file;

		if (asprintf(&file, "%.*s/%s", (int)length, path, name) < 0)
			return false;
		found = !access(file, X_OK);
		free(file);
		path += length;
	}
	return found;
}

static bool is_there(const char *program)
{
	return strchr(program, '/') ? !access(program, X_OK) : is_in_path(program);
}

/* Why it cannot be run, in `reason`; NULL: it can. */
static const char *obstacle(const struct program *program,
			    const struct description *description, char *reason)
{
	unsigned heap_mib = program->live_mib ? program->live_mib : description->heap_mib;
	uint64_t available_mib = memory_available_kib() / KIB_PER_MIB;
	bool made = !strncmp(description->command[0], "scratch:", strlen("scratch:"));
	const char *file = made ? description->prepare[0] : program->argv[0];

	if (!is_there(file) && strchr(file, '/'))
		snprintf(reason, REASON_SIZE,
			 "there is no %.80s; it is built where libgc-dev is", file);
	else if (!is_there(file))
		snprintf(reason, REASON_SIZE, "%.80s is not installed", file);
	else if (available_mib < heap_mib * MEMORY_PER_HEAP)
		snprintf(reason, REASON_SIZE,
			 "it needs %u MiB of memory, and %" PRIu64 " are available",
			 heap_mib * MEMORY_PER_HEAP, available_mib);
	else
		return NULL;
	return reason;
}

static int set_arguments(struct program *program, const struct places *places,
			 const struct description *description)
{
	size_t count = 0;

	for (; description->command[count]; count++) {
		program->argv[count] = places_expand(places, description->command[count]);
		if (!program->argv[count])
			return -ENOMEM;
	}
	if (program->live_mib &&
	    asprintf(&program->argv[count], "--mib=%u", program->live_mib) < 0) {
		program->argv[count] = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void program_free(struct program *program)
{
	for (char **argument = program->argv; *argument; argument++)
		free(*argument);
	for (unsigned id = 0; id < CONFIGURATIONS; id++)
		cell_release(&program->cells[id]);
	free(program);
}

int plan_skip(const struct program *program, const char *configuration, const char *why,
	      struct results *skipped)
{
	char what[160], load[24] = "";

	if (program->live_mib)
		snprintf(load, sizeof(load), ", %u MiB", program->live_mib);
	snprintf(what, sizeof(what), configuration ? "%s%s: %s" : "%s%s", program->name,
		 load, configuration);
	return results_skip(skipped, what, why);
}

static int append(struct plan *plan, struct program *program,
		  const struct description *description)
{
	size_t count = plan->count + 1;
	struct program **programs =
		reallocarray(plan->programs, count, sizeof(struct program *));
	const struct description **descriptions;

	if (!programs)
		return -ENOMEM;
	plan->programs = programs;
	descriptions = reallocarray(plan->descriptions, count, sizeof(const void *));
	if (!descriptions)
		return -ENOMEM;
	plan->descriptions = descriptions;
	programs[plan->count] = program;
	descriptions[plan->count] = description;
	plan->count = count;
	return 0;
}

static int add(struct plan *plan, const struct places *places,
	       const struct description *description, const struct load *load,
	       const struct program *model, struct results *skipped)
{
	struct program *program = malloc(sizeof(*program));
	char reason[REASON_SIZE];
	const char *why;
	int err;

	if (!program)
		return -ENOMEM;
	*program = *model;
	program->live_mib = load->live_mib;
	program->tells_requests = description->tells_requests;
	snprintf(program->name, sizeof(program->name), "%s", description->name);
	err = set_arguments(program, places, description);
	if (err)
		goto out;
	why = obstacle(program, description, reason);
	if (why) {
		err = plan_skip(program, NULL, why, skipped);
		goto out;
	}
	err = append(plan, program, description);
	if (!err)
		return 0;
out:
	program_free(program);
	return err;
}

/* What is named is run, whether the table has it or not. */
static unsigned configurations_of(const struct load *load, const struct plan_wishes *wishes)
{
	unsigned listed = wishes->quick ? load->quick : load->full;

	return listed && wishes->configurations ? CONFIGURED_ALL : listed;
}

bool plan_wants(const struct description *description, const struct plan_wishes *wishes)
{
	if (wishes->only && fnmatch(wishes->only, description->name, 0))
		return false;
	for (const struct load *load = description->loads; load->full; load++) {
		if ((!wishes->quick || load->quick) &&
		    (!wishes->live_mib || wishes->live_mib == load->live_mib))
			return true;
	}
	return false;
}

int plan_make(struct plan *plan, const struct suite *suite, const struct places *places,
	      const struct setting *setting, const struct plan_wishes *wishes,
	      struct results *skipped)
{
	int err = 0;

	*plan = (struct plan){0};
	for (size_t i = 0; i < suite->count; i++) {
		const struct description *description = &suite->descriptions[i];
		const struct load *load = description->loads;

		if (wishes->only && fnmatch(wishes->only, description->name, 0))
			continue;
		for (; !err && load->full; load++) {
			const struct program model = {
				.configurations = configurations_of(load, wishes) &
						  setting->available,
				.rounds = load->rounds && load->rounds < wishes->rounds
						  ? load->rounds
						  : wishes->rounds,
			};

			if (wishes->live_mib && wishes->live_mib != load->live_mib)
				continue;
			if (model.configurations)
				err = add(plan, places, description, load, &model, skipped);
		}
	}
	return err;
}

void plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		program_free(plan->programs[i]);
	free(plan->programs);
	free(plan->descriptions);
}

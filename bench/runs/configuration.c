/* SPDX-License-Identifier: MIT */
/*
 * configuration.c - the ways in which a program is run.
 */
#include "configuration.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "tool/host.h"

#define WATCHED(flag)                                                                      \
	{                                                                                  \
		"--design=none", flag                                                      \
	}
#define ON(other)                                                                          \
	{                                                                                  \
		.name = "A", .design = "A", .mode = "generational", .backend = (other),    \
		.flags = {                                                                 \
			"--design=A",                                                      \
			"--backend=" other                                                 \
		}                                                                          \
	}
#define PAUSE(ms)                                                                          \
	{                                                                                  \
		.name = "A", .design = "A", .mode = "incremental", .pause = (ms),          \
		.flags = {                                                                 \
			"--design=A",                                                      \
			"--pause=" #ms                                                     \
		}                                                                          \
	}
#define PLAIN "plain"

/* Stock libgc is watched by `pgbarrier run`, which measures it the same way. */
const struct configuration configurations[CONFIGURATIONS] = {
	[STOCK] = {.name = "stock", .mode = "off", .flags = WATCHED("--mode=off")},
	[STOCK_ONE_MARKER] = {.name = "stock-one-marker",
			      .variables = {"GC_MARKERS=1"},
			      .mode = "off",
			      .flags = WATCHED("--mode=off")},
	[STOCK_INCREMENTAL] = {.name = "stock-incremental",
			       .variables = {"GC_ENABLE_INCREMENTAL=1"},
			       .mode = "generational",
			       .flags = WATCHED(NULL)},
	[STOCK_MPROTECT] = {.name = "stock-incremental",
			    .variables = {"GC_ENABLE_INCREMENTAL=1",
					  "GC_USE_GETWRITEWATCH=0"},
			    .mode = "generational",
			    .flags = WATCHED(NULL)},
	[DESIGN_A] = {.name = "A",
		      .design = "A",
		      .mode = "generational",
		      .flags = {"--design=A"}},
	[A_PLAIN] = {.name = "A",
		     .design = "A",
		     .mode = "generational",
		     .policy = PLAIN,
		     .flags = {"--design=A", "--policy=" PLAIN}},
	[PAUSE_1] = PAUSE(1),
	[PAUSE_5] = PAUSE(5),
	[PAUSE_5_PLAIN] = {.name = "A",
			   .design = "A",
			   .mode = "incremental",
			   .policy = PLAIN,
			   .pause = 5,
			   .flags = {"--design=A", "--pause=5", "--policy=" PLAIN}},
	[PAUSE_20] = PAUSE(20),
	[DESIGN_B] = {.name = "B",
		      .design = "B",
		      .mode = "generational",
		      .flags = {"--design=B"}},
	[A_UFFD_SYNC] = ON("uffd-sync"),
	[A_UFFD_SIGBUS] = ON("uffd-sigbus"),
	[A_MPROTECT] = ON("mprotect"),
	[A_SOFT_DIRTY] = ON("soft-dirty"),
	[A_KMOD] = ON("kmod"),
	[A_KMOD_WP] = ON("kmod-wp"),
	[A_KMOD_SYNC] = ON("kmod-sync"),
};

static void set_label(struct setting *setting, enum configuration_id id,
		      const char *automatic, bool soft_dirty)
{
	const struct configuration *configuration = &configurations[id];
	const char *backend = configuration->backend ? configuration->backend : automatic;
	char *label = setting->label[id];
	size_t size = sizeof(setting->label[id]);
	const char *variable = configuration->variables[0];

	if (id == STOCK_INCREMENTAL || id == STOCK_MPROTECT) {
		bool by_bits = soft_dirty && id == STOCK_INCREMENTAL;

		snprintf(label, size, "stock incremental (%s)",
			 by_bits ? "soft-dirty" : "mprotect");
	} else if (!configuration->design) {
		snprintf(label, size, "stock%s%s", variable ? ", " : "",
			 variable ? variable : "");
	} else {
		int used = snprintf(label, size, "%s, %s", configuration->name, backend);

		if (configuration->pause)
			used += snprintf(label + used, size - (size_t)used, ", --pause=%u",
					 configuration->pause);
		if (configuration->policy)
			snprintf(label + used, size - (size_t)used, ", --policy=%s",
				 configuration->policy);
	}
}

/* The reason not to run it; NULL: none. */
static const char *obstacle(enum configuration_id id, const char *automatic,
			    char reason[PGB_REASON_SIZE])
{
	const struct configuration *configuration = &configurations[id];
	const char *wanted = configuration->backend ? configuration->backend : automatic;
	const struct pgb_backend *backend;

	if (!configuration->design)
		return NULL;
	if (configuration->backend && !strcmp(configuration->backend, automatic))
		return "it is the one that is taken without being asked for";
	return pgb_choice_make(wanted, &backend, reason) ? reason : NULL;
}

/* What the preload takes without being asked, or would: nothing that takes signals. */
static const char *automatic_backend(void)
{
	char reason[PGB_REASON_SIZE];
	const struct pgb_backend *backend;

	if (pgb_choice_make(NULL, &backend, reason) ||
	    !(backend->capabilities & PGB_CAP_NO_SIGNALS))
		backend = pgb_choice_best();
	return backend->name;
}

static bool matches(const struct setting *setting, enum configuration_id id,
		    const char *pattern)
{
	const char *label = setting->label[id];

	return !pattern || (*label && !fnmatch(pattern, label, 0));
}

bool setting_knows(const struct setting *setting, const char *pattern)
{
	for (unsigned id = 0; id < CONFIGURATIONS; id++) {
		if (matches(setting, id, pattern))
			return true;
	}
	return false;
}

int setting_examine(struct setting *setting, const char *pattern, struct results *skipped)
{
	char reason[PGB_REASON_SIZE];
	const char *automatic = automatic_backend();
	struct pgb_host host;
	int err = 0;

	pgb_host_examine(&host);
	*setting = (struct setting){0};
	for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
		const char *why = obstacle(id, automatic, reason);

		if (id == STOCK_MPROTECT && !host.soft_dirty)
			continue; /* stock incremental does that without being told to */
		set_label(setting, id, automatic, host.soft_dirty);
		if (id != STOCK && !matches(setting, id, pattern))
			continue;
		if (!why)
			setting->available |= BIT(id);
		else
			err = results_skip(skipped, setting->label[id], why);
	}
	return err;
}

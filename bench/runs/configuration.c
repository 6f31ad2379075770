/* SPDX-License-Identifier: MIT */
/*
 * configuration.c - the ways in which a program is run.
 */
#include "configuration.h"

#include <stdio.h>
#include <string.h>

#include "policy.h"
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

/* Stock libgc is watched by `pgbarrier run`, which measures it the same way. */
const struct configuration configurations[CONFIGURATIONS] = {
	[STOCK] = {.name = "stock", .mode = "off", .flags = WATCHED("--mode=off")},
	[STOCK_ONE_MARKER] = {.name = "stock-one-marker",
			      .variable = "GC_MARKERS=1",
			      .mode = "off",
			      .flags = WATCHED("--mode=off")},
	[STOCK_INCREMENTAL] = {.name = "stock-incremental",
			       .variable = "GC_ENABLE_INCREMENTAL=1",
			       .mode = "generational",
			       .flags = WATCHED(NULL)},
	[DESIGN_A] = {.name = "A",
		      .design = "A",
		      .mode = "generational",
		      .flags = {"--design=A"}},
	[PAUSE_1] = PAUSE(1),
	[PAUSE_5] = PAUSE(5),
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
		      const char *automatic)
{
	const struct configuration *configuration = &configurations[id];
	const char *backend = configuration->backend ? configuration->backend : automatic;
	char *label = setting->label[id];
	size_t size = sizeof(setting->label[id]);
	struct pgb_host host;

	if (id == STOCK_INCREMENTAL) {
		pgb_host_examine(&host);
		snprintf(label, size, "stock incremental (%s)",
			 host.soft_dirty ? "soft-dirty" : "mprotect");
	} else if (!configuration->design) {
		snprintf(label, size, "stock%s%s", configuration->variable ? ", " : "",
			 configuration->variable ? configuration->variable : "");
	} else if (configuration->pause) {
		snprintf(label, size, "%s, %s, --pause=%u", configuration->name, backend,
			 configuration->pause);
	} else {
		snprintf(label, size, "%s, %s", configuration->name, backend);
	}
}

/* The reason not to run it; NULL: none. */
static const char *obstacle(enum configuration_id id, const char *automatic,
			    char reason[PGB_REASON_SIZE])
{
	const struct configuration *configuration = &configurations[id];
	const struct pgb_backend *backend;

	if (!configuration->design)
		return NULL;
	if (!configuration->backend)
		return automatic ? NULL : "no backend runs here without being asked for";
	if (automatic && !strcmp(configuration->backend, automatic))
		return "it is the one that is taken without being asked for";
	return pgb_policy_choose(configuration->backend, &backend, reason) ? reason : NULL;
}

int setting_examine(struct setting *setting, struct results *skipped)
{
	char reason[PGB_REASON_SIZE];
	const struct pgb_backend *best;
	const char *automatic = pgb_policy_choose(NULL, &best, reason) ? NULL : best->name;
	int err = 0;

	*setting = (struct setting){0};
	for (unsigned id = 0; !err && id < CONFIGURATIONS; id++) {
		const char *why = obstacle(id, automatic, reason);

		set_label(setting, id, automatic ? automatic : "no backend");
		if (!why)
			setting->available |= BIT(id);
		else
			err = results_skip(skipped, setting->label[id], why);
	}
	return err;
}

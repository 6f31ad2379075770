/* SPDX-License-Identifier: MIT */
/*
 * programs.c - which programs are compared.
 */
#include "programs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define THE_THREE	(BIT(STOCK) | BIT(STOCK_INCREMENTAL) | BIT(DESIGN_A))
#define MEMORY_PER_HEAP 3 /* the collector keeps room free, and needs some itself */
#define MIB		(1u << 20)

struct description {
	const char *name;
	const char *file;
	bool installed; /* looked for in PATH, not where our own programs are */
	const char *arguments[PROGRAM_ARGUMENTS];
	unsigned quick, full; /* configurations */
	unsigned rounds;      /* 0: as many as asked for */
	unsigned heap_mib;
};

static const struct description descriptions[PROGRAMS] = {
	[GCBENCH] = {.name = "gcbench",
		     .file = "gcbench",
		     .quick = THE_THREE,
		     .full = THE_THREE | BIT(DESIGN_B),
		     .heap_mib = 100},
	[MUTATOR] = {.name = "mutator, 200 MB",
		     .file = "mutator",
		     .quick = THE_THREE,
		     .full = THE_THREE | BIT(DESIGN_B),
		     .heap_mib = 200},
	[MUTATOR_THREADS] = {.name = "mutator, 200 MB, 4 threads",
			     .file = "mutator",
			     .arguments = {"--threads=4"},
			     .quick = THE_THREE,
			     .full = THE_THREE | BIT(DESIGN_B),
			     .heap_mib = 200},
	[GUILE] = {.name = "guile",
		   .file = "guile",
		   .installed = true,
		   .arguments = {"--no-auto-compile",
				 BENCH_SOURCE_DIR "/guile-records.scm"},
		   .quick = THE_THREE,
		   .full = THE_THREE | BIT(DESIGN_B),
		   .heap_mib = 200},
	[NIX] = {.name = "nix-instantiate",
		 .file = "nix-instantiate",
		 .installed = true,
		 .arguments = {"--eval", "--store", "dummy://",
			       BENCH_SOURCE_DIR "/nix-records.nix"},
		 .quick = THE_THREE,
		 .full = THE_THREE | BIT(DESIGN_B),
		 .heap_mib = 400},
	[MUTATOR_700] = {.name = "mutator, 700 MB",
			 .file = "mutator",
			 .arguments = {"--mib=700"},
			 .full = BIT(STOCK) | BIT(STOCK_ONE_MARKER) | BIT(DESIGN_A) |
				 BIT(DESIGN_A_PAUSE),
			 .heap_mib = 700},
	[MUTATOR_1536] = {.name = "mutator, 1.5 GB",
			  .file = "mutator",
			  .arguments = {"--mib=1536"},
			  .full = THE_THREE | BIT(DESIGN_B),
			  .rounds = 1,
			  .heap_mib = 1536},
};

__attribute__((format(printf, 2, 3))) static void add_argument(struct program *program,
							       const char *format, ...)
{
	char **end = program->argv;
	va_list values;

	while (*end)
		end++;
	va_start(values, format);
	if (vasprintf(end, format, values) < 0)
		fail("cannot allocate memory", -ENOMEM);
	va_end(values);
}

static bool has_memory_for(unsigned heap_mib)
{
	long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);

	return (uint64_t)pages * (uint64_t)page_size / MIB > heap_mib * MEMORY_PER_HEAP;
}

static bool is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	bool found = false;

	for (path = path ? path : ""; *path && !found; path += strspn(path, ":")) {
		size_t length = strcspn(path, ":");
		char *file;

		if (asprintf(&file, "%.*s/%s", (int)length, path, name) < 0)
			fail("cannot allocate memory", -ENOMEM);
		found = !access(file, X_OK);
		free(file);
		path += length;
	}
	return found;
}

static void set_arguments(struct program *program, const struct description *description,
			  const char *directory)
{
	snprintf(program->name, sizeof(program->name), "%s", description->name);
	if (description->installed)
		add_argument(program, "%s", description->file);
	else
		add_argument(program, "%s/%s", directory, description->file);
	for (const char *const *argument = description->arguments; *argument; argument++)
		add_argument(program, "%s", *argument);
}

static bool can_run(const struct program *program, const struct description *description)
{
	if (description->installed && !is_in_path(description->file)) {
		printf("%s is left out: it is not installed.\n", program->name);
		return false;
	}
	if (!description->installed && access(program->argv[0], X_OK)) {
		printf("%s is left out: there is no %s; `make` builds it where libgc-dev "
		       "is "
		       "installed.\n",
		       program->name, program->argv[0]);
		return false;
	}
	if (!has_memory_for(description->heap_mib)) {
		printf("%s is left out: it needs %u MiB of memory.\n", program->name,
		       description->heap_mib * MEMORY_PER_HEAP);
		return false;
	}
	return true;
}

void programs_fill(struct program programs[PROGRAMS], const char *directory, bool full,
		   unsigned rounds)
{
	for (unsigned id = 0; id < PROGRAMS; id++) {
		const struct description *description = &descriptions[id];
		unsigned wanted = full ? description->full : description->quick;
		struct program *program = &programs[id];

		/* In a short comparison it stands in for guile. */
		if (id == NIX && !full && programs[GUILE].configurations)
			continue;
		if (!wanted)
			continue;
		program->rounds = description->rounds ? description->rounds : rounds;
		set_arguments(program, description, directory);
		if (can_run(program, description))
			program->configurations = wanted;
	}
}

void programs_free(struct program programs[PROGRAMS])
{
	for (unsigned id = 0; id < PROGRAMS; id++) {
		for (char **argument = programs[id].argv; *argument; argument++)
			free(*argument);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * places.c - where a suite finds what it runs, and leaves what it needs for a while.
 */
#include "places.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_DIRECTORIES 16

static int find_own(struct places *places)
{
	ssize_t length = readlink("/proc/self/exe", places->own, sizeof(places->own) - 1);
	char *slash;

	if (length < 0)
		return -errno;
	places->own[length] = '\0';
	slash = strrchr(places->own, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

static bool is_program(const char *path)
{
	struct stat file;

	return !access(path, X_OK) && !stat(path, &file) && S_ISREG(file.st_mode);
}

static int find_pgbarrier(struct places *places, const char *wanted)
{
	char *path = places->pgbarrier;

	if (wanted) {
		snprintf(path, PLACES_NAME, "%s", wanted);
		if (is_program(path))
			return 0;
		fprintf(stderr, "%s: there is no pgbarrier at %s\n",
			program_invocation_short_name, path);
		return -ENOENT;
	}
	snprintf(path, PLACES_NAME, "%s/../../pgbarrier", places->own);
	if (is_program(path))
		return 0;
	snprintf(path, PLACES_NAME, "%s", BINDIR "/pgbarrier");
	if (is_program(path))
		return 0;
	fprintf(stderr,
		"%s: there is no pgbarrier at %s/../../pgbarrier or %s; build or install "
		"it, or say with --pgbarrier=PATH where it is\n",
		program_invocation_short_name, places->own, path);
	return -ENOENT;
}

static void find_inputs(struct places *places)
{
	snprintf(places->inputs, PLACES_NAME, "%s/inputs", places->own);
	if (access(places->inputs, R_OK))
		snprintf(places->inputs, PLACES_NAME, "%s", PKGDATADIR "/bench");
}

static int make_scratch(struct places *places)
{
	const char *parent = getenv("TMPDIR");
	int length, err;

	if (!parent || !*parent)
		parent = P_tmpdir;
	length = snprintf(places->scratch, sizeof(places->scratch),
			  "%s/pgbarrier-bench-XXXXXX", parent);
	if (length >= (int)sizeof(places->scratch))
		err = -ENAMETOOLONG;
	else
		err = mkdtemp(places->scratch) ? 0 : -errno;
	if (err) {
		fprintf(stderr, "%s: cannot make a directory in %s: %s\n",
			program_invocation_short_name, parent, strerror(-err));
		*places->scratch = '\0';
		return err;
	}
	snprintf(places->report, PLACES_NAME, "%s/report.json", places->scratch);
	snprintf(places->requests, PLACES_NAME, "%s/requests.json", places->scratch);
	return 0;
}

int places_find(struct places *places, const char *pgbarrier)
{
	int err;

	*places = (struct places){0};
	err = find_own(places);
	if (err) {
		fprintf(stderr, "%s: cannot find out where it is: %s\n",
			program_invocation_short_name, strerror(-err));
		return err;
	}
	err = find_pgbarrier(places, pgbarrier);
	if (err)
		return err;
	find_inputs(places);
	return make_scratch(places);
}

char *places_expand(const struct places *places, const char *word)
{
	const struct {
		const char *prefix, *directory;
	} kinds[] = {
		{"own:", places->own},
		{"input:", places->inputs},
		{"scratch:", places->scratch},
	};
	const char *equals = *word == '-' ? strchr(word, '=') : NULL;
	int before = equals ? (int)(equals + 1 - word) : 0;
	char *path;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t length = strlen(kinds[i].prefix);

		if (strncmp(word + before, kinds[i].prefix, length))
			continue;
		return asprintf(&path, "%.*s%s/%s", before, word, kinds[i].directory,
				word + before + length) < 0
			       ? NULL
			       : path;
	}
	return strdup(word);
}

static int remove_one(const char *path, const struct stat *file, int kind,
		      struct FTW *place)
{
	(void)file;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void places_leave(const struct places *places)
{
	if (*places->scratch)
		nftw(places->scratch, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS);
}

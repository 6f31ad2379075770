/* SPDX-License-Identifier: MIT */
/* choice.c - which backends there are, and which one is taken. */
#include "choice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

extern const struct pgb_backend pgb_backend_kmod;
extern const struct pgb_backend pgb_backend_kmod_wp;
extern const struct pgb_backend pgb_backend_kmod_sync;
extern const struct pgb_backend pgb_backend_uffd_async;
extern const struct pgb_backend pgb_backend_uffd_sigbus;
extern const struct pgb_backend pgb_backend_mprotect;
extern const struct pgb_backend pgb_backend_uffd_sync;
extern const struct pgb_backend pgb_backend_soft_dirty;
extern const struct pgb_backend pgb_backend_null;

const struct pgb_backend *const pgb_backends[] = {
	&pgb_backend_kmod,	  &pgb_backend_kmod_wp,
	&pgb_backend_kmod_sync,	  &pgb_backend_uffd_async,
	&pgb_backend_uffd_sigbus, &pgb_backend_mprotect,
	&pgb_backend_uffd_sync,	  &pgb_backend_soft_dirty,
	&pgb_backend_null,	  NULL,
};

int pgb_choice_probe(const struct pgb_backend *backend, char reason[PGB_REASON_SIZE])
{
	int err;

	reason[0] = '\0';
	err = backend->probe(reason, PGB_REASON_SIZE);
	if (err && !reason[0])
		snprintf(reason, PGB_REASON_SIZE, "%s", strerrordesc_np(-err));
	return err;
}

const struct pgb_backend *pgb_choice_best(void)
{
	size_t i = 0;

	while (!pgb_backends[i]->automatic)
		i++;
	return pgb_backends[i];
}

static int choose_automatic(const struct pgb_backend **backend,
			    char reason[PGB_REASON_SIZE])
{
	for (size_t i = 0; pgb_backends[i]; i++) {
		if (!pgb_backends[i]->automatic ||
		    pgb_choice_probe(pgb_backends[i], reason))
			continue;
		*backend = pgb_backends[i];
		return 0;
	}
	return -ENOTSUP;
}

int pgb_choice_make(const char *name, const struct pgb_backend **backend,
		    char reason[PGB_REASON_SIZE])
{
	if (!name || !strcmp(name, "auto"))
		return choose_automatic(backend, reason);
	for (size_t i = 0; pgb_backends[i]; i++) {
		if (strcmp(pgb_backends[i]->name, name))
			continue;
		*backend = pgb_backends[i];
		return pgb_choice_probe(pgb_backends[i], reason);
	}
	snprintf(reason, PGB_REASON_SIZE, "no such backend");
	return -EINVAL;
}

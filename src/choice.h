/* SPDX-License-Identifier: MIT */
/* choice.h - which backends there are, and which one is taken. */
#ifndef PGB_CHOICE_H
#define PGB_CHOICE_H

#include "backend/backend.h"

/* In order of preference; ends with NULL. */
extern const struct pgb_backend *const pgb_backends[];

/* Probe `backend`; on failure `reason` is never empty. */
int pgb_choice_probe(const struct pgb_backend *backend, char reason[PGB_REASON_SIZE]);

/*
 * The backend of that name, if it can run; for NULL or "auto" the first automatic one that
 * can.  -EINVAL: no such name.  -ENOTSUP: none can run.  Else what the probe of that one
 * says.  On failure `reason` is never empty.
 */
int pgb_choice_make(const char *name, const struct pgb_backend **backend,
		    char reason[PGB_REASON_SIZE]);

/* The first automatic one: what a machine without it would want to hear of. */
const struct pgb_backend *pgb_choice_best(void);

#endif

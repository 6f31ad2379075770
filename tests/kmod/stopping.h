/* SPDX-License-Identifier: MIT */
/*
 * stopping.h - a region at whose pages threads stop, and the case that answers.
 *
 * The case itself must not touch pages that would stop it.
 */
#ifndef PGB_KMOD_STOPPING_H
#define PGB_KMOD_STOPPING_H

#include <sys/types.h>

#include "actor.h"
#include "region.h"

struct stopping {
	struct region region;
	int faults;
};

void stopping_open(struct stopping *stopping, unsigned mode, unsigned flags, size_t pages);
void stopping_close(struct stopping *stopping);

/* The next event, waited for; it is of this kind and page. */
void stopping_expect(const struct stopping *stopping, unsigned kind, size_t page);
/*
 * Who was stopped may go on by now.  Wait until he has, or has asked again: true.  Nobody
 * waits without having asked.
 */
bool stopping_asked_again(const struct stopping *stopping, const struct actor *actor,
			  unsigned kind, size_t page);
/* There are no events. */
void stopping_quiet(const struct stopping *stopping);
void stopping_ack(const struct stopping *stopping, size_t first, size_t pages);
/* What PGBARRIER_IOC_COPY says; `source` NULL: zeros. */
long stopping_copy(const struct stopping *stopping, size_t first, size_t pages,
		   const void *source);

/* A thread that writes to the page, which is known to be stopped there. */
void stopping_writer(const struct stopping *stopping, struct actor *actor, size_t page);

/* Wait until it sleeps in the kernel: false if it came through instead. */
bool actor_falls_asleep(const struct actor *actor);

#endif

/* SPDX-License-Identifier: MIT */
/* actor.h - a thread that touches one byte, and may be stopped there. */
#ifndef PGB_CONFORMANCE_ACTOR_H
#define PGB_CONFORMANCE_ACTOR_H

#include <atomic_ops.h>
#include <pthread.h>
#include <stdbool.h>

struct actor {
	pthread_t thread;
	volatile unsigned char *at;
	bool writes;	    /* 7; else it reads */
	unsigned char seen; /* what it read */
	AO_t id;	    /* of the thread */
	AO_t done;
};

void actor_start(struct actor *actor, unsigned char *at, bool writes);
void actor_join(struct actor *actor);
/* Not yet through; means something while it is known to be stopped. */
bool actor_is_stopped(const struct actor *actor);

#endif

/* SPDX-License-Identifier: MIT */
/* actor.c - a thread that touches one byte, and may be stopped there. */
#include "actor.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"

static void *touch(void *arg)
{
	struct actor *actor = arg;

	AO_store_release(&actor->id, (AO_t)syscall(SYS_gettid));
	if (actor->writes)
		*actor->at = 7;
	else
		actor->seen = *actor->at;
	AO_store_release(&actor->done, 1);
	return NULL;
}

void actor_start(struct actor *actor, unsigned char *at, bool writes)
{
	*actor = (struct actor){.at = at, .writes = writes};
	check_int(pthread_create(&actor->thread, NULL, touch, actor), 0);
}

void actor_join(struct actor *actor)
{
	check_int(pthread_join(actor->thread, NULL), 0);
	check(AO_load_acquire(&actor->done));
}

bool actor_is_stopped(const struct actor *actor)
{
	return !AO_load_acquire(&actor->done);
}

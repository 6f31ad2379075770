/* SPDX-License-Identifier: MIT */
/* life.h - whose process a barrier is of. */
#ifndef PGB_LIFE_H
#define PGB_LIFE_H

#include "state.h"

/*
 * Make sure that the backend is of this process.  Whoever comes first after fork(2)
 * revives it.  Nobody waits for him, since he may be stopped: -EAGAIN then.  World-stopped
 * safe.
 */
int pgb_life_ensure(struct pgb_barrier *barrier);

/* Against other changes of ranges, pins and policy.  Revives it, if it can.
 */
void pgb_lock(struct pgb_barrier *barrier);
void pgb_unlock(struct pgb_barrier *barrier);

#endif

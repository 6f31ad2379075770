/* SPDX-License-Identifier: MIT */
/*
 * policy.h - which pages of a barrier are armed: all of them, or not those that are hot.
 *
 * The lock is held in all of it but pgb_policy_close().
 */
#ifndef PGB_POLICY_H
#define PGB_POLICY_H

#include "state.h"

/* Before [start, end) is watched.  -ENOMEM. */
int pgb_policy_make_room(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end);
/* When it is watched no more, and no harvest is running that was begun before. */
void pgb_policy_forget(struct pgb_barrier *barrier, uintptr_t start, uintptr_t end);
void pgb_policy_close(struct pgb_barrier *barrier);

#endif

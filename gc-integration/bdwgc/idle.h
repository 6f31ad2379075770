/* SPDX-License-Identifier: MIT */
/* idle.h - does the program have time to spare? */
#ifndef PGB_BDWGC_IDLE_H
#define PGB_BDWGC_IDLE_H

#include <stdbool.h>

/*
 * Look from now on.  Then: has the program waited for a good part of the time since, again
 * and again, as one does that answers requests?  Not if it was others that took the
 * processor away.  Callers are in collections, of which there is one at a time;
 * world-stopped safe.
 */
void idle_watch(void);
bool idle_was_seen(void);

#endif

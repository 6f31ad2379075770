/* SPDX-License-Identifier: MIT */
/* harvest.h - what the other calls have to know of a harvest that may be running. */
#ifndef PGB_HARVEST_H
#define PGB_HARVEST_H

#include "state.h"

/*
 * Wait for the harvest that is running now, if there is one.  Not until none is running:
 * who harvests again and again might never let us see that.
 */
void pgb_outlast_harvest(struct pgb_barrier *barrier);

#endif

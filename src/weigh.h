/* SPDX-License-Identifier: MIT */
/* weigh.h - whether faults of a backend are worth what they tell, as measured here. */
#ifndef PGB_WEIGH_H
#define PGB_WEIGH_H

#include "backend/backend.h"
#include "hot.h"

/*
 * When a chunk is to be called hot.  The backend is opened once more for that, and timed on
 * memory of its own, a fraction of a millisecond.  Not world-stopped safe.
 */
struct pgb_hot_limit pgb_weigh(const struct pgb_backend *backend);

/* The same, whatever faults cost. */
struct pgb_hot_limit pgb_weigh_nothing(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * walk.h - how much of libgc's walk over block headers there is to be.
 *
 * With libgc's allocation lock held; world-stopped safe.
 */
#ifndef PGB_BDWGC_WALK_H
#define PGB_BDWGC_WALK_H

#include <stdbool.h>

#include "pgbarrier.h"

/*
 * libgc is about to mark.  Has it been `told` of any dirty page since it last marked?  If
 * not, and if that is all that the walk is for, it is made empty.  *visit is told of some
 * pages more, so that it is taken in steps where it takes place.
 */
void walk_prepare(bool told, pgb_visitor *visit, void *arg);

/* In this stop it is, or was until roots were pushed. */
bool walk_is_spared(void);

#endif

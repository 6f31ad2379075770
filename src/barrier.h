/* SPDX-License-Identifier: MIT */
/* barrier.h - what of a barrier is not public. */
#ifndef PGB_BARRIER_H
#define PGB_BARRIER_H

#include <stdbool.h>

#include "hot.h"
#include "pgbarrier.h"

/* pgb_open() for who knows already what PGBARRIER_VERIFY says. */
int pgb_barrier_open(struct pgb_barrier **barrier, const char *backend, bool verify);

/* When its pages are to be called hot, for who sees to that himself. */
struct pgb_hot_limit pgb_barrier_limit(const struct pgb_barrier *barrier,
				       enum pgb_policy policy);

/*
 * For tests of those who rely on harvests: lose every n-th dirty page from now on,
 * counted over all harvests.  0: lose none.
 */
void pgb_barrier_inject_loss(struct pgb_barrier *barrier, unsigned every);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * subject.h - what is compared: the backends that run here, plain mprotect, and nothing.
 */
#ifndef BENCH_PRIMITIVES_SUBJECT_H
#define BENCH_PRIMITIVES_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "../results.h"
#include "pgbarrier.h"
#include "region.h"

enum subject_kind {
	BARRIER,
	BARE,	   /* mprotect and a handler without a library */
	WRITABLE,  /* no barrier: pages that can be written */
	UNTOUCHED, /* no barrier: pages that are not there, which the kernel fills with
		      zeros */
};

struct subject {
	const char *name;
	enum subject_kind kind;
	struct pgb_barrier *barrier;
	uint32_t capabilities;
	double first_write_ns; /* as measured; 0: not yet */
};

struct subjects {
	struct subject *subject;
	size_t count;
};

/*
 * All that run here; what does not is noted in the results.  0 or a negative errno.  To be
 * called before the thread is pinned: threads of backends inherit that.
 */
int subjects_open(struct subjects *subjects, struct results *results);
void subjects_close(struct subjects *subjects);

/* NULL: it does not run here. */
const struct subject *subjects_find(const struct subjects *subjects, const char *name);

/*
 * Watch a region, all of which reads dirty until the first harvest.  A backend that has
 * memory of its own watches as much of that: *watched is what to write to.  0 or a negative
 * errno.
 */
int subject_attach(const struct subject *subject, const struct region *region,
		   struct region *watched);
void subject_detach(const struct subject *subject, const struct region *watched);

/*
 * Find what was written and arm it again; without a barrier, make pages writable, or take
 * them away.  0 or a negative errno: it was not done as it should be.
 */
int subject_harvest(const struct subject *subject, const struct region *watched,
		    size_t *pages);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * appel_li.h - the operations on pages that Appel and Li asked of a system (ASPLOS 1991),
 * and the mechanisms that are measured by them.
 */
#ifndef BENCH_PRIMITIVES_APPEL_LI_H
#define BENCH_PRIMITIVES_APPEL_LI_H

#include <stdbool.h>
#include <stdint.h>

#include "cpus.h"
#include "region.h"
#include "stopwatch.h"
#include "subject.h"

#define APPEL_LI_PAGES 100 /* as in their paper */

enum operation {
	TRAP,		   /* a page fault that user code, or a barrier, handles */
	PROT1,		   /* protect a page */
	PROTN,		   /* protect many at once */
	UNPROT,		   /* unprotect a page */
	DIRTY,		   /* list the pages that were written */
	MAP2,		   /* give a page a second address with other protection */
	PROT1_TRAP_UNPROT, /* of one page the fault, of another one the protection */
	PROTN_TRAP_UNPROT, /* all are protected at once, then each is written */
	OPERATIONS,
};

struct mechanism;

/* What a mechanism works on. */
struct pages {
	const struct mechanism *mechanism;
	struct region region;
	const uint32_t *order; /* at random */
	const struct cpus *cpus;
	const struct subject *subject; /* of the mechanism of barriers */
	bool also_protect; /* at a trap, the page that trapped before; asked at begin() */
	void *state;	   /* of the mechanism */
};

/*
 * Times APPEL_LI_PAGES times an operation, as a rule on a page each.  0 or a negative
 * errno.
 */
typedef int (*operation_timer)(struct pages *pages, struct stopwatch *watch);

struct mechanism {
	/* Around each turn, which begins with all pages protected.  NULL: nothing to do. */
	int (*begin)(struct pages *pages);
	void (*end)(struct pages *pages);
	/* What operations are timed by that have no timer of their own; or NULL. */
	int (*protect_all)(struct pages *pages);
	int (*protect_page)(struct pages *pages, size_t page);
	int (*unprotect_page)(struct pages *pages, size_t page);
	bool can_also_protect; /* as asked for by also_protect */
	operation_timer time[OPERATIONS];
	const char *why_not[OPERATIONS]; /* it has no equivalent */
};

extern const struct mechanism barrier_mechanism; /* a backend behind pgbarrier.h */
extern const struct mechanism bare_mechanism;	 /* mprotect and a handler */
extern const struct mechanism channel_mechanism; /* pgbarrier_fault.h and a thread */
extern const struct mechanism second_mapping;	 /* MAP2 alone */

/* Write to each of the pages, at random. */
void pages_write(const struct pages *pages);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * verify.h - checksums of the pages watched, to find writes that were not reported.
 *
 * What PGBARRIER_VERIFY=1 turns on.  During a harvest the oracle takes the place of the
 * visitor and notes what it is given.  Then, for each window of the harvest:
 *
 *  1. _compare: what was not given has to be as it was.  What is not, is suspect.
 *  2. The caller harvests the suspects once more.  A write that came after the first
 *     harvest is reported now, so mutators that run raise no alarm.
 *  3. _find_lost: a suspect that was still not given is a lost write.
 *  4. _give: what was given gets a new sum, since it is armed now, and goes on to the
 *     visitor, in order.
 *
 * Zeros raise no alarm: they are what a page reads as that was discarded (MADV_DONTNEED,
 * MADV_FREE), and no backend has to notice that.
 *
 * _make_room and _forget keep each other out; all but _open, _close and _make_room are
 * world-stopped safe.
 */
#ifndef PGB_VERIFY_H
#define PGB_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "pgbarrier.h"

struct pgb_verify;

struct pgb_lost_write {
	uintptr_t page;
	bool never_reported; /* not once since it was added */
};

/*
 * What PGBARRIER_VERIFY asks for: 0 or 1; -EINVAL: it is neither.  Programs with raised
 * rights are not asked.
 */
int pgb_verify_is_wanted(void);

/* -ENOMEM; what pgb_peek() says where memory cannot be read. */
int pgb_verify_open(struct pgb_verify **verify);
void pgb_verify_close(struct pgb_verify *verify);

/* Pages that are new have to be reported once.  -ENOMEM, -EINVAL. */
int pgb_verify_make_room(struct pgb_verify *verify, uintptr_t start, uintptr_t end);

/* [start, end) is not watched any more. */
void pgb_verify_forget(struct pgb_verify *verify, uintptr_t start, uintptr_t end);

/* A harvest for `visit`, which may be NULL, begins; it is to use _note instead. */
void pgb_verify_begin(struct pgb_verify *verify, pgb_visitor *visit, void *arg);

/* A pgb_visitor; `verify` is a struct pgb_verify. */
void pgb_verify_note(void *verify, uintptr_t start, uintptr_t end);

void pgb_verify_compare(struct pgb_verify *verify, uintptr_t start, uintptr_t end);

/* The first run of suspects in [*start, end); false: there is none. */
bool pgb_verify_next_suspect(const struct pgb_verify *verify, uintptr_t *start,
			     uintptr_t end, uintptr_t *run_end);

bool pgb_verify_find_lost(const struct pgb_verify *verify, uintptr_t start, uintptr_t end,
			  struct pgb_lost_write *lost);

void pgb_verify_give(struct pgb_verify *verify, uintptr_t start, uintptr_t end);

/*
 * Say on standard error what was lost, in the `harvest`-th harvest, and abort().  Neither
 * allocates nor takes a lock.
 */
_Noreturn void pgb_verify_abort(const struct pgb_lost_write *lost, uint64_t harvest,
				const char *backend);

#endif

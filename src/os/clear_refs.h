/* SPDX-License-Identifier: MIT */
/*
 * clear_refs.h - /proc/self/clear_refs, which clears the soft-dirty bits of a process.
 *
 * World-stopped safe.  Documentation/admin-guide/mm/soft-dirty.rst
 */
#ifndef PGB_OS_CLEAR_REFS_H
#define PGB_OS_CLEAR_REFS_H

/* Belongs to the memory of the process that opened it.  A negative errno on failure. */
int pgb_clear_refs_open(void);

/* Of all pages that the process has.  0 or a negative errno. */
int pgb_clear_refs_soft_dirty(int clear_refs);

#endif

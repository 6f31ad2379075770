/* SPDX-License-Identifier: MIT */
/* vmas.h - the mappings that a process has. */
#ifndef PGB_OS_VMAS_H
#define PGB_OS_VMAS_H

#include <stdbool.h>
#include <stdint.h>

/* Of this process; 0 if /proc cannot be read.  Allocates nothing. */
uint64_t pgb_vmas_count(void);

/* One of them; `visit` returns whether to go on. */
typedef bool pgb_vma_visitor(void *arg, uintptr_t start, uintptr_t end, bool shared);

/*
 * Visit those that overlap [start, end), in ascending order and cut to it.  0, or a
 * negative errno if /proc cannot be read.  Allocates nothing.
 */
int pgb_vmas_visit(uintptr_t start, uintptr_t end, pgb_vma_visitor *visit, void *arg);

#endif

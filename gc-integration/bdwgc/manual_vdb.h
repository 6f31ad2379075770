/* SPDX-License-Identifier: MIT */
/*
 * manual_vdb.h - design B: tell libgc of dirty pages through its public interface.
 *
 * With manual virtual dirty bits (8.0) libgc protects nothing and believes what it is
 * told by GC_end_stubborn_change().  So at the start of marking, with the world stopped
 * and just before libgc reads its dirty bits, it is told of every page of a harvest.
 * Works where libgc has no soft-dirty code.  Costs more than design A: with manual dirty
 * bits GC_generic_malloc_many() hands out one object at a time (mallocx.c).
 */
#ifndef PGB_BDWGC_MANUAL_VDB_H
#define PGB_BDWGC_MANUAL_VDB_H

#include "collector.h"

/* Before GC_init(). */
void manual_vdb_init(const struct collector *collector);

/* To be called at these events. */
void manual_vdb_before_stop(void);
void manual_vdb_preclean(void);
void manual_vdb_mark_start(void);

#endif

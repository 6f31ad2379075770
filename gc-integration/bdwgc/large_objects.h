/* SPDX-License-Identifier: MIT */
/*
 * large_objects.h - mark from the dirty pages of a large object, and from no others.
 *
 * libgc marks from all of an object as soon as one page of it is dirty.  Of an array of
 * two million pointers that is 100 ms, for each collection, and no time limit holds in the
 * stop that ends one.  So such pages are kept from libgc and become roots instead, for as
 * long as it takes to push them, where they are few.
 *
 * A page is kept only if libgc would mark from it: of an object that is marked, and whose
 * words are all taken for pointers.  One that is marked later is scanned whole anyway.
 */
#ifndef PGB_BDWGC_LARGE_OBJECTS_H
#define PGB_BDWGC_LARGE_OBJECTS_H

#include "collector.h"
#include "pgbarrier.h"

/* 0; -ENOMEM.  Where libgc lacks a function that this takes, all is reported. */
int large_objects_init(const struct collector *collector);

/* The harvest that follows; with libgc's allocation lock held. */
void large_objects_begin_harvest(void);

/* Pass [start, end) on to *visit, but for what is kept.  World-stopped safe. */
void large_objects_report(uintptr_t start, uintptr_t end, pgb_visitor *visit, void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * old_objects.h - what libgc has to do for pages that are called dirty.
 *
 * It marks from all objects on a dirty page that are marked, so that survived the last
 * collection, and looks up what each of their words points to: 10 us for a page of small
 * ones.  Where new objects are made hardly any is marked, and a page costs next to nothing.
 */
#ifndef PGB_BDWGC_OLD_OBJECTS_H
#define PGB_BDWGC_OLD_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collector.h"

void old_objects_init(const struct collector *collector);

/*
 * Are there many on [start, end)?  By a few samples, a microsecond in all.  While all
 * mark bits are clear, yes: to arm a page too often costs less than to mark from it.  Of a
 * libgc that can never be asked, no.  World-stopped safe.
 */
bool old_objects_are_many(uintptr_t start, uintptr_t end);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * settings.h - numbers that govern libgc's collections, lent by the program.
 *
 * While one is ours the program reads back what it would without us; once the program
 * has set it, it is the program's for good.  To know of that, settings.c defines these
 * functions of libgc's; the preload comes before libgc, so the program's calls end there.
 *
 * Callers hold libgc's lock, or come before it has threads.
 */
#ifndef PGB_BDWGC_SETTINGS_H
#define PGB_BDWGC_SETTINGS_H

#include <stdbool.h>

#include "collector.h"

enum setting {
	SETTING_MINIMUM,	/* bytes allocated between collections, at least */
	SETTING_FULL_FREQUENCY, /* partial collections between full ones */
	SETTING_TRIES,		/* stops that may be abandoned, for one collection */
	SETTING_RATE, /* units of marking, about a page each, for each block allocated */
	SETTINGS,
};

/* Before GC_init(). */
void settings_init(const struct collector *collector);

/* Set it, unless it is the program's; it will not be changed behind the program's back. */
void settings_borrow(enum setting setting, size_t value);
void settings_give_back(enum setting setting);

size_t settings_value(enum setting setting); /* what libgc goes by */
bool settings_is_ours(enum setting setting);

#endif

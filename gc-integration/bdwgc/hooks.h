/* SPDX-License-Identifier: MIT */
/* hooks.h - libgc's calls into the C library that are answered or watched here. */
#ifndef PGB_BDWGC_HOOKS_H
#define PGB_BDWGC_HOOKS_H

#include "collector.h"
#include "config.h"

/*
 * What libgc is to be told when it asks for its own settings in the environment.  The
 * environment itself, which the program's children inherit, is not touched.
 */
struct hooks_answers {
	bool enable_incremental; /* GC_ENABLE_INCREMENTAL */
	bool soft_dirty;	 /* GC_USE_GETWRITEWATCH, for builds that prefer mprotect */
	unsigned pause;		 /* GC_PAUSE_TIME_TARGET in ms; 0: not answered */
	void (*heap_grew)(void); /* when libgc has mapped memory for it; or NULL */
	bool huge_tables;	 /* libgc's tables on huge pages, see tables.h; no answer */
};

/*
 * Redirect libgc's calls for `design`.  0 or a negative errno: -ENOTSUP if libgc does
 * not import what the design answers; then nothing is answered and all calls go where
 * they went before.
 */
int hooks_install(const struct collector *collector, enum pgb_design design,
		  const struct hooks_answers *answers);

#endif

/* SPDX-License-Identifier: MIT */
/* plugin.c - uses libgc for a program that does not know of it; see loading.c. */
#include <gc.h>

int plugin_works(void);

static void GC_CALLBACK handle(GC_EventType event)
{
	(void)event;
}

/* What it sets is what it reads: the calls reach its libgc. */
int plugin_works(void)
{
	GC_INIT();
	GC_set_full_freq(7);
	GC_set_min_bytes_allocd(54321);
	GC_set_on_collection_event(handle);
	GC_gcollect();
	return GC_get_full_freq() == 7 && GC_get_min_bytes_allocd() == 54321 &&
	       GC_get_on_collection_event() == handle && GC_get_rate() > 0 &&
	       GC_get_gc_no() > 0;
}

# SPDX-License-Identifier: MIT
# gc-integration/bdwgc/local.mk - the preload for Boehm's collector.

pkglib_LTLIBRARIES += pgbarrier-bdwgc.la
pgbarrier_bdwgc_la_SOURCES = \
	gc-integration/bdwgc/arming.c \
	gc-integration/bdwgc/arming.h \
	gc-integration/bdwgc/census.c \
	gc-integration/bdwgc/census.h \
	gc-integration/bdwgc/collector.c \
	gc-integration/bdwgc/collector.h \
	gc-integration/bdwgc/dirty_pages.c \
	gc-integration/bdwgc/dirty_pages.h \
	gc-integration/bdwgc/empty_walk.c \
	gc-integration/bdwgc/empty_walk.h \
	gc-integration/bdwgc/events.c \
	gc-integration/bdwgc/events.h \
	gc-integration/bdwgc/extremes.h \
	gc-integration/bdwgc/governor.c \
	gc-integration/bdwgc/governor.h \
	gc-integration/bdwgc/heap.c \
	gc-integration/bdwgc/heap.h \
	gc-integration/bdwgc/hooks.c \
	gc-integration/bdwgc/hooks.h \
	gc-integration/bdwgc/idle.c \
	gc-integration/bdwgc/idle.h \
	gc-integration/bdwgc/imports.c \
	gc-integration/bdwgc/imports.h \
	gc-integration/bdwgc/manual_vdb.c \
	gc-integration/bdwgc/manual_vdb.h \
	gc-integration/bdwgc/message.c \
	gc-integration/bdwgc/message.h \
	gc-integration/bdwgc/object.h \
	gc-integration/bdwgc/old_objects.c \
	gc-integration/bdwgc/old_objects.h \
	gc-integration/bdwgc/own.c \
	gc-integration/bdwgc/own.h \
	gc-integration/bdwgc/pacing.c \
	gc-integration/bdwgc/pacing.h \
	gc-integration/bdwgc/page_marking.c \
	gc-integration/bdwgc/page_marking.h \
	gc-integration/bdwgc/precleaning.c \
	gc-integration/bdwgc/precleaning.h \
	gc-integration/bdwgc/preload.c \
	gc-integration/bdwgc/record.c \
	gc-integration/bdwgc/record.h \
	gc-integration/bdwgc/settings.c \
	gc-integration/bdwgc/settings.h \
	gc-integration/bdwgc/soft_dirty.c \
	gc-integration/bdwgc/soft_dirty.h \
	gc-integration/bdwgc/stop_function.c \
	gc-integration/bdwgc/stop_function.h \
	gc-integration/bdwgc/tables.c \
	gc-integration/bdwgc/tables.h \
	gc-integration/bdwgc/walk.c \
	gc-integration/bdwgc/walk.h \
	gc-integration/bdwgc/walk_steps.c \
	gc-integration/bdwgc/walk_steps.h
pgbarrier_bdwgc_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/gc-integration/bdwgc
pgbarrier_bdwgc_la_LIBADD = libpgbcore.la
# initfirst: before any constructor that might call GC_init(); see preload.c.
pgbarrier_bdwgc_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -no-undefined \
	-Wl,-z,initfirst -Wl,-z,nodelete \
	-Wl,--version-script=$(srcdir)/gc-integration/bdwgc/preload.map
pgbarrier_bdwgc_la_DEPENDENCIES = libpgbcore.la gc-integration/bdwgc/preload.map
EXTRA_DIST += gc-integration/bdwgc/preload.map

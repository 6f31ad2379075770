# SPDX-License-Identifier: MIT
# tests/gc/local.mk - tests with programs that use libgc.

gc_tests = \
	tests/gc/arming.sh \
	tests/gc/backends.sh \
	tests/gc/kinds.sh \
	tests/gc/large.sh \
	tests/gc/lifecycle.sh \
	tests/gc/pacing.sh \
	tests/gc/privilege.sh \
	tests/gc/programs.sh \
	tests/gc/retention.sh \
	tests/gc/shadow.sh \
	tests/gc/stopping.sh \
	tests/gc/syscalls.sh \
	tests/gc/verify.sh \
	tests/gc/vmas.sh

if HAVE_BDW_GC

# Without sanitizers: their stacks and allocators are not what a conservative collector
# can scan.
gc_cflags = -std=gnu11 -pthread -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes \
	$(WERROR_CFLAGS) $(BDW_GC_CFLAGS)

check_LTLIBRARIES += tests/gc/libshadow.la
tests_gc_libshadow_la_SOURCES = tests/gc/shadow_heap.c tests/gc/shadow_heap.h
tests_gc_libshadow_la_CFLAGS = $(gc_cflags)
tests_gc_libshadow_la_LDFLAGS =
gc_shadow_libs = tests/gc/libshadow.la $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/children
tests_gc_children_SOURCES = tests/gc/children.c
tests_gc_children_CFLAGS = $(gc_cflags)
tests_gc_children_LDFLAGS = -pthread
tests_gc_children_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/closing
tests_gc_closing_SOURCES = tests/gc/closing.c
tests_gc_closing_CFLAGS = $(gc_cflags)
tests_gc_closing_LDFLAGS = -pthread
tests_gc_closing_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/events
tests_gc_events_SOURCES = tests/gc/events.c
tests_gc_events_CFLAGS = $(gc_cflags)
tests_gc_events_LDFLAGS = -pthread
tests_gc_events_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/execing
tests_gc_execing_SOURCES = tests/gc/execing.c
tests_gc_execing_CFLAGS = $(gc_cflags)
tests_gc_execing_LDFLAGS = -pthread
tests_gc_execing_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/exiting
tests_gc_exiting_SOURCES = tests/gc/exiting.c
tests_gc_exiting_CFLAGS = $(gc_cflags)
tests_gc_exiting_LDFLAGS = -pthread
tests_gc_exiting_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/stopping
tests_gc_stopping_SOURCES = tests/gc/stopping.c
tests_gc_stopping_CFLAGS = $(gc_cflags)
tests_gc_stopping_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/unmapping
tests_gc_unmapping_SOURCES = tests/gc/unmapping.c
tests_gc_unmapping_CFLAGS = $(gc_cflags)
tests_gc_unmapping_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/forking
tests_gc_forking_SOURCES = tests/gc/forking.c
tests_gc_forking_CFLAGS = $(gc_cflags)
tests_gc_forking_LDFLAGS = -pthread
tests_gc_forking_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/shadow
tests_gc_shadow_SOURCES = tests/gc/shadow.c
tests_gc_shadow_CFLAGS = $(gc_cflags)
tests_gc_shadow_LDFLAGS = -pthread
tests_gc_shadow_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/sigsegv
tests_gc_sigsegv_SOURCES = tests/gc/sigsegv.c
tests_gc_sigsegv_CFLAGS = $(gc_cflags)
tests_gc_sigsegv_LDFLAGS = -pthread
tests_gc_sigsegv_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/surroundings
tests_gc_surroundings_SOURCES = tests/gc/surroundings.c
tests_gc_surroundings_CFLAGS = $(gc_cflags)
tests_gc_surroundings_LDFLAGS = -pthread
tests_gc_surroundings_LDADD = $(gc_shadow_libs)

check_PROGRAMS += tests/gc/arming
tests_gc_arming_SOURCES = tests/gc/arming.c tests/gc/leaves.h
tests_gc_arming_CFLAGS = $(gc_cflags)
tests_gc_arming_LDFLAGS = -pthread
tests_gc_arming_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/kinds
tests_gc_kinds_SOURCES = tests/gc/kinds.c tests/gc/leaves.h
tests_gc_kinds_CFLAGS = $(gc_cflags)
tests_gc_kinds_LDFLAGS = -pthread
tests_gc_kinds_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/large
tests_gc_large_SOURCES = tests/gc/large.c tests/gc/leaves.h
tests_gc_large_CFLAGS = $(gc_cflags)
tests_gc_large_LDFLAGS = -pthread
tests_gc_large_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/overflow
tests_gc_overflow_SOURCES = tests/gc/overflow.c tests/gc/leaves.h
tests_gc_overflow_CFLAGS = $(gc_cflags)
tests_gc_overflow_LDFLAGS = -pthread
tests_gc_overflow_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/pacing
tests_gc_pacing_SOURCES = tests/gc/pacing.c
tests_gc_pacing_CFLAGS = $(gc_cflags)
tests_gc_pacing_LDFLAGS = -pthread
tests_gc_pacing_LDADD = $(BDW_GC_LIBS)

# A module, and so a shared object: it is loaded at run time.
check_LTLIBRARIES += tests/gc/plugin.la
tests_gc_plugin_la_SOURCES = tests/gc/plugin.c
tests_gc_plugin_la_CFLAGS = $(gc_cflags)
tests_gc_plugin_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere
tests_gc_plugin_la_LIBADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/loading
tests_gc_loading_SOURCES = tests/gc/loading.c
tests_gc_loading_CFLAGS = $(gc_cflags)
tests_gc_loading_LDFLAGS = -pthread
tests_gc_loading_LDADD =

check_PROGRAMS += tests/gc/retention
tests_gc_retention_SOURCES = tests/gc/retention.c
tests_gc_retention_CFLAGS = $(gc_cflags)
tests_gc_retention_LDFLAGS = -pthread
tests_gc_retention_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/syscalls
tests_gc_syscalls_SOURCES = tests/gc/syscalls.c
tests_gc_syscalls_CFLAGS = $(gc_cflags)
tests_gc_syscalls_LDFLAGS = -pthread
tests_gc_syscalls_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/vmas
tests_gc_vmas_SOURCES = tests/gc/vmas.c
tests_gc_vmas_CFLAGS = $(gc_cflags)
tests_gc_vmas_LDFLAGS = -pthread
tests_gc_vmas_LDADD = $(BDW_GC_LIBS)

check_PROGRAMS += tests/gc/deny
tests_gc_deny_SOURCES = tests/gc/deny.c
tests_gc_deny_CFLAGS = $(gc_cflags)
tests_gc_deny_LDFLAGS = -pthread
tests_gc_deny_LDADD =

check_PROGRAMS += tests/gc/statget
tests_gc_statget_SOURCES = tests/gc/statget.c
tests_gc_statget_CFLAGS = $(gc_cflags) $(JANSSON_CFLAGS)
tests_gc_statget_LDFLAGS = -pthread
tests_gc_statget_LDADD = $(JANSSON_LIBS)

TESTS += $(gc_tests)

endif

EXTRA_DIST += $(gc_tests) \
	tests/gc/lib.sh \
	tests/gc/mutations.sh \
	tests/gc/data/lists.cr \
	tests/gc/data/objects.neko \
	tests/gc/data/paths.asy \
	tests/gc/data/sets.nix \
	tests/gc/data/tables.lsp \
	tests/gc/data/trees.scm

# SPDX-License-Identifier: MIT
# tests/unit/local.mk - tests of single modules.

unit_programs = \
	tests/unit/arming \
	tests/unit/census \
	tests/unit/choice \
	tests/unit/config \
	tests/unit/dirty_pages \
	tests/unit/empty_walk \
	tests/unit/events \
	tests/unit/fold \
	tests/unit/governor \
	tests/unit/heap \
	tests/unit/histogram \
	tests/unit/hot \
	tests/unit/idle \
	tests/unit/json \
	tests/unit/mmu \
	tests/unit/old_objects \
	tests/unit/os \
	tests/unit/pacing \
	tests/unit/pagebits \
	tests/unit/precleaning \
	tests/unit/primitives \
	tests/unit/range \
	tests/unit/results \
	tests/unit/scale \
	tests/unit/settings \
	tests/unit/skew \
	tests/unit/sink \
	tests/unit/stop_function \
	tests/unit/tables \
	tests/unit/thread \
	tests/unit/walk \
	tests/unit/walk_steps
check_PROGRAMS += $(unit_programs)
TESTS += $(unit_programs)

unit_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
unit_libs = libpgbcore.la $(CMOCKA_LIBS)

tests_unit_arming_SOURCES = tests/unit/arming.c gc-integration/bdwgc/arming.c
tests_unit_arming_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_arming_LDADD = $(unit_libs)

tests_unit_census_SOURCES = tests/unit/census.c gc-integration/bdwgc/census.c
tests_unit_census_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_census_LDADD = $(unit_libs)
tests_unit_config_CFLAGS = $(unit_cflags)
tests_unit_config_LDADD = $(unit_libs)
tests_unit_dirty_pages_SOURCES = tests/unit/dirty_pages.c \
	gc-integration/bdwgc/dirty_pages.c gc-integration/bdwgc/own.c \
	gc-integration/bdwgc/page_marking.c
tests_unit_dirty_pages_CFLAGS = $(unit_cflags) -pthread -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_dirty_pages_LDADD = $(unit_libs)
tests_unit_empty_walk_SOURCES = tests/unit/empty_walk.c \
	gc-integration/bdwgc/empty_walk.c
tests_unit_empty_walk_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_empty_walk_LDADD = $(unit_libs)
tests_unit_events_SOURCES = tests/unit/events.c \
	gc-integration/bdwgc/events.c gc-integration/bdwgc/own.c
tests_unit_events_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_events_LDADD = $(unit_libs)
tests_unit_fold_SOURCES = tests/unit/fold.c src/tool/fold.c
tests_unit_fold_CFLAGS = $(unit_cflags)
tests_unit_fold_LDADD = $(unit_libs)
tests_unit_governor_SOURCES = tests/unit/governor.c \
	gc-integration/bdwgc/governor.c gc-integration/bdwgc/own.c \
	gc-integration/bdwgc/settings.c
tests_unit_governor_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_governor_LDADD = $(unit_libs)
tests_unit_heap_SOURCES = tests/unit/heap.c gc-integration/bdwgc/heap.c
tests_unit_heap_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_heap_LDADD = $(unit_libs)
tests_unit_histogram_CFLAGS = $(unit_cflags)
tests_unit_histogram_LDADD = $(unit_libs)
tests_unit_hot_CFLAGS = $(unit_cflags)
tests_unit_hot_LDADD = $(unit_libs)
tests_unit_idle_SOURCES = tests/unit/idle.c gc-integration/bdwgc/idle.c
tests_unit_idle_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_idle_LDADD = $(unit_libs)
tests_unit_json_SOURCES = tests/unit/json.c src/tool/json.c
tests_unit_json_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_json_CFLAGS = $(unit_cflags)
tests_unit_json_LDADD = $(JANSSON_LIBS) $(CMOCKA_LIBS)
tests_unit_mmu_SOURCES = tests/unit/mmu.c src/tool/mmu.c
tests_unit_mmu_CFLAGS = $(unit_cflags)
tests_unit_mmu_LDADD = $(unit_libs)
tests_unit_old_objects_SOURCES = tests/unit/old_objects.c \
	gc-integration/bdwgc/old_objects.c
tests_unit_old_objects_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_old_objects_LDADD = $(unit_libs)
tests_unit_os_CFLAGS = $(unit_cflags)
tests_unit_os_LDADD = $(unit_libs)
tests_unit_pacing_SOURCES = tests/unit/pacing.c gc-integration/bdwgc/pacing.c
tests_unit_pacing_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_pacing_LDADD = $(unit_libs)
tests_unit_pagebits_CFLAGS = $(unit_cflags)
tests_unit_pagebits_LDADD = $(unit_libs)
tests_unit_choice_CFLAGS = $(unit_cflags)
tests_unit_choice_LDADD = $(unit_libs)
tests_unit_precleaning_SOURCES = tests/unit/precleaning.c \
	gc-integration/bdwgc/precleaning.c
tests_unit_precleaning_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_precleaning_LDADD = $(unit_libs)
tests_unit_primitives_SOURCES = tests/unit/primitives.c \
	bench/primitives/cell.c bench/primitives/region.c bench/primitives/stopwatch.c
tests_unit_primitives_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -I$(top_srcdir)/bench
tests_unit_primitives_CFLAGS = $(unit_cflags)
tests_unit_primitives_LDADD = bench/libsuite.la $(CMOCKA_LIBS)
tests_unit_range_CFLAGS = $(unit_cflags)
tests_unit_range_LDADD = $(unit_libs)
tests_unit_results_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_unit_results_CFLAGS = $(unit_cflags) -I$(top_srcdir)/bench
tests_unit_results_LDADD = bench/libsuite.la $(CMOCKA_LIBS)
tests_unit_scale_SOURCES = tests/unit/scale.c src/tool/report/scale.c
tests_unit_scale_CFLAGS = $(unit_cflags)
tests_unit_scale_LDADD = $(CMOCKA_LIBS) -lm
tests_unit_settings_SOURCES = tests/unit/settings.c \
	gc-integration/bdwgc/own.c gc-integration/bdwgc/settings.c
tests_unit_settings_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_settings_LDADD = $(unit_libs)
tests_unit_sink_CFLAGS = $(unit_cflags)
tests_unit_sink_LDADD = $(unit_libs)
tests_unit_skew_SOURCES = tests/unit/skew.c bench/gc/skew.c
tests_unit_skew_CFLAGS = $(unit_cflags) -I$(top_srcdir)/bench
tests_unit_skew_LDADD = $(unit_libs) -lm
tests_unit_stop_function_SOURCES = tests/unit/stop_function.c \
	gc-integration/bdwgc/own.c gc-integration/bdwgc/stop_function.c
tests_unit_stop_function_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_stop_function_LDADD = $(unit_libs)
tests_unit_tables_SOURCES = tests/unit/tables.c gc-integration/bdwgc/tables.c
tests_unit_tables_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_tables_LDADD = $(unit_libs)
tests_unit_thread_CFLAGS = $(unit_cflags)
tests_unit_thread_LDADD = $(unit_libs)
tests_unit_walk_SOURCES = tests/unit/walk.c gc-integration/bdwgc/walk.c
tests_unit_walk_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_walk_LDADD = $(unit_libs)
tests_unit_walk_steps_SOURCES = tests/unit/walk_steps.c gc-integration/bdwgc/walk_steps.c
tests_unit_walk_steps_CFLAGS = $(unit_cflags) -I$(top_srcdir)/gc-integration/bdwgc
tests_unit_walk_steps_LDADD = $(unit_libs)

unit_scripts = \
	tests/unit/header.sh \
	tests/unit/symbols.sh
dist_check_SCRIPTS += $(unit_scripts)
TESTS += $(unit_scripts)

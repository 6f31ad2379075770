# SPDX-License-Identifier: MIT
# tests/tool/local.mk - tests of the pgbarrier command, and of its manuals.

check_PROGRAMS += tests/tool/signals
TESTS += tests/tool/signals
tests_tool_signals_SOURCES = tests/tool/signals.c
tests_tool_signals_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_tool_signals_LDADD = $(CMOCKA_LIBS)

tool_tests = \
	tests/tool/bench.sh \
	tests/tool/doctor.sh \
	tests/tool/manual.sh \
	tests/tool/options.sh \
	tests/tool/report-browser.sh \
	tests/tool/report.sh \
	tests/tool/run.sh \
	tests/tool/stats.sh
TESTS += $(tool_tests)
dist_check_SCRIPTS += $(tool_tests)
EXTRA_DIST += tests/tool/tap.sh \
	tests/tool/report/browser.html \
	tests/tool/report/gc.json \
	tests/tool/report/hostile.json \
	tests/tool/report/primitives.json \
	tests/tool/report/stats-old.json \
	tests/tool/report/stats-stock.json \
	tests/tool/report/stats.json

# What they use.
check_PROGRAMS += tests/tool/json-get tests/tool/list-settings tests/tool/signalled

tests_tool_json_get_SOURCES = tests/tool/json-get.c
tests_tool_json_get_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_tool_json_get_LDADD = $(JANSSON_LIBS)

tests_tool_list_settings_SOURCES = tests/tool/list-settings.c
tests_tool_list_settings_LDADD = libpgbcore.la

tests_tool_signalled_SOURCES = tests/tool/signalled.c
tests_tool_signalled_LDADD =

if HAVE_BDW_GC
check_PROGRAMS += tests/tool/collect
tests_tool_collect_SOURCES = tests/tool/collect.c
tests_tool_collect_CPPFLAGS = $(AM_CPPFLAGS) $(BDW_GC_CFLAGS)
tests_tool_collect_LDADD = $(BDW_GC_LIBS)
endif

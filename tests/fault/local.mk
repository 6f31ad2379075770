# SPDX-License-Identifier: MIT
# tests/fault/local.mk - tests of fault channels.

fault_programs = \
	tests/fault/calls \
	tests/fault/failures \
	tests/fault/kinds \
	tests/fault/lives \
	tests/fault/move \
	tests/fault/protect
check_PROGRAMS += $(fault_programs)
TESTS += $(fault_programs)

check_LTLIBRARIES += tests/fault/libstage.la
tests_fault_libstage_la_SOURCES = \
	tests/fault/stage.c \
	tests/fault/stage.h
tests_fault_libstage_la_CPPFLAGS = $(fault_cppflags)
tests_fault_libstage_la_LIBADD = tests/conformance/libharness.la

fault_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/tests/conformance
tests_fault_calls_CPPFLAGS = $(fault_cppflags)
tests_fault_calls_LDADD = tests/fault/libstage.la
tests_fault_failures_CPPFLAGS = $(fault_cppflags)
tests_fault_failures_LDADD = tests/fault/libstage.la
tests_fault_kinds_CPPFLAGS = $(fault_cppflags)
tests_fault_kinds_LDADD = tests/fault/libstage.la
tests_fault_lives_CPPFLAGS = $(fault_cppflags)
tests_fault_lives_LDADD = tests/fault/libstage.la
tests_fault_move_CPPFLAGS = $(fault_cppflags)
tests_fault_move_LDADD = tests/fault/libstage.la
tests_fault_protect_CPPFLAGS = $(fault_cppflags)
tests_fault_protect_LDADD = tests/fault/libstage.la

EXTRA_DIST += tests/fault/mutations.sh

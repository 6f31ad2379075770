# SPDX-License-Identifier: MIT
# tests/torture/local.mk - bad luck: calls that fail, crowds, and long runs.

torture_programs = \
	tests/torture/crowds \
	tests/torture/debuggers \
	tests/torture/injection \
	tests/torture/limits \
	tests/torture/soak
check_PROGRAMS += $(torture_programs)
TESTS += $(torture_programs)

torture_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/conformance

# A mirror of watched memory, for those that go on while others write.
check_LTLIBRARIES += tests/torture/libmirror.la
tests_torture_libmirror_la_SOURCES = \
	tests/torture/mirror.c \
	tests/torture/mirror.h
tests_torture_libmirror_la_CPPFLAGS = $(torture_cppflags)
tests_torture_libmirror_la_LIBADD = tests/conformance/libharness.la

tests_torture_crowds_CPPFLAGS = $(torture_cppflags)
tests_torture_crowds_LDADD = tests/torture/libmirror.la
tests_torture_debuggers_CPPFLAGS = $(torture_cppflags)
tests_torture_debuggers_LDADD = tests/conformance/libharness.la
tests_torture_injection_CPPFLAGS = $(torture_cppflags)
tests_torture_injection_LDADD = tests/conformance/libharness.la
tests_torture_limits_CPPFLAGS = $(torture_cppflags)
tests_torture_limits_LDADD = tests/conformance/libharness.la
tests_torture_soak_CPPFLAGS = $(torture_cppflags)
tests_torture_soak_LDADD = tests/torture/libmirror.la

# What gdb.sh attaches to.
check_PROGRAMS += tests/torture/debugged
tests_torture_debugged_LDADD = libpgbcore.la
dist_check_SCRIPTS += tests/torture/gdb.sh
TESTS += tests/torture/gdb.sh

# `check` has it run for 20 seconds.
.PHONY: soak
soak: tests/torture/soak
	seconds=$${PGB_SOAK_SECONDS:-600}; \
	PGB_SOAK_SECONDS=$$seconds PGB_TEST_WATCHDOG=$$((seconds * 2 + 300)) \
		CMOCKA_MESSAGE_OUTPUT=TAP tests/torture/soak
EXTRA_DIST += tests/torture/mutations.sh

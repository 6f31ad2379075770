# SPDX-License-Identifier: MIT
# tests/torture/local.mk - bad luck: calls that fail, crowds, and long runs.

torture_programs = \
	tests/torture/injection
check_PROGRAMS += $(torture_programs)
TESTS += $(torture_programs)

torture_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/conformance

tests_torture_injection_CPPFLAGS = $(torture_cppflags)
tests_torture_injection_LDADD = tests/conformance/libharness.la

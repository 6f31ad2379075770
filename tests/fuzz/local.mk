# SPDX-License-Identifier: MIT
# tests/fuzz/local.mk - what tests/checks/fuzz builds, with clang; see there.

EXTRA_PROGRAMS = \
	tests/fuzz/calls \
	tests/fuzz/config

tests_fuzz_calls_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/conformance
tests_fuzz_calls_LDADD = tests/conformance/libharness.la
tests_fuzz_calls_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_config_LDADD = libpgbcore.la
tests_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

EXTRA_DIST += tests/fuzz/config.dict tests/fuzz/corpus

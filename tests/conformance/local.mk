# SPDX-License-Identifier: MIT
# tests/conformance/local.mk - one suite over every backend.

conformance_programs = \
	tests/conformance/alloc \
	tests/conformance/calls \
	tests/conformance/descriptors \
	tests/conformance/device \
	tests/conformance/dma \
	tests/conformance/exactness \
	tests/conformance/failures \
	tests/conformance/fork \
	tests/conformance/kernel \
	tests/conformance/move \
	tests/conformance/pins \
	tests/conformance/policy \
	tests/conformance/quiet \
	tests/conformance/random \
	tests/conformance/ranges \
	tests/conformance/remap \
	tests/conformance/signals \
	tests/conformance/verify \
	tests/conformance/writers
check_PROGRAMS += $(conformance_programs)
TESTS += $(conformance_programs)

# What all of them share, and alone knows of cmocka.
check_LTLIBRARIES += tests/conformance/libharness.la
tests_conformance_libharness_la_SOURCES = \
	tests/conformance/actor.c \
	tests/conformance/actor.h \
	tests/conformance/harness.c \
	tests/conformance/harness.h \
	tests/conformance/kernel_writes.c \
	tests/conformance/kernel_writes.h \
	tests/conformance/model.c \
	tests/conformance/model.h \
	tests/conformance/watch.c \
	tests/conformance/watch.h
tests_conformance_libharness_la_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_conformance_libharness_la_LIBADD = libpgbcore.la $(CMOCKA_LIBS)

tests_conformance_alloc_LDADD = tests/conformance/libharness.la
tests_conformance_calls_LDADD = tests/conformance/libharness.la
tests_conformance_descriptors_LDADD = tests/conformance/libharness.la
tests_conformance_device_LDADD = tests/conformance/libharness.la
tests_conformance_dma_CFLAGS = $(AM_CFLAGS) $(LIBURING_CFLAGS)
tests_conformance_dma_LDADD = tests/conformance/libharness.la $(LIBURING_LIBS)
tests_conformance_exactness_LDADD = tests/conformance/libharness.la
tests_conformance_failures_LDADD = tests/conformance/libharness.la
tests_conformance_fork_LDADD = tests/conformance/libharness.la
tests_conformance_kernel_LDADD = tests/conformance/libharness.la
tests_conformance_move_LDADD = tests/conformance/libharness.la
tests_conformance_pins_LDADD = tests/conformance/libharness.la
tests_conformance_policy_LDADD = tests/conformance/libharness.la
tests_conformance_quiet_LDADD = tests/conformance/libharness.la
tests_conformance_random_LDADD = tests/conformance/libharness.la
tests_conformance_ranges_LDADD = tests/conformance/libharness.la
tests_conformance_remap_LDADD = tests/conformance/libharness.la
tests_conformance_signals_LDADD = tests/conformance/libharness.la
tests_conformance_verify_LDADD = tests/conformance/libharness.la
tests_conformance_writers_LDADD = tests/conformance/libharness.la

conformance_scripts = tests/conformance/unscanned.sh tests/conformance/verified.sh
dist_check_SCRIPTS += $(conformance_scripts)
TESTS += $(conformance_scripts)

EXTRA_DIST += tests/conformance/mutations.sh tests/conformance/programs.sh

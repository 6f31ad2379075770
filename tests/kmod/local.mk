# SPDX-License-Identifier: MIT
# tests/kmod/local.mk - tests of the kernel module, which are at home in guests.

kmod_programs = \
	tests/kmod/absent \
	tests/kmod/advice \
	tests/kmod/calls \
	tests/kmod/clone \
	tests/kmod/counts \
	tests/kmod/descriptors \
	tests/kmod/fuzz \
	tests/kmod/lifetimes \
	tests/kmod/limits \
	tests/kmod/log \
	tests/kmod/mappings \
	tests/kmod/outside \
	tests/kmod/semantics \
	tests/kmod/stress \
	tests/kmod/sync
check_PROGRAMS += $(kmod_programs)
TESTS += $(kmod_programs)

check_LTLIBRARIES += tests/kmod/libregion.la
tests_kmod_libregion_la_SOURCES = \
	tests/kmod/cgroup.c \
	tests/kmod/cgroup.h \
	tests/kmod/klog.c \
	tests/kmod/klog.h \
	tests/kmod/region.c \
	tests/kmod/region.h \
	tests/kmod/ring.c \
	tests/kmod/ring.h \
	tests/kmod/stopping.c \
	tests/kmod/stopping.h
tests_kmod_libregion_la_CPPFLAGS = $(kmod_cppflags)
tests_kmod_libregion_la_LIBADD = tests/conformance/libharness.la

kmod_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/tests/conformance
tests_kmod_absent_CPPFLAGS = $(kmod_cppflags)
tests_kmod_absent_LDADD = tests/kmod/libregion.la
tests_kmod_advice_CPPFLAGS = $(kmod_cppflags)
tests_kmod_advice_LDADD = tests/kmod/libregion.la
tests_kmod_calls_CPPFLAGS = $(kmod_cppflags)
tests_kmod_calls_LDADD = tests/kmod/libregion.la
tests_kmod_clone_CPPFLAGS = $(kmod_cppflags)
tests_kmod_clone_LDADD = tests/kmod/libregion.la
tests_kmod_counts_CPPFLAGS = $(kmod_cppflags)
tests_kmod_counts_LDADD = tests/kmod/libregion.la
tests_kmod_descriptors_CPPFLAGS = $(kmod_cppflags)
tests_kmod_descriptors_LDADD = tests/kmod/libregion.la
tests_kmod_fuzz_CPPFLAGS = $(kmod_cppflags)
tests_kmod_fuzz_LDADD = tests/kmod/libregion.la
tests_kmod_lifetimes_CPPFLAGS = $(kmod_cppflags)
tests_kmod_lifetimes_LDADD = tests/kmod/libregion.la
tests_kmod_limits_CPPFLAGS = $(kmod_cppflags)
tests_kmod_limits_LDADD = tests/kmod/libregion.la
tests_kmod_log_CPPFLAGS = $(kmod_cppflags)
tests_kmod_log_LDADD = tests/kmod/libregion.la
tests_kmod_mappings_CPPFLAGS = $(kmod_cppflags)
tests_kmod_mappings_LDADD = tests/kmod/libregion.la
tests_kmod_outside_CPPFLAGS = $(kmod_cppflags)
tests_kmod_outside_CFLAGS = $(AM_CFLAGS) $(LIBURING_CFLAGS)
tests_kmod_outside_LDADD = tests/kmod/libregion.la $(LIBURING_LIBS)
tests_kmod_semantics_CPPFLAGS = $(kmod_cppflags)
tests_kmod_semantics_LDADD = tests/kmod/libregion.la
tests_kmod_stress_CPPFLAGS = $(kmod_cppflags)
tests_kmod_stress_LDADD = tests/kmod/libregion.la
tests_kmod_sync_CPPFLAGS = $(kmod_cppflags)
tests_kmod_sync_LDADD = tests/kmod/libregion.la

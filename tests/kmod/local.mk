# SPDX-License-Identifier: MIT
# tests/kmod/local.mk - tests of the kernel module, which are at home in guests.

kmod_programs = \
	tests/kmod/absent \
	tests/kmod/advice \
	tests/kmod/calls \
	tests/kmod/clone \
	tests/kmod/counts \
	tests/kmod/descriptors \
	tests/kmod/dumps \
	tests/kmod/failnth \
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

# Prints figures, and is no test.
check_PROGRAMS += tests/kmod/costs

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
tests_kmod_costs_CPPFLAGS = $(kmod_cppflags)
tests_kmod_costs_LDADD = tests/kmod/libregion.la
tests_kmod_counts_CPPFLAGS = $(kmod_cppflags)
tests_kmod_counts_LDADD = tests/kmod/libregion.la
tests_kmod_descriptors_CPPFLAGS = $(kmod_cppflags)
tests_kmod_descriptors_LDADD = tests/kmod/libregion.la
tests_kmod_dumps_CPPFLAGS = $(kmod_cppflags)
tests_kmod_dumps_CFLAGS = $(AM_CFLAGS) $(LIBELF_CFLAGS)
tests_kmod_dumps_LDADD = tests/kmod/libregion.la $(LIBELF_LIBS)
tests_kmod_failnth_CPPFLAGS = $(kmod_cppflags)
tests_kmod_failnth_LDADD = tests/kmod/libregion.la
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

# In a guest that counts instructions.
dist_check_SCRIPTS += tests/kmod/costs.sh
TESTS += tests/kmod/costs.sh
kmod_helpers = tests/kmod/costs

.PHONY: kmod-costs check-kmod-mutations
kmod-costs: vm-image vm-modules
	@for kernel in 6.1 6.12 newest; do \
		echo; \
		PGB_VM_COUNTS=1 PGB_VM_TESTS=kmod/costs top_builddir=. \
			top_srcdir='$(top_srcdir)' $(SHELL) $(srcdir)/tests/vm/linux-$$kernel.sh | \
			sed -n -E 's/^# (Linux|\|)/\1/p; /^not ok/p'; \
	done
# Not part of check: a guest for each fault that is planted.
check-kmod-mutations: vm-image vm-modules
	top_builddir=. top_srcdir='$(top_srcdir)' $(SHELL) $(srcdir)/tests/kmod/mutations.sh
EXTRA_DIST += tests/kmod/mutations.sh

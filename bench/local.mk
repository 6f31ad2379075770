# SPDX-License-Identifier: MIT
# bench/local.mk - the benchmark programs.

noinst_PROGRAMS += bench/compacting bench/compare bench/copying

# What the suites of `pgbarrier bench` share.
noinst_LTLIBRARIES += bench/libsuite.la
bench_libsuite_la_SOURCES = \
	bench/cpu_time.c \
	bench/cpu_time.h \
	bench/machine.c \
	bench/machine.h \
	bench/measure.c \
	bench/measure.h \
	bench/prng.h \
	bench/progress.c \
	bench/progress.h \
	bench/results.c \
	bench/results.h \
	bench/suite_options.c \
	bench/suite_options.h \
	bench/table.c \
	bench/table.h \
	src/tool/host.c \
	src/tool/host.h
bench_libsuite_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS)
bench_libsuite_la_LIBADD = libpgbcore.la $(JANSSON_LIBS)

# The suites, where the command looks for them.
benchexecdir = $(pkglibexecdir)/bench
benchexec_PROGRAMS = bench/primitives/primitives

bench_primitives_primitives_SOURCES = \
	bench/primitives/appel_li.c \
	bench/primitives/appel_li.h \
	bench/primitives/appel_li_bare.c \
	bench/primitives/appel_li_barrier.c \
	bench/primitives/appel_li_channel.c \
	bench/primitives/bare.c \
	bench/primitives/bare.h \
	bench/primitives/cell.c \
	bench/primitives/cell.h \
	bench/primitives/cpus.c \
	bench/primitives/cpus.h \
	bench/primitives/first_write.c \
	bench/primitives/harvest.c \
	bench/primitives/primitives.c \
	bench/primitives/region.c \
	bench/primitives/region.h \
	bench/primitives/scan.c \
	bench/primitives/scan.h \
	bench/primitives/show.c \
	bench/primitives/show.h \
	bench/primitives/stopwatch.c \
	bench/primitives/stopwatch.h \
	bench/primitives/subject.c \
	bench/primitives/subject.h \
	bench/primitives/suite.h \
	bench/primitives/writers.c \
	bench/primitives/writers.h
bench_primitives_primitives_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
bench_primitives_primitives_LDADD = bench/libsuite.la

bench_compare_SOURCES = \
	bench/child.c \
	bench/child.h \
	bench/compare.c \
	bench/cpu_time.c \
	bench/cpu_time.h \
	bench/experiment.c \
	bench/experiment.h \
	bench/measure.c \
	bench/measure.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/outcome.c \
	bench/outcome.h \
	bench/prng.h \
	bench/programs.c \
	bench/programs.h \
	bench/run_report.c \
	bench/run_report.h \
	bench/summary.c \
	bench/summary.h \
	bench/table.c \
	bench/table.h
bench_compare_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) \
	-DBENCH_SOURCE_DIR='"$(abs_top_srcdir)/bench"'
bench_compare_LDADD = $(JANSSON_LIBS)

bench_compacting_SOURCES = \
	bench/compacting.c \
	bench/compacting.h \
	bench/compacting_main.c \
	bench/durations.c \
	bench/durations.h \
	bench/measure.c \
	bench/measure.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/object.h \
	bench/prng.h \
	bench/shadow_tree.c \
	bench/shadow_tree.h
bench_compacting_LDADD = libpgbarrier.la

bench_copying_SOURCES = \
	bench/copying.c \
	bench/copying.h \
	bench/copying_main.c \
	bench/durations.c \
	bench/durations.h \
	bench/measure.c \
	bench/measure.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/object.h \
	bench/prng.h \
	bench/shadow_tree.c \
	bench/shadow_tree.h
bench_copying_LDADD = libpgbarrier.la

if HAVE_BDW_GC
noinst_PROGRAMS += bench/gcbench bench/mutator
endif

bench_gcbench_SOURCES = \
	bench/gcbench.c \
	bench/number_option.c \
	bench/number_option.h \
	bench/prng.h
bench_gcbench_CPPFLAGS = $(AM_CPPFLAGS) $(BDW_GC_CFLAGS)
bench_gcbench_LDADD = $(BDW_GC_LIBS)

bench_mutator_SOURCES = \
	bench/mutator.c \
	bench/number_option.c \
	bench/number_option.h \
	bench/prng.h
bench_mutator_CPPFLAGS = $(AM_CPPFLAGS) $(BDW_GC_CFLAGS)
bench_mutator_LDADD = $(BDW_GC_LIBS)

include bench/gc/local.mk

# The installed command finds the installed suites.
installcheck-local:
	$(DESTDIR)$(bindir)/pgbarrier bench primitives --quick >/dev/null

EXTRA_DIST += \
	bench/guile-records.scm \
	bench/nix-records.nix \
	bench/off-cost.sh

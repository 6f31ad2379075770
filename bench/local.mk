# SPDX-License-Identifier: MIT
# bench/local.mk - the benchmark programs.

noinst_PROGRAMS += bench/compacting bench/compare bench/copying bench/first_write \
	bench/harvest

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
	bench/results.c \
	bench/results.h \
	src/tool/host.c \
	src/tool/host.h
bench_libsuite_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(XXHASH_CFLAGS)
bench_libsuite_la_LIBADD = libpgbcore.la $(JANSSON_LIBS)

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

bench_first_write_SOURCES = \
	bench/first_write.c \
	bench/measure.c \
	bench/measure.h \
	bench/measure_options.c \
	bench/measure_options.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/prng.h
bench_first_write_LDADD = libpgbarrier.la

bench_harvest_SOURCES = \
	bench/harvest.c \
	bench/measure.c \
	bench/measure.h \
	bench/measure_options.c \
	bench/measure_options.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/prng.h
bench_harvest_LDADD = libpgbarrier.la

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

EXTRA_DIST += \
	bench/guile-records.scm \
	bench/nix-records.nix \
	bench/off-cost.sh

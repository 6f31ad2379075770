# SPDX-License-Identifier: MIT
# bench/local.mk - the benchmark programs.

noinst_PROGRAMS += bench/compacting bench/copying

# What the suites of `pgbarrier bench` share.
noinst_LTLIBRARIES += bench/libsuite.la
bench_libsuite_la_SOURCES = \
	bench/cpu_time.c \
	bench/cpu_time.h \
	bench/machine.c \
	bench/machine.h \
	bench/measure.c \
	bench/measure.h \
	bench/memory.c \
	bench/memory.h \
	bench/percentile.c \
	bench/percentile.h \
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
	src/tool/host.h \
	src/tool/json.c \
	src/tool/json.h
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
	bench/primitives/card_marking.c \
	bench/primitives/cell.c \
	bench/primitives/cell.h \
	bench/primitives/cpus.c \
	bench/primitives/cpus.h \
	bench/primitives/first_write.c \
	bench/primitives/harvest.c \
	bench/primitives/primitives.c \
	bench/primitives/region.c \
	bench/primitives/region.h \
	bench/primitives/rewrite.c \
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
bench_primitives_primitives_LDADD = bench/libsuite.la -lm

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

# What runs programs under the configurations of libgc: for the suites gc and programs.
noinst_LTLIBRARIES += bench/libruns.la
bench_libruns_la_SOURCES = \
	bench/number_option.c \
	bench/number_option.h \
	bench/runs/cell.c \
	bench/runs/child.c \
	bench/runs/child.h \
	bench/runs/configuration.c \
	bench/runs/configuration.h \
	bench/runs/experiment.c \
	bench/runs/experiment.h \
	bench/runs/outcome.c \
	bench/runs/outcome.h \
	bench/runs/pauses.c \
	bench/runs/pauses.h \
	bench/runs/places.c \
	bench/runs/places.h \
	bench/runs/plan.c \
	bench/runs/plan.h \
	bench/runs/row.c \
	bench/runs/row.h \
	bench/runs/run_report.c \
	bench/runs/run_report.h \
	bench/runs/suite.c \
	bench/runs/suite.h \
	bench/runs/summary.c \
	bench/runs/summary.h
bench_libruns_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -I$(top_srcdir)/bench \
	-DBINDIR='"$(bindir)"' -DPKGDATADIR='"$(pkgdatadir)"'
bench_libruns_la_LIBADD = bench/libsuite.la -lm

benchexec_PROGRAMS += bench/gc/gc bench/programs/programs

bench_gc_gc_SOURCES = bench/gc/gc.c
bench_gc_gc_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -I$(top_srcdir)/bench
bench_gc_gc_LDADD = bench/libruns.la

bench_programs_programs_SOURCES = bench/programs/programs.c
bench_programs_programs_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) -I$(top_srcdir)/bench
bench_programs_programs_LDADD = bench/libruns.la

# Beside the suite in a build tree; see AC_CONFIG_LINKS.
inputsdir = $(pkgdatadir)/bench
dist_inputs_DATA = \
	bench/programs/inputs/drawing.awk \
	bench/programs/inputs/page.awk \
	bench/programs/inputs/paths.asy \
	bench/programs/inputs/records.cr \
	bench/programs/inputs/records.neko \
	bench/programs/inputs/records.nix \
	bench/programs/inputs/records.scm \
	bench/programs/inputs/tables.lsp

include bench/gc/local.mk

# The installed command finds the installed suites.
installcheck-local:
	$(DESTDIR)$(bindir)/pgbarrier bench primitives --quick >/dev/null
	$(DESTDIR)$(benchexecdir)/gc --quick --rounds=1 --only=gcbench \
		--pgbarrier=$(DESTDIR)$(bindir)/pgbarrier >/dev/null
	$(DESTDIR)$(benchexecdir)/programs --quick --rounds=1 --only=guile \
		--pgbarrier=$(DESTDIR)$(bindir)/pgbarrier >/dev/null

EXTRA_DIST += bench/off-cost.sh

# SPDX-License-Identifier: MIT
# bench/gc/local.mk - the programs that load the collector.

if HAVE_BDW_GC
noinst_LTLIBRARIES += bench/gc/libworkload.la
benchexec_PROGRAMS += \
	bench/gc/allocator \
	bench/gc/gcbench \
	bench/gc/gcold \
	bench/gc/hashmap \
	bench/gc/list \
	bench/gc/mutator \
	bench/gc/server \
	bench/gc/xml
endif

workload_cppflags = $(AM_CPPFLAGS) $(BDW_GC_CFLAGS) -I$(top_srcdir)/bench
workload_libs = bench/gc/libworkload.la

bench_gc_libworkload_la_SOURCES = \
	bench/gc/workload.c \
	bench/gc/workload.h \
	bench/measure.c \
	bench/measure.h \
	bench/number_option.c \
	bench/number_option.h \
	bench/primitives/cpus.c \
	bench/primitives/cpus.h \
	bench/prng.h
bench_gc_libworkload_la_CPPFLAGS = $(workload_cppflags)
bench_gc_libworkload_la_LIBADD = $(BDW_GC_LIBS)

bench_gc_allocator_SOURCES = bench/gc/allocator.c
bench_gc_allocator_CPPFLAGS = $(workload_cppflags)
bench_gc_allocator_LDADD = $(workload_libs)

bench_gc_gcbench_SOURCES = bench/gc/gcbench.c
bench_gc_gcbench_CPPFLAGS = $(workload_cppflags)
bench_gc_gcbench_LDADD = $(workload_libs)

bench_gc_gcold_SOURCES = bench/gc/gcold.c
bench_gc_gcold_CPPFLAGS = $(workload_cppflags)
bench_gc_gcold_LDADD = $(workload_libs)

bench_gc_hashmap_SOURCES = bench/gc/hashmap.c
bench_gc_hashmap_CPPFLAGS = $(workload_cppflags)
bench_gc_hashmap_LDADD = $(workload_libs)

bench_gc_list_SOURCES = bench/gc/list.c
bench_gc_list_CPPFLAGS = $(workload_cppflags)
bench_gc_list_LDADD = $(workload_libs)

bench_gc_mutator_SOURCES = bench/gc/mutator.c bench/gc/skew.c bench/gc/skew.h
bench_gc_mutator_CPPFLAGS = $(workload_cppflags)
bench_gc_mutator_LDADD = $(workload_libs) -lm

bench_gc_server_SOURCES = bench/gc/server.c bench/gc/skew.c bench/gc/skew.h \
	bench/percentile.c bench/percentile.h
bench_gc_server_CPPFLAGS = $(workload_cppflags)
bench_gc_server_LDADD = $(workload_libs) libpgbcore.la -lm

bench_gc_xml_SOURCES = bench/gc/article.c bench/gc/article.h bench/gc/xml.c
bench_gc_xml_CPPFLAGS = $(workload_cppflags)
bench_gc_xml_LDADD = $(workload_libs)

# SPDX-License-Identifier: MIT
# src/local.mk - the library.

include_HEADERS += include/pgbarrier.h include/pgbarrier_fault.h

# Everything, with every internal symbol in reach: for the command, the preload, tests.
noinst_LTLIBRARIES += libpgbcore.la
libpgbcore_la_SOURCES = \
	src/backend/backend.h \
	src/backend/kmod.c \
	src/backend/kmod.h \
	src/backend/kmod_fork.c \
	src/backend/kmod_region.c \
	src/backend/kmod_region.h \
	src/backend/mprotect.c \
	src/backend/null.c \
	src/backend/soft_dirty.c \
	src/backend/trap.c \
	src/backend/trap.h \
	src/backend/uffd.c \
	src/backend/uffd.h \
	src/backend/uffd_async.c \
	src/backend/uffd_sigbus.c \
	src/backend/uffd_sync.c \
	src/backend/uffd_wp.c \
	src/backend/uffd_wp.h \
	src/barrier.c \
	src/barrier.h \
	src/choice.c \
	src/choice.h \
	src/config.c \
	src/config.h \
	src/fault/ack.c \
	src/fault/channel.c \
	src/fault/channel.h \
	src/fault/probe.c \
	src/fault/protect.c \
	src/fault/ranges.c \
	src/fault/read.c \
	src/fault/relocate.c \
	src/harvest.c \
	src/harvest.h \
	src/histogram.c \
	src/histogram.h \
	src/hot.c \
	src/hot.h \
	src/life.c \
	src/life.h \
	src/move.c \
	src/move.h \
	src/os/clear_refs.c \
	src/os/clear_refs.h \
	src/os/descriptor.c \
	src/os/descriptor.h \
	src/os/huge_pages.c \
	src/os/huge_pages.h \
	src/os/inject.c \
	src/os/inject.h \
	src/os/kernel.c \
	src/os/kernel.h \
	src/os/kmod.c \
	src/os/kmod.h \
	src/os/memory.c \
	src/os/memory.h \
	src/os/pagemap.c \
	src/os/pagemap.h \
	src/os/peek.c \
	src/os/peek.h \
	src/os/thread.c \
	src/os/thread.h \
	src/os/uapi.h \
	src/os/uffd_reader.c \
	src/os/uffd_reader.h \
	src/os/uffd_resolve.c \
	src/os/uffd_resolve.h \
	src/os/userfaultfd.c \
	src/os/userfaultfd.h \
	src/os/valgrind.h \
	src/os/vmas.c \
	src/os/vmas.h \
	src/pagebits.c \
	src/pagebits.h \
	src/policy.c \
	src/policy.h \
	src/range.c \
	src/range.h \
	src/sink.c \
	src/sink.h \
	src/sparse.c \
	src/sparse.h \
	src/state.h \
	src/stats_page.h \
	src/verify.c \
	src/verify.h \
	src/weigh.c \
	src/weigh.h
# Whoever links it into a shared object says with a symbol map what can be seen of it.
libpgbcore_la_CFLAGS = $(AM_CFLAGS) $(XXHASH_CFLAGS) -fvisibility=default \
	-fno-semantic-interposition
libpgbcore_la_LIBADD = $(ATOMIC_OPS_LIBS)

# What is installed: the same, but only pgbarrier.h can be seen.
lib_LTLIBRARIES += libpgbarrier.la
libpgbarrier_la_SOURCES =
libpgbarrier_la_LIBADD = libpgbcore.la
libpgbarrier_la_LDFLAGS = $(AM_LDFLAGS) -no-undefined -version-info $(PGB_VERSION_INFO) \
	-Wl,--version-script=$(srcdir)/src/libpgbarrier.map
libpgbarrier_la_DEPENDENCIES = libpgbcore.la src/libpgbarrier.map
EXTRA_DIST += src/libpgbarrier.map

# SPDX-License-Identifier: MIT
# src/tool/local.mk - the pgbarrier command.

bin_PROGRAMS += pgbarrier
pgbarrier_SOURCES = \
	src/tool/bench.c \
	src/tool/beside.c \
	src/tool/beside.h \
	src/tool/diagnosis.c \
	src/tool/diagnosis.h \
	src/tool/doctor.c \
	src/tool/host.c \
	src/tool/host.h \
	src/tool/inspect.c \
	src/tool/inspect.h \
	src/tool/main.c \
	src/tool/measure.c \
	src/tool/measure.h \
	src/tool/output.c \
	src/tool/output.h \
	src/tool/preload.c \
	src/tool/preload.h \
	src/tool/program.c \
	src/tool/program.h \
	src/tool/refusal.c \
	src/tool/refusal.h \
	src/tool/run.c \
	src/tool/stats_file.c \
	src/tool/stats_file.h \
	src/tool/stats_json.c \
	src/tool/stats_json.h \
	src/tool/supervise.c \
	src/tool/supervise.h \
	src/tool/tool.h
pgbarrier_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBELF_CFLAGS) \
	-DPKGLIBDIR='"$(pkglibdir)"' -DPKGLIBEXECDIR='"$(pkglibexecdir)"'
pgbarrier_LDADD = libpgbcore.la $(JANSSON_LIBS) $(LIBELF_LIBS)

# Prints the table of settings for the manual pages; runs while they are made.
noinst_PROGRAMS += src/tool/settings-man
src_tool_settings_man_SOURCES = src/tool/settings-man.c
src_tool_settings_man_LDADD = libpgbcore.la

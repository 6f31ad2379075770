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
	src/tool/fold.c \
	src/tool/fold.h \
	src/tool/host.c \
	src/tool/host.h \
	src/tool/inspect.c \
	src/tool/inspect.h \
	src/tool/json.c \
	src/tool/json.h \
	src/tool/main.c \
	src/tool/measure.c \
	src/tool/measure.h \
	src/tool/mmu.c \
	src/tool/mmu.h \
	src/tool/output.c \
	src/tool/output.h \
	src/tool/preload.c \
	src/tool/preload.h \
	src/tool/program.c \
	src/tool/program.h \
	src/tool/refusal.c \
	src/tool/refusal.h \
	src/tool/report/appel_li.c \
	src/tool/report/check.c \
	src/tool/report/check.h \
	src/tool/report/card_marking.c \
	src/tool/report/clean_harvest.c \
	src/tool/report/first_write.c \
	src/tool/report/from_stats.c \
	src/tool/report/from_stats.h \
	src/tool/report/harvest.c \
	src/tool/report/html.c \
	src/tool/report/html.h \
	src/tool/report/load.c \
	src/tool/report/load.h \
	src/tool/report/look.c \
	src/tool/report/look.h \
	src/tool/report/mmu.c \
	src/tool/report/page.c \
	src/tool/report/page.h \
	src/tool/report/pauses.c \
	src/tool/report/plot.c \
	src/tool/report/plot.h \
	src/tool/report/primitives.c \
	src/tool/report/primitives.h \
	src/tool/report/programs.c \
	src/tool/report/programs.h \
	src/tool/report/ratios.c \
	src/tool/report/report.c \
	src/tool/report/rewriting.c \
	src/tool/report/samples.c \
	src/tool/report/samples.h \
	src/tool/report/scale.c \
	src/tool/report/scale.h \
	src/tool/report/schema.c \
	src/tool/report/schema.h \
	src/tool/report/svg.c \
	src/tool/report/svg.h \
	src/tool/report/text.c \
	src/tool/report/text.h \
	src/tool/report/timeline.c \
	src/tool/report/value.c \
	src/tool/report/value.h \
	src/tool/run.c \
	src/tool/stats_file.c \
	src/tool/stats_file.h \
	src/tool/stats_json.c \
	src/tool/stats_json.h \
	src/tool/supervise.c \
	src/tool/supervise.h \
	src/tool/timeline.c \
	src/tool/timeline.h \
	src/tool/tool.h
pgbarrier_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LIBELF_CFLAGS) \
	-I$(builddir)/src \
	-DPKGLIBDIR='"$(pkglibdir)"' -DPKGLIBEXECDIR='"$(pkglibexecdir)"'
pgbarrier_LDADD = libpgbcore.la $(JANSSON_LIBS) $(LIBELF_LIBS) -lm

# The style sheet of a report as a string of C, a line for each of its own.
style_header = src/tool/report/style.h
BUILT_SOURCES += $(style_header)
CLEANFILES += $(style_header)
EXTRA_DIST += src/tool/report/style.css
$(style_header): src/tool/report/style.css
	$(AM_V_GEN)$(MKDIR_P) src/tool/report && \
	{ echo 'static const char style[] =' && \
	$(SED) 's/["\\]/\\&/g; s/.*/"&\\n"/' $(srcdir)/src/tool/report/style.css && \
	echo ';'; } >$@.new && mv $@.new $@
src/tool/report/pgbarrier-page.$(OBJEXT): $(style_header)

# Prints the table of settings for the manual pages; runs while they are made.
noinst_PROGRAMS += src/tool/settings-man
src_tool_settings_man_SOURCES = src/tool/settings-man.c
src_tool_settings_man_LDADD = libpgbcore.la

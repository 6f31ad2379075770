# SPDX-License-Identifier: MIT
# docs/local.mk - manual pages and other documents.

dist_man_MANS += docs/man/pgbarrier-bench.1 docs/man/pgbarrier-report.1 \
	docs/man/pgbarrier.3 docs/man/pgbarrier_fault.3

# These list the settings, as src/config.c has them.
generated_pages = docs/man/pgbarrier.1 docs/man/pgbarrier-environment.7
man_MANS += $(generated_pages)
CLEANFILES += $(generated_pages)
EXTRA_DIST += $(generated_pages:=.in)

settings_man = src/tool/settings-man$(EXEEXT)

docs/man/pgbarrier.1: docs/man/pgbarrier.1.in $(settings_man)
	$(AM_V_GEN)$(MKDIR_P) docs/man && \
	$(settings_man) <$(srcdir)/docs/man/pgbarrier.1.in >$@.new && mv $@.new $@

docs/man/pgbarrier-environment.7: docs/man/pgbarrier-environment.7.in $(settings_man)
	$(AM_V_GEN)$(MKDIR_P) docs/man && \
	$(settings_man) <$(srcdir)/docs/man/pgbarrier-environment.7.in >$@.new && mv $@.new $@

EXTRA_DIST += docs/model/README.md docs/model/barrier.pml
dist_doc_DATA += README.md docs/design.md docs/protocol.md docs/benchmarks.md \
	docs/kernel-module.md

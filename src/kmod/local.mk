# SPDX-License-Identifier: MIT
# src/kmod/local.mk - the kernel module, which Kbuild builds and this makefile does not.

# The module's sources, in the layout in which DKMS gets them, too.
kmod_files = \
	include/linux/pgbarrier.h \
	src/kmod/Kbuild \
	src/kmod/clone.c \
	src/kmod/compat.h \
	src/kmod/faults.c \
	src/kmod/faults.h \
	src/kmod/filesystem.c \
	src/kmod/filesystem.h \
	src/kmod/harvest.c \
	src/kmod/log.c \
	src/kmod/log.h \
	src/kmod/main.c \
	src/kmod/mapping.c \
	src/kmod/pages.c \
	src/kmod/planted.h \
	src/kmod/region.c \
	src/kmod/region.h \
	src/kmod/user.c
EXTRA_DIST += $(kmod_files) src/kmod/COPYING

# For programs that use the device without the library.
linuxincludedir = $(includedir)/linux
linuxinclude_HEADERS = include/linux/pgbarrier.h

# For the running kernel, if not for another: make kmod KDIR=/usr/src/linux-headers-VERSION
KDIR = /lib/modules/$(shell uname -r)/build
# PGB_PLANTED=y: able to be wrong, for the tests.  Kept apart, so that nobody installs it.
KMOD_DIR = kmod$(PGB_PLANTED:y=-planted)

# Kbuild writes beside the sources, which may be read-only here: it gets copies.
.PHONY: kmod
kmod:
	@test -e '$(KDIR)/Makefile' || { \
		echo "$(KDIR): nothing to build modules with; set KDIR" >&2; exit 1; }
	@$(MKDIR_P) '$(KMOD_DIR)'
	@to=$$(cd '$(KMOD_DIR)' && pwd) && cd $(srcdir) && \
		cp --parents --preserve=timestamps --update --remove-destination $(kmod_files) "$$to"
	$(MAKE) -C '$(KDIR)' M="$$(cd '$(KMOD_DIR)' && pwd)/src/kmod" modules

# For DKMS, which builds it for each kernel as that is installed; not below the prefix, since
# DKMS looks nowhere else.
dkmsdir = /usr/src/$(PACKAGE)-$(VERSION)
.PHONY: install-dkms uninstall-dkms
install-dkms: src/kmod/dkms.conf
	$(MKDIR_P) '$(DESTDIR)$(dkmsdir)'
	to=$$(cd '$(DESTDIR)$(dkmsdir)' && pwd) && cd $(srcdir) && \
		cp --parents $(kmod_files) "$$to"
	chmod -R u=rwX,go=rX '$(DESTDIR)$(dkmsdir)'
	$(INSTALL_DATA) src/kmod/dkms.conf '$(DESTDIR)$(dkmsdir)'
uninstall-dkms:
	rm -rf '$(DESTDIR)$(dkmsdir)'

# Who may use /dev/pgbarrier.  udev and systemd look below /usr/local, too.
udevrulesdir = $(prefix)/lib/udev/rules.d
sysusersdir = $(prefix)/lib/sysusers.d
dist_udevrules_DATA = packaging/60-pgbarrier.rules
dist_sysusers_DATA = packaging/pgbarrier.conf

clean-local: clean-kmod
.PHONY: clean-kmod
clean-kmod:
	rm -rf kmod kmod-planted

# SPDX-License-Identifier: MIT
# tests/vm/local.mk - tests in guests with other kernels, which emulation makes slow.

# In a guest: the cmocka programs that are about the kernel, and these scripts.  Policies are
# the library's own book-keeping, and take long where chunks are huge pages, as they are there.
vm_programs = $(filter-out %.sh tests/conformance/policy,\
	$(filter tests/conformance/% tests/fault/% tests/kmod/% tests/torture/% tests/unit/os,\
		$(TESTS)))
vm_scripts = $(bench_tests) $(filter tests/kmod/%.sh,$(TESTS))
vm_helpers = bench/compacting bench/copying $(kmod_helpers)
if HAVE_BDW_GC
vm_scripts += tests/vm/doctor.sh tests/vm/gc-costs.sh tests/vm/libgc.sh tests/vm/module-heap.sh
vm_helpers += tests/gc/forking tests/gc/shadow tests/gc/unmapping tests/gc/statget tests/tool/json-get
vm_helpers += $(filter bench/gc/%,$(benchexec_PROGRAMS))
endif

# On the host: one for each kernel.
vm_tests = \
	tests/vm/linux-6.1.sh \
	tests/vm/linux-6.12.sh \
	tests/vm/linux-newest.sh \
	tests/vm/linux-cloud.sh \
	tests/vm/selfcheck.sh
vm_debug_tests = tests/vm/linux-debug.sh tests/vm/debug-fuzz.sh tests/vm/debug-tools.sh
vm_kernels = $(sort $(patsubst tests/vm/linux-%.sh,%,$(subst selfcheck,linux-6.12,$(vm_tests))))

EXTRA_DIST += $(vm_tests) $(vm_debug_tests) \
	tests/vm/debug-kernel \
	tests/vm/debug.config \
	tests/vm/doctor.sh \
	tests/vm/fetch \
	tests/vm/gc-costs \
	tests/vm/gc-costs.sh \
	tests/vm/headers.sh \
	tests/vm/image \
	tests/vm/init \
	tests/vm/kernel.sh \
	tests/vm/libgc.sh \
	tests/vm/module-heap.sh \
	tests/vm/modules \
	tests/vm/mutations.sh \
	tests/vm/report.awk \
	tests/vm/reported.sh \
	tests/vm/vm.sh

.PHONY: check-vm check-vm-debug check-vm-mutations gc-costs list-vm-tests vm-image
# Not both at once: they are made of the same libraries, by two makes.
vm-image: all
	@$(MAKE) $(check_PROGRAMS)
	@$(MKDIR_P) vm
	top_srcdir='$(abs_top_srcdir)' CC='$(CC)' $(SHELL) $(srcdir)/tests/vm/image \
		vm/image.cpio '$(vm_programs)' '$(vm_scripts)' '$(vm_helpers)'
# A module that cannot be built is a failure of the guest that should have had it.
.PHONY: vm-modules
vm-modules:
	@$(MKDIR_P) $(addprefix vm/,$(vm_kernels))
	@for kernel in $(vm_kernels); do \
		$(SHELL) $(srcdir)/tests/vm/modules "vm/$$kernel" '$(MAKE)' || exit; \
	done
# With a summary of its own, beside that of check.
check-vm: vm-image vm-modules
	$(MAKE) check-TESTS TESTS='$(vm_tests)' TEST_SUITE_LOG=vm/test-suite.log
# The tests of the module, on a kernel that is built for that once.  Not 10,000 lives, which
# take ten minutes there, nor what has a guest of its own.
vm_module_tests = $(patsubst tests/%,%,$(filter-out %/lifetimes %/fuzz,\
	$(basename $(filter tests/kmod/%,$(TESTS)))))
check-vm-debug: vm-image
	$(srcdir)/tests/vm/debug-kernel .
	$(MAKE) vm-modules vm_kernels=debug
	PGB_VM_TESTS="$${PGB_VM_TESTS-$(vm_module_tests)}" $(MAKE) check-TESTS \
		TESTS='$(vm_debug_tests)' TEST_SUITE_LOG=vm/debug-test-suite.log
# Not part of check: a guest for each fault that is planted.
check-vm-mutations: vm-image vm-modules
	top_builddir=. top_srcdir='$(top_srcdir)' $(SHELL) $(srcdir)/tests/vm/mutations.sh \
		'$(CC)' '$(core_cflags)' '$(ATOMIC_OPS_LIBS) $(CMOCKA_LIBS) $(LIBURING_LIBS)'
# Not part of check, either: prints figures, which takes a quarter of an hour.
costs_kernel = 6.12
gc-costs: vm-image
	$(MAKE) vm-modules vm_kernels='$(costs_kernel)'
	@top_builddir=. top_srcdir='$(top_srcdir)' $(SHELL) $(srcdir)/tests/vm/gc-costs \
		'$(costs_kernel)'
list-vm-tests:
	@echo $(vm_tests) $(vm_debug_tests)

clean-local: clean-vm
.PHONY: clean-vm
clean-vm:
	rm -rf vm/image.cpio vm/*test-suite.log vm/*/kmod* vm/*/modules vm/*/modules.cpio \
		vm/*/gc-costs.*

/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd.h - userfaultfd(2) and its ioctls.
 *
 * Everything returns 0 or a descriptor, or a negative errno.  World-stopped safe.
 */
#ifndef PGB_OS_USERFAULTFD_H
#define PGB_OS_USERFAULTFD_H

#include <stddef.h>
#include <stdint.h>

/* Whose accesses are stopped. */
enum pgb_uffd_scope {
	/* Of user code alone; system calls fail with EFAULT.  Needs no privilege. */
	PGB_UFFD_USER,
	/*
	 * Of the kernel too, in system calls.  Needs CAP_SYS_PTRACE, or
	 * vm.unprivileged_userfaultfd = 1, or access to /dev/userfaultfd (6.1).
	 */
	PGB_UFFD_KERNEL,
};

/*
 * Open one that does not block, with UFFD_FEATURE_* `required`, and with what there is of
 * those in *wanted, where it says so; NULL: none.  Tries the system call, then
 * /dev/userfaultfd (6.1), which a seccomp filter against the call does not know.  On
 * failure `reason` says what was tried or what is lacking; it may be NULL.
 */
int pgb_uffd_open(enum pgb_uffd_scope scope, uint64_t required, uint64_t *wanted,
		  char *reason, size_t reason_size);

/* Register [start, end) for write-protection; leaves it unprotected. */
int pgb_uffd_register(int uffd, uintptr_t start, uintptr_t end);

/* Lets go what is stopped there. */
int pgb_uffd_unregister(int uffd, uintptr_t start, uintptr_t end);

/* Of registered memory.  To unprotect also lets go what is stopped there. */
int pgb_uffd_protect(int uffd, uintptr_t start, uintptr_t end);
int pgb_uffd_unprotect(int uffd, uintptr_t start, uintptr_t end);

/* Have read(2) wait for a fault, whoever calls it on this file. */
int pgb_uffd_set_blocking(int uffd);

#endif

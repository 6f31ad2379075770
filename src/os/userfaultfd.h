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

/*
 * Open one with UFFD_FEATURE_* `features`.  Tries the system call for user faults
 * alone, which needs no privilege, then /dev/userfaultfd (6.1), which a seccomp filter
 * against the call does not know.  On failure `reason` says what was tried; it may be
 * NULL.
 */
int pgb_uffd_open(uint64_t features, char *reason, size_t reason_size);

/* Register [start, end) for write-protection; leaves it unprotected. */
int pgb_uffd_register(int uffd, uintptr_t start, uintptr_t end);
int pgb_uffd_unregister(int uffd, uintptr_t start, uintptr_t end);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * uffd_resolve.h - read the faults of a userfaultfd, and resolve them.
 *
 * Works on [start, end) of the memory of the process that opened it.  Returns 0 or a
 * negative errno unless said otherwise.  World-stopped safe.
 */
#ifndef PGB_OS_UFFD_RESOLVE_H
#define PGB_OS_UFFD_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "os/uapi.h"

/* Is it a userfaultfd that does not block?  -EINVAL: no. */
int pgb_uffd_check(int fd);

/* Does this kernel know the request, UFFDIO_*? */
bool pgb_uffd_knows(int uffd, unsigned long request);

/*
 * Is [start, end) in one mapping that is registered?  0; -ENOENT: no; else it could not be
 * found out.  Linux 5.13.
 */
int pgb_uffd_is_registered(int uffd, uintptr_t start, uintptr_t end);

/* `modes` are UFFDIO_REGISTER_MODE_*. */
int pgb_uffd_register_for(int uffd, uintptr_t start, uintptr_t end, uint64_t modes);

/* Returns how many messages were read; -EAGAIN: there are none. */
int pgb_uffd_read(int uffd, struct uffd_msg *messages, size_t count);

/* Whoever is stopped there tries again.  The memory may be gone. */
int pgb_uffd_wake(int uffd, uintptr_t start, uintptr_t end);
/* The same wherever they are stopped. */
int pgb_uffd_wake_all(int uffd);

/*
 * These give the number of bytes that are done from the beginning on, at least a page, or a
 * negative errno if there are none.  Who waits on what is done is let go.  -EEXIST: the
 * first page is there.
 */
ssize_t pgb_uffd_copy(int uffd, uintptr_t start, uintptr_t end, uintptr_t source);
ssize_t pgb_uffd_zero(int uffd, uintptr_t start, uintptr_t end);
ssize_t pgb_uffd_continue(int uffd, uintptr_t start, uintptr_t end);
ssize_t pgb_uffd_poison(int uffd, uintptr_t start, uintptr_t end);

/* Where `holes` are not allowed, one at the source is -ENOENT. */
ssize_t pgb_uffd_move(int uffd, uintptr_t to, uintptr_t from, size_t length, bool holes);

/*
 * The same with holes, and what stands in its way at either place is cleared: pages and
 * armed holes at `to` are discarded, `from` is left unprotected.
 */
ssize_t pgb_uffd_replace(int uffd, uintptr_t to, uintptr_t from, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * uffd.h - what the backends over userfaultfd share: registered memory, and the entries of
 * its pages in /proc/self/pagemap.
 *
 * The kernel drops a registration when the memory is unmapped or moved, in a child of fork,
 * and when the last descriptor is closed.  What was protected is writable then, and reads
 * as not protected.
 *
 * Everything but opening is world-stopped safe.
 */
#ifndef PGB_BACKEND_UFFD_H
#define PGB_BACKEND_UFFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "os/descriptor.h"
#include "os/userfaultfd.h"

struct pgb_uffd {
	struct pgb_descriptor uffd;
	struct pgb_descriptor pagemap;
};

#define PGB_UFFD_NONE ((struct pgb_uffd){PGB_DESCRIPTOR_NONE, PGB_DESCRIPTOR_NONE})

/* As pgb_uffd_open(); closed again if either cannot be had. */
int pgb_uffd_acquire(struct pgb_uffd *uffd, enum pgb_uffd_scope scope, uint64_t required,
		     uint64_t *wanted, char *reason, size_t reason_size);
void pgb_uffd_release(struct pgb_uffd *uffd);

/*
 * Or did somebody close our descriptors?  In doubt they are ours: what is registered with
 * one that was let go of could not be registered with another one.
 */
bool pgb_uffd_is_ours(const struct pgb_uffd *uffd);

/*
 * Register [start, end) and leave it unprotected, also if it was watched before.  -ENOMEM:
 * some of it may still be protected; -EBUSY: some of it is another's.
 */
int pgb_uffd_watch(const struct pgb_uffd *uffd, uintptr_t start, uintptr_t end);

/*
 * Leave [start, end) unprotected, and unregistered if that can be.  -ENOMEM: some of it may
 * still be protected; -EBADF, -ENOTTY: the descriptor is gone, but others may have a copy.
 */
int pgb_uffd_unwatch(const struct pgb_uffd *uffd, uintptr_t start, uintptr_t end);

/*
 * What a backend does for `move`.  The holes that pages leave are not protected (Linux
 * 6.8); what arrives is unprotected here.
 */
ssize_t pgb_uffd_relocate(const struct pgb_uffd *uffd, uintptr_t to, uintptr_t from,
			  size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * uffd_reader.h - what a thread without libc does with a userfaultfd; see thread.h.
 *
 * Returns 0 or a negative errno unless said otherwise.
 */
#ifndef PGB_OS_UFFD_READER_H
#define PGB_OS_UFFD_READER_H

#include <stddef.h>
#include <stdint.h>

#include "os/thread.h"
#include "os/uapi.h"

/* Wait for faults, if it blocks; how many messages were read. */
PGB_THREAD_CODE long pgb_reader_read(int uffd, struct uffd_msg *messages, size_t count);

/* The flags of a file are everybody's who has a descriptor of it. */
PGB_THREAD_CODE long pgb_reader_set_blocking(int uffd);

PGB_THREAD_CODE long pgb_reader_unprotect(int uffd, uintptr_t start, uintptr_t end);
PGB_THREAD_CODE long pgb_reader_unregister(int uffd, uintptr_t start, uintptr_t end);
PGB_THREAD_CODE long pgb_reader_wake(int uffd, uintptr_t start, uintptr_t end);

#endif

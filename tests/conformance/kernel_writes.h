/* SPDX-License-Identifier: MIT */
/*
 * kernel_writes.h - system calls that write to memory of the caller's.
 *
 * Each says that it has written KERNEL_WRITE_BYTES, and not all of them zeros, or returns
 * -1 and sets errno.
 */
#ifndef PGB_CONFORMANCE_KERNEL_WRITES_H
#define PGB_CONFORMANCE_KERNEL_WRITES_H

#include <sys/types.h>

#define KERNEL_WRITE_BYTES 1000

ssize_t by_read(void *to);
ssize_t by_recv(void *to);
ssize_t by_pread(void *to);
ssize_t by_readv(void *to);
ssize_t by_process_vm_writev(void *to);
ssize_t by_getcwd(void *to);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * peek.c - read memory that may not be there.
 *
 * By process_vm_readv(2) on ourselves, which needs no privilege: what would be a signal is
 * a short count.
 */
#include "os/peek.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/inject.h"

ssize_t pgb_peek(uintptr_t start, void *buffer, size_t size)
{
	struct iovec here = {buffer, size}, there = {(void *)start, size};
	ssize_t got = PGB_OS_AGAIN(
		PGB_OS_CALL_SHORT(PGB_OS_PEEK, here.iov_len, 1,
				  process_vm_readv(getpid(), &here, 1, &there, 1, 0)));

	if (got < 0)
		return errno == EFAULT ? 0 : -errno;
	return got;
}

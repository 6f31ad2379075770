/* SPDX-License-Identifier: MIT */
/* uffd_reader.c - what a thread without libc does with a userfaultfd. */
#include "os/uffd_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

#include "os/inject.h"

/* The kernel says EAGAIN while memory is moved or forked, to some; not for ever. */
#define TRIES 100

PGB_THREAD_CODE static long call(enum pgb_os_call name, long number, int fd, long a, long b)
{
	int answer = pgb_os_ask(name);

	return answer < 0 ? answer : pgb_thread_syscall(number, fd, a, b);
}

PGB_THREAD_CODE static long request(enum pgb_os_call name, int fd, unsigned long request,
				    void *argument)
{
	long err = -EAGAIN;

	for (int i = 0; i < TRIES && (err == -EAGAIN || err == -EINTR); i++)
		err = call(name, SYS_ioctl, fd, (long)request, (long)argument);
	return err;
}

PGB_THREAD_CODE long pgb_reader_read(int uffd, struct uffd_msg *messages, size_t count)
{
	long size = (long)(count * sizeof(*messages));
	long got = call(PGB_OS_UFFD_READ, SYS_read, uffd, (long)messages, size);

	return got < 0 ? got : got / (long)sizeof(*messages);
}

PGB_THREAD_CODE long pgb_reader_set_blocking(int uffd)
{
	return call(PGB_OS_FCNTL, SYS_fcntl, uffd, F_SETFL, 0);
}

PGB_THREAD_CODE long pgb_reader_unprotect(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_writeprotect off;

	off.range.start = start;
	off.range.len = end - start;
	off.mode = 0;
	return request(PGB_OS_UFFD_PROTECT, uffd, UFFDIO_WRITEPROTECT, &off);
}

PGB_THREAD_CODE long pgb_reader_unregister(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_range range;

	range.start = start;
	range.len = end - start;
	return request(PGB_OS_UFFD_UNREGISTER, uffd, UFFDIO_UNREGISTER, &range);
}

PGB_THREAD_CODE long pgb_reader_wake(int uffd, uintptr_t start, uintptr_t end)
{
	struct uffdio_range range;
	long err = -EAGAIN;

	range.start = start;
	range.len = end - start;
	/* Nothing else lets a thread go that waits in memory no longer registered. */
	for (int i = 0; err && i < TRIES; i++)
		err = call(PGB_OS_UFFD_WAKE, SYS_ioctl, uffd, UFFDIO_WAKE, (long)&range);
	return err;
}

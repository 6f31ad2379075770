/* SPDX-License-Identifier: MIT */
/* kernel_writes.c - system calls that write to memory of the caller's. */
#include "kernel_writes.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness.h"

static const unsigned char text[KERNEL_WRITE_BYTES] = "what the kernel writes";

ssize_t by_read(void *to)
{
	int fds[2];
	ssize_t got;

	check_int(pipe(fds), 0);
	check_int(write(fds[1], text, KERNEL_WRITE_BYTES), KERNEL_WRITE_BYTES);
	got = read(fds[0], to, KERNEL_WRITE_BYTES);
	close(fds[0]);
	close(fds[1]);
	return got;
}

ssize_t by_recv(void *to)
{
	int fds[2];
	ssize_t got;

	check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	check_int(send(fds[0], text, KERNEL_WRITE_BYTES, 0), KERNEL_WRITE_BYTES);
	got = recv(fds[1], to, KERNEL_WRITE_BYTES, 0);
	close(fds[0]);
	close(fds[1]);
	return got;
}

ssize_t by_pread(void *to)
{
	int fd = memfd_create("text", 0);
	ssize_t got;

	check_int(write(fd, text, KERNEL_WRITE_BYTES), KERNEL_WRITE_BYTES);
	got = pread(fd, to, KERNEL_WRITE_BYTES, 0);
	close(fd);
	return got;
}

ssize_t by_readv(void *to)
{
	struct iovec parts[2] = {{to, 10}, {(char *)to + 10, KERNEL_WRITE_BYTES - 10}};
	int fds[2];
	ssize_t got;

	check_int(pipe(fds), 0);
	check_int(write(fds[1], text, KERNEL_WRITE_BYTES), KERNEL_WRITE_BYTES);
	got = readv(fds[0], parts, 2);
	close(fds[0]);
	close(fds[1]);
	return got;
}

ssize_t by_process_vm_writev(void *to)
{
	struct iovec local = {(void *)text, KERNEL_WRITE_BYTES},
		     remote = {to, KERNEL_WRITE_BYTES};

	return process_vm_writev(getpid(), &local, 1, &remote, 1, 0);
}

ssize_t by_getcwd(void *to)
{
	return getcwd(to, KERNEL_WRITE_BYTES) ? KERNEL_WRITE_BYTES : -1;
}

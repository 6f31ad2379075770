/* SPDX-License-Identifier: MIT */
/*
 * syscalls.c - let the kernel write into old pages of the collector's heap.
 *
 * A young object's only reference goes through a file into an old buffer.  Where libgc
 * write-protects pages the call fails with EFAULT; where the write is not noticed the
 * object is freed.  Prints for each call how often it succeeded, and exits 1 if an object
 * was lost, or, without "tolerate" as the argument, if a call failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#define BUFFERS	     2048
#define BUFFER_WORDS 250 /* two buffers to a page */
#define ROUNDS	     40000
#define YOUNG_WORDS  24
#define GARBAGE	     3000 /* bytes for each round, so that collections are frequent */

struct young {
	uint64_t tag;
	uint64_t rest[YOUNG_WORDS];
};

/* Where the references pass through; the collector sees none of it. */
static int pipe_ends[2], socket_ends[2], file;

static ssize_t by_read(void *buffer, const void *message, size_t size)
{
	return write(pipe_ends[1], message, size) < 0 ? -1
						      : read(pipe_ends[0], buffer, size);
}

static ssize_t by_readv(void *buffer, const void *message, size_t size)
{
	struct iovec parts[2] = {
		{buffer, size / 2},
		{(char *)buffer + size / 2, size - size / 2},
	};

	return write(pipe_ends[1], message, size) < 0 ? -1 : readv(pipe_ends[0], parts, 2);
}

static ssize_t by_pread(void *buffer, const void *message, size_t size)
{
	return pwrite(file, message, size, 0) < 0 ? -1 : pread(file, buffer, size, 0);
}

static ssize_t by_recv(void *buffer, const void *message, size_t size)
{
	return send(socket_ends[1], message, size, 0) < 0
		       ? -1
		       : recv(socket_ends[0], buffer, size, 0);
}

static ssize_t by_recvmsg(void *buffer, const void *message, size_t size)
{
	struct iovec part = {buffer, size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	return send(socket_ends[1], message, size, 0) < 0
		       ? -1
		       : recvmsg(socket_ends[0], &header, 0);
}

static ssize_t by_process_vm_readv(void *buffer, const void *message, size_t size)
{
	struct iovec local = {buffer, size};
	struct iovec remote = {(void *)message, size};

	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

/* Calls that put something of their own into the buffer. */
static ssize_t by_getcwd(void *buffer, size_t size)
{
	return getcwd(buffer, size) ? (ssize_t)size : -1;
}

static ssize_t by_fstat(void *buffer, size_t size)
{
	return size < sizeof(struct stat) || fstat(file, buffer) ? -1 : (ssize_t)size;
}

static ssize_t by_getrandom(void *buffer, size_t size)
{
	return getrandom(buffer, size, 0);
}

static struct call {
	const char *name;
	ssize_t (*transfer)(void *buffer, const void *message, size_t size);
	ssize_t (*fill)(void *buffer, size_t size);
	unsigned long tried, succeeded;
} calls[] = {
	{"read", by_read, NULL, 0, 0},
	{"readv", by_readv, NULL, 0, 0},
	{"pread", by_pread, NULL, 0, 0},
	{"recv", by_recv, NULL, 0, 0},
	{"recvmsg", by_recvmsg, NULL, 0, 0},
	{"process_vm_readv", by_process_vm_readv, NULL, 0, 0},
	{"getcwd", NULL, by_getcwd, 0, 0},
	{"fstat", NULL, by_fstat, 0, 0},
	{"getrandom", NULL, by_getrandom, 0, 0},
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static struct young **buffers[BUFFERS];

/* Outside of the collector's sight: the tag that the object in each buffer must have. */
static uint64_t *expected;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "syscalls: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void open_files(void)
{
	if (pipe(pipe_ends) || socketpair(AF_UNIX, SOCK_DGRAM, 0, socket_ends))
		die("pipe, socketpair");
	file = memfd_create("syscalls", 0);
	if (file < 0)
		die("memfd_create");
	expected = mmap(NULL, BUFFERS * sizeof(*expected), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (expected == MAP_FAILED)
		die("mmap");
}

/* What a failed transfer left in a pipe must not be taken for the next one. */
static void drain(void)
{
	char rest[64];

	if (fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK) < 0)
		die("fcntl");
	while (read(pipe_ends[0], rest, sizeof(rest)) > 0)
		;
	while (recv(socket_ends[0], rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
}

static void check(unsigned index)
{
	const struct young *young = buffers[index][0];

	if (!expected[index] ||
	    (GC_base((void *)young) == young && young->tag == expected[index]))
		return;
	fprintf(stderr, "syscalls: the object in buffer %u was lost\n", index);
	exit(EXIT_FAILURE);
}

/* Buffer word 0 takes the reference; what the other calls write goes behind it. */
static void __attribute__((noinline))
call_once(struct call *call, unsigned index, uint64_t tag)
{
	const size_t room = (BUFFER_WORDS - 1) * sizeof(void *);
	struct young *young;
	ssize_t done;

	call->tried++;
	if (!call->transfer) {
		if (call->fill(buffers[index] + 1, room) > 0)
			call->succeeded++;
		return;
	}
	young = GC_MALLOC(sizeof(*young));
	young->tag = tag;
	done = call->transfer(buffers[index], &young, sizeof(void *));
	if (done == sizeof(void *)) {
		call->succeeded++;
	} else {
		drain();
		buffers[index][0] = young;
	}
	expected[index] = tag;
}

static int report(bool tolerate)
{
	unsigned long failed = 0;
	size_t i;

	for (i = 0; i < CALLS; i++) {
		printf("%s %lu of %lu\n", calls[i].name, calls[i].succeeded,
		       calls[i].tried);
		failed += calls[i].tried - calls[i].succeeded;
	}
	return failed && !tolerate ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	uint64_t tag = UINT64_C(1) << 63;
	unsigned i;

	GC_INIT();
	open_files();
	for (i = 0; i < BUFFERS; i++)
		buffers[i] = GC_MALLOC(BUFFER_WORDS * sizeof(void *));
	for (i = 0; i < ROUNDS; i++) {
		unsigned index = (i * 769u) % BUFFERS;

		check(index);
		GC_MALLOC_ATOMIC(GARBAGE);
		call_once(&calls[i % CALLS], index, ++tag);
	}
	for (i = 0; i < BUFFERS; i++)
		check(i);
	return report(argc > 1 && !strcmp(argv[1], "tolerate"));
}

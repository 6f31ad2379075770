/* SPDX-License-Identifier: MIT */
/*
 * thread.h - a thread that the program does not notice.
 *
 * Not pthread_create(3): that allocates and takes locks, so that it cannot be called with
 * the world stopped, where a barrier has to be set up anew in a child of fork(2); and a
 * collector may have replaced it, and would wait for our thread when it stops the world.
 *
 * It shares the program's memory, but not its table of descriptors: it has a copy of one
 * descriptor and no others.  So nothing that the program closes takes it away, and nothing
 * that the program closes is kept open by us.  It takes no signals.
 *
 * It has no libc: no errno, no thread-local storage, no stack protector.  What it runs
 * makes system calls by the functions below alone, and is marked PGB_THREAD_CODE.
 */
#ifndef PGB_OS_THREAD_H
#define PGB_OS_THREAD_H

#include <atomic_ops.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __clang__
#define PGB_THREAD_CODE                                                                    \
	__attribute__((no_stack_protector, no_sanitize("address", "thread", "undefined")))
#else
#define PGB_THREAD_CODE                                                                    \
	__attribute__((no_stack_protector, no_sanitize_address, no_sanitize_thread,        \
		       no_sanitize_undefined))
#endif

typedef void pgb_thread_code(int fd, void *arg);

struct pgb_thread {
	void *stack;
	pgb_thread_code *run;
	void *arg;
	int fd;
	unsigned state; /* a futex: what the thread has come to */
	unsigned id;	/* of the kernel, which clears it; a futex; 0: there is none */
};

/* Reserve what it takes to start one, again and again.  -ENOMEM */
int pgb_thread_init(struct pgb_thread *thread);
void pgb_thread_destroy(struct pgb_thread *thread);

/*
 * Run `run(fd, arg)` in a new thread, which is set up when this returns.  World-stopped
 * safe, also in a child of fork(2), where the parent's thread does not exist.
 *
 * -EAGAIN, -ENOMEM, -EPERM  from clone(2).
 * -ENOSYS  no close_range(2) (5.9), or not on x86-64 or arm64, or under valgrind.
 */
int pgb_thread_start(struct pgb_thread *thread, pgb_thread_code *run, int fd, void *arg);

bool pgb_thread_is_running(const struct pgb_thread *thread);

/* Wait until `run` has returned.  World-stopped safe, if it returns without being asked. */
void pgb_thread_join(struct pgb_thread *thread);

/* In a child of fork(2): there is none. */
void pgb_thread_forget(struct pgb_thread *thread);

/* Returns what the kernel returns: -1 to -4095 is an error. */
long pgb_thread_syscall(long number, long a, long b, long c);

#endif

/* SPDX-License-Identifier: MIT */
/* thread.c - a thread that the program does not notice. */
#include "os/thread.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/memory.h"
#include "os/uapi.h"
#include "os/valgrind.h"

#define STACK_SIZE ((size_t)64 << 10)

/* What the kernel takes: one bit for each signal, glibc's own two among them. */
typedef uint64_t kernel_sigset;

enum state {
	STARTING,
	RUNNING,
	REFUSED, /* it could not have descriptors of its own */
};

#if defined(__x86_64__)
PGB_THREAD_CODE long pgb_thread_syscall(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
PGB_THREAD_CODE long pgb_thread_syscall(long number, long a, long b, long c)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#else
#define NOT_HERE
long pgb_thread_syscall(long number, long a, long b, long c)
{
	(void)number, (void)a, (void)b, (void)c;
	return -ENOSYS;
}
#endif

int pgb_thread_init(struct pgb_thread *thread)
{
	*thread = (struct pgb_thread){.stack = pgb_memory_map(STACK_SIZE), .fd = -1};
	return thread->stack ? 0 : -ENOMEM;
}

void pgb_thread_destroy(struct pgb_thread *thread)
{
	pgb_memory_unmap(thread->stack, STACK_SIZE);
	thread->stack = NULL;
}

/* Its table is a copy until it has closed all but one; from then on it is its own. */
PGB_THREAD_CODE static bool keep_only(int fd)
{
	if (fd > 0 && pgb_thread_syscall(SYS_close_range, 0, fd - 1, 0))
		return false;
	return !pgb_thread_syscall(SYS_close_range, fd + 1L, UINT_MAX, 0);
}

PGB_THREAD_CODE static int begin(void *arg)
{
	struct pgb_thread *thread = arg;
	bool has_own = keep_only(thread->fd);

	AO_int_store_full(&thread->state, has_own ? RUNNING : REFUSED);
	pgb_thread_syscall(SYS_futex, (long)&thread->state, FUTEX_WAKE_PRIVATE, 1);
	if (has_own)
		thread->run(thread->fd, thread->arg);
	/* Not left to the end of the thread, which comes after who joins it was woken. */
	pgb_thread_syscall(SYS_close, thread->fd, 0, 0);
	return 0;
}

static void futex_wait(unsigned *word, unsigned value, int operation)
{
	syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

/* errno is the caller's. */
static long change_mask(int how, const kernel_sigset *set, kernel_sigset *old)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, sizeof(*set));
}

static int clone_thread(struct pgb_thread *thread)
{
	int flags = CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		    CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
	kernel_sigset all = ~(kernel_sigset)0, old;
	int id;

	change_mask(SIG_BLOCK, &all, &old);
	id = PGB_OS_CALL(PGB_OS_CLONE,
			 clone(begin, (char *)thread->stack + STACK_SIZE, flags, thread,
			       (pid_t *)&thread->id, NULL, (pid_t *)&thread->id));
	if (id < 0)
		id = -errno;
	change_mask(SIG_SETMASK, &old, NULL);
	return id < 0 ? id : 0;
}

int pgb_thread_start(struct pgb_thread *thread, pgb_thread_code *run, int fd, void *arg)
{
	int saved = errno, err;

#ifdef NOT_HERE
	return -ENOSYS;
#endif
	/* It would end the process. */
	if (pgb_runs_on_valgrind())
		return -ENOSYS;
	thread->run = run;
	thread->fd = fd;
	thread->arg = arg;
	thread->state = STARTING;
	err = clone_thread(thread);
	while (!err && AO_int_load_full(&thread->state) == STARTING)
		futex_wait(&thread->state, STARTING, FUTEX_WAIT_PRIVATE);
	if (!err && thread->state == REFUSED) {
		pgb_thread_join(thread);
		err = -ENOSYS;
	}
	errno = saved;
	return err;
}

bool pgb_thread_is_running(const struct pgb_thread *thread)
{
	return AO_int_load_full(&thread->id);
}

/* The kernel's wake at the end of a thread is not a private one. */
void pgb_thread_join(struct pgb_thread *thread)
{
	int saved = errno;
	unsigned id;

	while ((id = AO_int_load_full(&thread->id)))
		futex_wait(&thread->id, id, FUTEX_WAIT);
	errno = saved;
}

void pgb_thread_forget(struct pgb_thread *thread)
{
	thread->id = 0;
}

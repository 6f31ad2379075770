/* SPDX-License-Identifier: MIT */
/*
 * inject.h - where tests make the kernel say no.
 *
 * Every system call and ioctl of src/os that can fail is made inside one of the macros
 * below, under a name of its own.  A test sets a hook, which is asked before each and may
 * have it fail.  No hook costs a load and a branch.  None of this can be seen
 * in what is installed.
 *
 * To add a call: a name in the enum, a line in the table of inject.c, the macro around it.
 */
#ifndef PGB_OS_INJECT_H
#define PGB_OS_INJECT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

enum pgb_os_call {
	PGB_OS_MMAP,
	PGB_OS_MUNMAP,
	PGB_OS_MADVISE,
	PGB_OS_MPROTECT,
	PGB_OS_MREMAP,
	PGB_OS_CLEAR_REFS_OPEN,
	PGB_OS_CLEAR_REFS_WRITE,
	PGB_OS_CLONE,
	PGB_OS_FCNTL,
	PGB_OS_FSTAT,
	PGB_OS_KMOD_OPEN,
	PGB_OS_KMOD_INFO,
	PGB_OS_KMOD_CREATE,
	PGB_OS_KMOD_CLONE,
	PGB_OS_KMOD_RELEASE,
	PGB_OS_KMOD_LOG,
	PGB_OS_KMOD_HARVEST,
	PGB_OS_KMOD_DISCARD,
	PGB_OS_MAPS_OPEN,
	PGB_OS_MAPS_READ,
	PGB_OS_PAGEMAP_OPEN,
	PGB_OS_PAGEMAP_SCAN,
	PGB_OS_PAGEMAP_READ,
	PGB_OS_PEEK,
	PGB_OS_UFFD_CALL,
	PGB_OS_UFFD_DEVICE_OPEN,
	PGB_OS_UFFD_DEVICE_NEW,
	PGB_OS_UFFD_API,
	PGB_OS_UFFD_REGISTER,
	PGB_OS_UFFD_UNREGISTER,
	PGB_OS_UFFD_PROTECT,
	PGB_OS_UFFD_READ,
	PGB_OS_UFFD_WAKE,
	PGB_OS_UFFD_COPY,
	PGB_OS_UFFD_ZERO,
	PGB_OS_UFFD_CONTINUE,
	PGB_OS_UFFD_POISON,
	PGB_OS_UFFD_MOVE,
	PGB_OS_CALLS, /* how many there are */
};

/* "UFFDIO_REGISTER"; static. */
const char *pgb_os_call_name(enum pgb_os_call call);

/* Can it come back with less than was asked for? */
bool pgb_os_call_can_be_short(enum pgb_os_call call);

/* What a hook answers: 0: make the call; a negative errno: fail so; or this. */
#define PGB_OS_SHORT 1

/*
 * Asked in whatever thread makes the call, in a signal handler and with the world stopped
 * too.  errno is the hook's to change.
 */
typedef int pgb_os_hook(enum pgb_os_call call);

/* NULL: none.  While no other thread is in src/os. */
void pgb_os_set_hook(pgb_os_hook *hook);

extern pgb_os_hook *pgb_os_hook_in_force;

static inline int pgb_os_ask(enum pgb_os_call call)
{
	return __builtin_expect(!pgb_os_hook_in_force, 1) ? 0 : pgb_os_hook_in_force(call);
}

static inline bool pgb_os_fails(int answer)
{
	if (answer >= 0)
		return false;
	errno = -answer;
	return true;
}

/*
 * `expression` makes the system call, which gives -1 and sets errno when it fails.  A call
 * that a signal interrupted is made again.
 */
#define PGB_OS_CALL(call, expression) PGB_OS_AGAIN(PGB_OS_CALL_ONCE(call, expression))

/* For what must not be made again: an interrupted call may have done part of its work. */
#define PGB_OS_CALL_ONCE(call, expression)                                                 \
	(pgb_os_fails(pgb_os_ask(call)) ? (__typeof__(expression))-1 : (expression))

/*
 * Once, and maybe less than was asked for: `size`, an lvalue that `expression` goes by, is
 * cut to `least` when the hook says PGB_OS_SHORT.
 */
#define PGB_OS_CALL_SHORT(call, size, least, expression)                                   \
	({                                                                                 \
		int answer_ = pgb_os_ask(call);                                            \
                                                                                           \
		if (answer_ == PGB_OS_SHORT && (size) > (least))                           \
			(size) = (least);                                                  \
		pgb_os_fails(answer_) ? (__typeof__(expression))-1 : (expression);         \
	})

#define PGB_OS_AGAIN(expression)                                                           \
	({                                                                                 \
		__typeof__(expression) result_;                                            \
                                                                                           \
		do                                                                         \
			result_ = (expression);                                            \
		while (result_ == (__typeof__(expression))-1 && errno == EINTR);           \
		result_;                                                                   \
	})

#endif

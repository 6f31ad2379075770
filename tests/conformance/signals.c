/* SPDX-License-Identifier: MIT */
/*
 * signals.c - a program's own handlers of SIGSEGV and SIGBUS, beside the library's.
 *
 * Faults that are not the barrier's go where they would have gone without it.  All in
 * children, since the handlers are the process's.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/uapi.h"
#include "os/userfaultfd.h"
#include "watch.h"

#define PAGES 16

/* The signal that the program handles in this case. */
static int own;

/* What the program's handler has seen; and the page that it makes accessible. */
static struct {
	volatile int calls;
	void *volatile address;
	volatile int code;
	void *forbidden;
	int file; /* whose end decides, if own is SIGBUS */
	size_t page;
	struct watch *watch; /* written to by the handler, if set */
	sigset_t mask;	     /* in force while the handler ran */
} seen;

/* Memory that is protected raises SIGSEGV, memory past the end of its file SIGBUS. */
static int set_access(bool allowed)
{
	if (own == SIGBUS)
		return ftruncate(seen.file, allowed ? (off_t)seen.page : 0);
	return mprotect(seen.forbidden, seen.page,
			allowed ? PROT_READ | PROT_WRITE : PROT_NONE);
}

static void see(const siginfo_t *info)
{
	seen.calls++;
	if (info) {
		seen.address = info->si_addr;
		seen.code = info->si_code;
	}
	pthread_sigmask(SIG_BLOCK, NULL, &seen.mask);
	if (seen.watch)
		watch_write(seen.watch, 7);
	/* One that cannot be mended would come back for ever. */
	if (seen.calls > 100 || set_access(true))
		_exit(98);
}

static void with_info(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	see(info);
}

static void without_info(int signal)
{
	(void)signal;
	see(NULL);
}

static void forbid(size_t page_size)
{
	seen.calls = 0;
	seen.page = page_size;
	seen.file = memfd_create("forbidden", 0);
	check(seen.file >= 0);
	seen.forbidden =
		mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, seen.file, 0);
	check(seen.forbidden != MAP_FAILED);
	check_int(ftruncate(seen.file, (off_t)page_size), 0);
	check_int(set_access(false), 0);
}

static void must_see_one_fault(void)
{
	int before = seen.calls;

	check_int(set_access(false), 0);
	*(volatile char *)seen.forbidden = 1;
	check_int(seen.calls, before + 1);
}

static void install(int flags, void (*plain)(int),
		    void (*informed)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_flags = flags};

	if (informed) {
		action.sa_sigaction = informed;
		action.sa_flags |= SA_SIGINFO;
	} else {
		action.sa_handler = plain;
	}
	check_int(sigaction(own, &action, NULL), 0);
}

static void must_be_installed(void *handler, int flags)
{
	struct sigaction now;

	check_int(sigaction(own, NULL, &now), 0);
	check((void *)now.sa_sigaction == handler);
	check_int(now.sa_flags & (SA_SIGINFO | SA_NODEFER | SA_ONSTACK | (int)SA_RESETHAND),
		  flags);
}

static void own_handler_in(void *arg)
{
	struct watch watch;

	install(SA_NODEFER, NULL, with_info);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	/* Faults of both kinds, in turns. */
	for (size_t i = 0; i < PAGES; i++) {
		int before = seen.calls;

		watch_write(&watch, i);
		check_int(seen.calls, before);
		must_see_one_fault();
		check(seen.address == seen.forbidden);
		check_int(seen.code, own == SIGBUS ? BUS_ADRERR : SEGV_ACCERR);
	}
	watch_harvest(&watch);
	watch_must_report(&watch, 0, PAGES);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
	must_be_installed((void *)with_info, SA_SIGINFO | SA_NODEFER);
	must_see_one_fault();
}

static void own_handler(const struct pgb_backend_info *backend)
{
	child_run(own_handler_in, (void *)backend);
}

static void plain_handler_in(void *arg)
{
	struct watch watch;

	install(0, without_info, NULL);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	watch_write(&watch, 3);
	check_int(seen.calls, 0);
	must_see_one_fault();
	must_see_one_fault();
	watch_harvest(&watch);
	watch_must_report_only(&watch, 3, 1);
	watch_close(&watch);
	must_be_installed((void *)without_info, 0);
}

static void plain_handler(const struct pgb_backend_info *backend)
{
	child_run(plain_handler_in, (void *)backend);
}

/* Without the barrier the write would just have worked, also inside the handler. */
static void handler_writes_in(void *arg)
{
	struct watch watch;

	install(0, NULL, with_info);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	seen.watch = &watch;
	must_see_one_fault();
	watch_harvest(&watch);
	watch_must_report_only(&watch, 7, 1);
	watch_close(&watch);
}

static void handler_writes(const struct pgb_backend_info *backend)
{
	child_run(handler_writes_in, (void *)backend);
}

/* The program's handler runs with the signals blocked that it asked for, and no others. */
static void handler_mask_in(void *arg)
{
	struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO};
	struct watch watch;

	sigaddset(&action.sa_mask, SIGUSR2);
	check_int(sigaction(own, &action, NULL), 0);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	must_see_one_fault();
	check_int(sigismember(&seen.mask, SIGUSR2), 1);
	check_int(sigismember(&seen.mask, SIGUSR1), 0);
	check_int(sigismember(&seen.mask, SIGALRM), 0);
	watch_close(&watch);
}

static void handler_mask(const struct pgb_backend_info *backend)
{
	child_run(handler_mask_in, (void *)backend);
}

static sigjmp_buf landing;

static void jump_out(int signal)
{
	(void)signal;
	siglongjmp(landing, 1);
}

static void handler_jumps_in(void *arg)
{
	volatile int landed = 0;
	struct watch watch;

	install(0, jump_out, NULL);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	while (landed < 5) {
		if (!sigsetjmp(landing, 1))
			*(volatile char *)seen.forbidden = 1;
		landed++;
		watch_write(&watch, 5);
		watch_harvest(&watch);
		watch_must_report_only(&watch, 5, 1);
	}
	watch_close(&watch);
}

static void handler_jumps(const struct pgb_backend_info *backend)
{
	child_run(handler_jumps_in, (void *)backend);
}

/* A handler of stack overflows, which can run on no other stack. */
#define ALTERNATE_STACK (64 << 10)

static void overflowed(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
	_exit(42);
}

static volatile bool enough;

__attribute__((noinline)) static int overflow(const volatile char *above)
{
	volatile char frame[1024];

	frame[0] = above ? above[0] : 0;
	return enough ? 0 : overflow(frame) + frame[0];
}

static void stack_overflow_in(void *arg)
{
	static char stack[ALTERNATE_STACK];
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct watch watch;

	check_int(sigaltstack(&alternate, NULL), 0);
	check_int(setrlimit(RLIMIT_STACK, &(struct rlimit){1 << 20, 1 << 20}), 0);
	own = SIGSEGV;
	install(SA_ONSTACK, NULL, overflowed);
	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 1);
	overflow(NULL);
}

static void stack_overflow(const struct pgb_backend_info *backend)
{
	int status = child_wait(child_start(stack_overflow_in, (void *)backend));

	check(WIFEXITED(status));
	check_int(WEXITSTATUS(status), 42);
}

static void no_core(void)
{
	check_int(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}), 0);
}

static void default_action_in(void *arg)
{
	struct watch watch;

	no_core();
	install(0, SIG_DFL, NULL);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	watch_write(&watch, 1);
	*(volatile char *)seen.forbidden = 1;
}

static void default_action(const struct pgb_backend_info *backend)
{
	int status = child_wait(child_start(default_action_in, (void *)backend));

	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), own);
}

/* A handler that asked for it is called once. */
static void handler_called_once_in(void *arg)
{
	struct watch watch;

	no_core();
	install((int)SA_RESETHAND, NULL, with_info);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	watch_write(&watch, 1);
	must_see_one_fault();
	watch_must_work(&watch, 0, PAGES);
	must_see_one_fault();
}

static void spent_handler_stays_so_in(void *arg)
{
	struct watch watch;

	install((int)SA_RESETHAND, NULL, with_info);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	must_see_one_fault();
	watch_close(&watch);
	must_be_installed((void *)SIG_DFL, SA_SIGINFO | (int)SA_RESETHAND);
	/* No handler, whatever the flags say. */
	install(SA_SIGINFO, SIG_IGN, NULL);
	watch_open(&watch, arg, PAGES);
	check_int(kill(getpid(), own), 0);
	watch_close(&watch);
}

static void handler_called_once(const struct pgb_backend_info *backend)
{
	int status = child_wait(child_start(handler_called_once_in, (void *)backend));

	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), own);
	child_run(spent_handler_stays_so_in, (void *)backend);
}

/* A fault cannot be ignored: the kernel kills, rather than let it come back for ever. */
static void ignored_fault_in(void *arg)
{
	struct watch watch;

	no_core();
	install(0, SIG_IGN, NULL);
	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_arm(&watch);
	/* Sent by kill(2) it can be ignored. */
	check_int(kill(getpid(), own), 0);
	watch_write(&watch, 1);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 1, 1);
	*(volatile char *)seen.forbidden = 1;
}

static void ignored_fault(const struct pgb_backend_info *backend)
{
	int status = child_wait(child_start(ignored_fault_in, (void *)backend));

	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), own);
}

static void sent_signal_in(void *arg)
{
	struct watch watch;

	no_core();
	install(0, SIG_DFL, NULL);
	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	kill(getpid(), own);
}

static void sent_signal(const struct pgb_backend_info *backend)
{
	int status = child_wait(child_start(sent_signal_in, (void *)backend));

	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), own);
}

static void two_barriers_in(void *arg)
{
	struct watch one, other;

	install(0, NULL, with_info);
	watch_open(&one, arg, PAGES);
	watch_open(&other, arg, PAGES);
	forbid(one.page);
	watch_arm(&one);
	watch_arm(&other);
	must_see_one_fault();
	watch_close(&one);
	watch_write(&other, 4);
	must_see_one_fault();
	watch_harvest(&other);
	watch_must_report_only(&other, 4, 1);
	watch_close(&other);
	must_be_installed((void *)with_info, SA_SIGINFO);
	must_see_one_fault();
	check_int(seen.calls, 3);
}

static void two_barriers(const struct pgb_backend_info *backend)
{
	child_run(two_barriers_in, (void *)backend);
}

/* What a program installs while a barrier is open is not undone by closing it. */
static void installed_later_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	install(0, NULL, with_info);
	watch_close(&watch);
	must_be_installed((void *)with_info, SA_SIGINFO);
	must_see_one_fault();
	/* A barrier that is opened now works, and leaves no less behind. */
	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 6);
	check_int(seen.calls, 1);
	must_see_one_fault();
	watch_harvest(&watch);
	watch_must_report_only(&watch, 6, 1);
	watch_close(&watch);
	must_be_installed((void *)with_info, SA_SIGINFO);
	must_see_one_fault();
	check_int(seen.calls, 3);
}

static void installed_later(const struct pgb_backend_info *backend)
{
	child_run(installed_later_in, (void *)backend);
}

/* A handler over ours that passes nothing on; from the next harvest on that is no matter.
 */
static void covered_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	install(0, NULL, with_info);
	forbid(watch.page);
	watch_arm(&watch);
	for (size_t i = 0; i < PAGES; i++) {
		watch_write(&watch, i);
		watch_harvest(&watch);
		watch_must_report_only(&watch, i, 1);
		check_int(seen.calls, (int)i);
		must_see_one_fault();
	}
	watch_close(&watch);
	must_be_installed((void *)with_info, SA_SIGINFO);
	must_see_one_fault();
}

static void covered(const struct pgb_backend_info *backend)
{
	child_run(covered_in, (void *)backend);
}

/* There is an end to it: then nothing is armed, since a fault would be the program's. */
static void covered_again_and_again_in(void *arg)
{
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	forbid(watch.page);
	watch_write_range(&watch, 0, PAGES);
	watch_add(&watch, 0, PAGES);
	for (size_t i = 0; i < 30; i++) {
		if (i % 2)
			install(0, NULL, with_info);
		else
			install(0, without_info, NULL);
		watch_try_harvest(&watch);
		watch_write(&watch, 3);
		check_int(seen.calls, 0);
		watch_try_harvest(&watch);
		watch_must_report(&watch, 3, 1);
	}
	watch_close(&watch);
}

static void covered_again_and_again(const struct pgb_backend_info *backend)
{
	child_run(covered_again_and_again_in, (void *)backend);
}

/* Signals of the program come in while pages are written, and write pages themselves. */
static struct watch *interrupted;

static void write_in_handler(int signal)
{
	(void)signal;
	watch_write_range(interrupted, 8, 8);
}

static void interrupted_writes_in(void *arg)
{
	struct sigaction action = {.sa_handler = write_in_handler, .sa_flags = SA_RESTART};
	const struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	size_t rounds = scaled(2000);
	struct watch watch;

	watch_open(&watch, arg, PAGES);
	watch_arm(&watch);
	interrupted = &watch;
	check_int(sigaction(SIGVTALRM, &action, NULL), 0);
	check_int(setitimer(ITIMER_VIRTUAL, &often, NULL), 0);
	for (size_t i = 0; i < rounds; i++) {
		watch_write_range(&watch, 0, 8);
		watch_harvest(&watch);
		watch_must_report(&watch, 0, 8);
	}
	check_int(setitimer(ITIMER_VIRTUAL, &never, NULL), 0);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void interrupted_writes(const struct pgb_backend_info *backend)
{
	child_run(interrupted_writes_in, (void *)backend);
}

/* The action that the program's handler was put on top of, and hands on to. */
static struct sigaction covered_action;

static void remove_and_hand_on(int signal, siginfo_t *info, void *context)
{
	if (++seen.calls == 1)
		watch_remove(seen.watch, 3, 1);
	covered_action.sa_sigaction(signal, info, context);
}

/* As when another thread removes the range between a fault and its handler. */
static void removed_under_a_fault(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(sigaction(own, NULL, &covered_action), 0);
	seen.calls = 0;
	seen.watch = &watch;
	install(0, NULL, remove_and_hand_on);
	watch_write(&watch, 3);
	if (!seen.calls) /* the backend takes another signal, or none */
		watch_remove(&watch, 3, 1);
	watch_write(&watch, 4);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 4, 1);
	watch_close(&watch);
}

/* Watched memory is gone, and what is there now is not the barrier's. */
static void file_over_watched_memory(const struct pgb_backend_info *backend)
{
	struct watch watch;
	void *over;

	own = SIGBUS;
	install(0, NULL, with_info);
	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	forbid(watch.page);
	over = watch_page(&watch, 5);
	check(mmap(over, watch.page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   seen.file, 0) == over);
	for (int round = 1; round < 4; round++) {
		check_int(set_access(false), 0);
		watch_write(&watch, 5);
		check_int(seen.calls, round);
		watch_try_harvest(&watch);
		watch_must_report(&watch, 5, 1);
	}
	watch_close(&watch);
}

/* A program may write-protect memory of its own with a userfaultfd of its own. */
static struct {
	int fd;
	uintptr_t page;
	size_t page_size;
	volatile int faults;
} protected;

static void unprotect(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	protected.faults++;
	if (info->si_addr != (void *)protected.page ||
	    pgb_uffd_unprotect(protected.fd, protected.page,
			       protected.page + protected.page_size))
		_exit(98);
}

static void own_userfaultfd(const struct pgb_backend_info *backend)
{
	char reason[PGB_REASON_SIZE];
	struct watch watch;

	protected.fd = pgb_uffd_open(PGB_UFFD_USER,
				     UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP,
				     NULL, reason, sizeof(reason));
	if (protected.fd < 0)
		skip_because("%s", reason);
	own = SIGBUS;
	install(0, NULL, unprotect);
	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	protected.page_size = watch.page;
	protected.page = (uintptr_t)mmap(NULL, watch.page, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int round = 1; round < 4; round++) {
		*(volatile char *)protected.page = 1;
		check_int(protected.faults, round - 1);
		pgb_uffd_register(protected.fd, protected.page,
				  protected.page + watch.page);
		check_int(pgb_uffd_protect(protected.fd, protected.page,
					   protected.page + watch.page),
			  0);
		*(volatile char *)protected.page = 2;
		check_int(protected.faults, round);
		watch_must_work(&watch, 0, PAGES);
	}
	watch_close(&watch);
}

static void no_handler(const struct pgb_backend_info *backend)
{
	struct sigaction before[NSIG], now;
	struct watch watch;

	for (int signal = 1; signal < NSIG; signal++)
		sigaction(signal, NULL, &before[signal]);
	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_must_work(&watch, 0, PAGES);
	for (int signal = 1; signal < NSIG; signal++)
		if (!sigaction(signal, NULL, &now))
			check(now.sa_sigaction == before[signal].sa_sigaction);
	watch_close(&watch);
}

/* Each of these for either signal. */
#define FOR_BOTH(run)                                                                      \
	static void run##_segv(const struct pgb_backend_info *backend)                     \
	{                                                                                  \
		own = SIGSEGV;                                                             \
		run(backend);                                                              \
	}                                                                                  \
	static void run##_bus(const struct pgb_backend_info *backend)                      \
	{                                                                                  \
		own = SIGBUS;                                                              \
		run(backend);                                                              \
	}

FOR_BOTH(own_handler)
FOR_BOTH(plain_handler)
FOR_BOTH(handler_writes)
FOR_BOTH(handler_mask)
FOR_BOTH(handler_jumps)
FOR_BOTH(handler_called_once)
FOR_BOTH(default_action)
FOR_BOTH(ignored_fault)
FOR_BOTH(sent_signal)
FOR_BOTH(two_barriers)
FOR_BOTH(installed_later)
FOR_BOTH(covered)
FOR_BOTH(covered_again_and_again)
FOR_BOTH(removed_under_a_fault)

#define CASES(name, run)                                                                   \
	{"SIGSEGV: " name, run##_segv, 0},                                                 \
	{                                                                                  \
		"SIGBUS: " name, run##_bus, 0                                              \
	}

static const struct conformance_case cases[] = {
	CASES("the program's handler sees its own faults", own_handler),
	CASES("a handler without siginfo", plain_handler),
	CASES("the program's handler may write to watched memory", handler_writes),
	CASES("the program's handler runs with its own mask", handler_mask),
	CASES("the program's handler may jump out", handler_jumps),
	{"a handler of stack overflows", stack_overflow, 0},
	CASES("a handler that is called once", handler_called_once),
	CASES("the default action still kills", default_action),
	CASES("an ignored fault still kills", ignored_fault),
	CASES("a signal sent by kill(2) still kills", sent_signal),
	CASES("two barriers", two_barriers),
	CASES("a handler installed later stays", installed_later),
	CASES("a handler over the library's", covered),
	CASES("handlers over the library's, again and again", covered_again_and_again),
	CASES("a range is removed before its fault is handled", removed_under_a_fault),
	{"signals of the program write to watched memory", interrupted_writes, 0},
	{"the end of a file over watched memory", file_over_watched_memory,
	 PGB_CAP_REMAP_SAFE},
	{"the program's own userfaultfd", own_userfaultfd, 0},
	{"no signal handler is installed", no_handler, PGB_CAP_NO_SIGNALS},
};

CONFORMANCE_MAIN("signals", cases)

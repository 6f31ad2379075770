/* SPDX-License-Identifier: MIT */
/*
 * mprotect.c - read-only pages and a SIGSEGV handler: what works everywhere.
 *
 * The way of Appel, Ellis and Li (PLDI 1988), and what collectors without a compiler's
 * help do to this day.  Its costs are why this project exists: a signal for each first
 * write, a VMA for each run of dirty pages, EFAULT for system calls that write to a
 * protected page.
 *
 * A page is writable if and only if its dirty bit is set, or is about to be: the handler
 * sets the bit before it unprotects, so that the write it lets through is never unseen,
 * and once more after, in case a harvest came in between and cleared it.
 */
#include "backend/backend.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "os/memory.h"
#include "pagebits.h"

struct protector {
	struct pgb_pagebits watched;
	struct pgb_pagebits dirty;
	struct pgb_pagebits harvested; /* of the harvest that is running */
	size_t page_size;
	AO_t next; /* struct protector *, in the list of all */
};

/*
 * The handler serves all barriers of the process.  It counts itself in `inside` before
 * it walks the list, so that close can wait until nobody can hold a removed one.
 */
static struct {
	pthread_mutex_t
		lock; /* of list and action; never taken by a harvest or a handler */
	AO_t list;
	AO_t inside;
	bool installed;
	struct sigaction previous;
} handler = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int protect(uintptr_t start, uintptr_t end, int protection)
{
	return mprotect((void *)start, end - start, protection) ? -errno : 0;
}

/*
 * With max_map_count reached a single page can no longer be unprotected.  All watched
 * memory around it can: that merges VMAs instead of splitting one.
 */
static int unprotect_surroundings(struct protector *p, uintptr_t page)
{
	uintptr_t start = page, end = page + p->page_size;

	while (pgb_pagebits_test(&p->watched, start - p->page_size))
		start -= p->page_size;
	while (pgb_pagebits_test(&p->watched, end))
		end += p->page_size;
	pgb_pagebits_set_range(&p->dirty, start, end);
	return protect(start, end, PROT_READ | PROT_WRITE);
}

/* Was this a write to one of our pages, and may it go on now? */
static bool resolve(struct protector *p, uintptr_t address)
{
	uintptr_t page = address & ~(p->page_size - 1);

	if (!pgb_pagebits_test(&p->watched, page))
		return false;
	pgb_pagebits_set(&p->dirty, page);
	if (protect(page, page + p->page_size, PROT_READ | PROT_WRITE) &&
	    unprotect_surroundings(p, page))
		return false;
	pgb_pagebits_set(&p->dirty, page);
	return true;
}

static bool resolve_by_any(uintptr_t address)
{
	bool resolved = false;
	struct protector *p;

	AO_fetch_and_add1_full(&handler.inside);
	for (p = (struct protector *)AO_load_acquire(&handler.list); p && !resolved;
	     p = (struct protector *)AO_load_acquire(&p->next))
		resolved = resolve(p, address);
	AO_fetch_and_sub1_full(&handler.inside);
	return resolved;
}

/* Where the kernel says it; elsewhere a read that faults on our page is taken for one. */
static bool is_write(const void *context)
{
#ifdef __x86_64__
	return ((const ucontext_t *)context)->uc_mcontext.gregs[REG_ERR] & 2;
#else
	(void)context;
	return true;
#endif
}

/* Not ours: do what would have been done without us. */
static void pass_on(int signal, siginfo_t *info, void *context)
{
	const struct sigaction *previous = &handler.previous;
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t mask;

	if (!(previous->sa_flags & SA_SIGINFO) && previous->sa_handler == SIG_IGN &&
	    info->si_code <= 0)
		return; /* sent by kill(2) and ignored; a fault cannot be */
	if (!(previous->sa_flags & SA_SIGINFO) &&
	    (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN)) {
		sigaction(signal, &standard, NULL);
		if (info->si_code <= 0)
			raise(signal);
		return; /* a fault happens again, and kills with its own address */
	}
	pthread_sigmask(SIG_BLOCK, &previous->sa_mask, &mask);
	if (previous->sa_flags & SA_SIGINFO)
		previous->sa_sigaction(signal, info, context);
	else
		previous->sa_handler(signal);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	/* Protection faults alone: an address without memory is nobody's barrier. */
	if (info->si_code != SEGV_ACCERR || !is_write(context) ||
	    !resolve_by_any((uintptr_t)info->si_addr))
		pass_on(signal, info, context);
	errno = saved;
}

/*
 * All signals wait while a fault is resolved, those that stop the world too.  On the
 * alternate stack if there is one: the fault may be due to an overflow of the other.
 */
static int install(void)
{
	struct sigaction action = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};

	if (handler.installed)
		return 0;
	sigfillset(&action.sa_mask);
	if (sigaction(SIGSEGV, &action, &handler.previous))
		return -errno;
	handler.installed = true;
	return 0;
}

/*
 * Only if nobody has installed a handler over ours, who may pass faults on to it; then
 * it stays, and passes on all there is.
 */
static void uninstall(void)
{
	struct sigaction now;

	if (sigaction(SIGSEGV, NULL, &now) || now.sa_sigaction != on_fault)
		return;
	sigaction(SIGSEGV, &handler.previous, NULL);
	handler.installed = false;
}

static int enlist(struct protector *p)
{
	int err;

	pthread_mutex_lock(&handler.lock);
	err = install();
	if (!err) {
		p->next = handler.list;
		AO_store_full(&handler.list, (AO_t)p);
	}
	pthread_mutex_unlock(&handler.lock);
	return err;
}

static void delist(struct protector *p)
{
	AO_t *link = &handler.list;

	pthread_mutex_lock(&handler.lock);
	while (*link != (AO_t)p)
		link = &((struct protector *)*link)->next;
	AO_store_full(link, p->next);
	while (AO_load_full(&handler.inside))
		sched_yield();
	if (!handler.list)
		uninstall();
	pthread_mutex_unlock(&handler.lock);
}

static void destroy(struct protector *p)
{
	pgb_pagebits_destroy(&p->watched);
	pgb_pagebits_destroy(&p->dirty);
	pgb_pagebits_destroy(&p->harvested);
	pgb_memory_unmap(p, sizeof(*p));
}

static int mprotect_open(void **state)
{
	struct protector *p = pgb_memory_map(sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->page_size = pgb_page_size();
	err = pgb_pagebits_init(&p->watched);
	if (!err)
		err = pgb_pagebits_init(&p->dirty);
	if (!err)
		err = pgb_pagebits_init(&p->harvested);
	if (!err)
		err = enlist(p);
	if (err)
		destroy(p);
	else
		*state = p;
	return err;
}

static void mprotect_close(void *state)
{
	delist(state);
	destroy(state);
}

static int mprotect_add(void *state, uintptr_t start, uintptr_t end)
{
	struct protector *p = state;
	int err = pgb_pagebits_reserve(&p->watched, start, end);

	if (!err)
		err = pgb_pagebits_reserve(&p->dirty, start, end);
	if (!err)
		err = pgb_pagebits_reserve(&p->harvested, start, end);
	if (err)
		return err;
	pgb_pagebits_set_range(&p->dirty, start, end);
	pgb_pagebits_set_range(&p->watched, start, end);
	return 0;
}

static void mprotect_remove(void *state, uintptr_t start, uintptr_t end)
{
	struct protector *p = state;

	/*
	 * Watched to the end: a write that faults meanwhile must find its page.  The
	 * memory may be gone, and a hole in it is no reason to leave the rest protected,
	 * which is what mprotect does: it goes on up to the hole.
	 */
	pgb_pagebits_set_range(&p->dirty, start, end);
	if (protect(start, end, PROT_READ | PROT_WRITE))
		for (uintptr_t page = start; page < end; page += p->page_size)
			protect(page, page + p->page_size, PROT_READ | PROT_WRITE);
	pgb_pagebits_clear_range(&p->watched, start, end);
}

static int mprotect_harvest(void *state, uintptr_t start, uintptr_t end,
			    struct pgb_sink *sink)
{
	struct protector *p = state;
	uintptr_t run = start, run_end, last = start;
	int err = 0;

	/*
	 * Bits are cleared before pages are protected, and reported after: a write in
	 * between is in this report, and one after the protection sets its bit again.
	 * One call for all pages: it joins the VMAs that the handler has split.
	 */
	pgb_pagebits_move(&p->dirty, &p->harvested, start, end);
	if (!pgb_pagebits_next_run(&p->harvested, &run, end, &run_end))
		return 0;
	for (uintptr_t at = run; pgb_pagebits_next_run(&p->harvested, &at, end, &last);
	     at = last)
		run_end = last;
	err = protect(run, run_end, PROT_READ);
	if (err)
		pgb_pagebits_set_range(&p->dirty, run, run_end);
	for (uintptr_t at = run; pgb_pagebits_next_run(&p->harvested, &at, end, &last);
	     at = last)
		pgb_sink_report(sink, at, last);
	pgb_pagebits_clear_range(&p->harvested, run, run_end);
	return err;
}

static int mprotect_forked_child(void *state)
{
	/* The child has copies of it all: bits, protections, handler. */
	(void)state;
	return 0;
}

static int mprotect_probe(char *reason, size_t reason_size)
{
	(void)reason;
	(void)reason_size;
	return 0;
}

const struct pgb_backend pgb_backend_mprotect = {
	.name = "mprotect",
	.summary = "read-only pages and a SIGSEGV handler",
	.capabilities = PGB_CAP_PAGE_PRECISE,
	.automatic = true,
	.probe = mprotect_probe,
	.open = mprotect_open,
	.close = mprotect_close,
	.add = mprotect_add,
	.remove = mprotect_remove,
	.harvest = mprotect_harvest,
	.forked_child = mprotect_forked_child,
};

/* SPDX-License-Identifier: MIT */
/*
 * mprotect.c - read-only pages and a SIGSEGV handler: what works everywhere.
 *
 * The way of Appel, Ellis and Li (PLDI 1988), and what collectors without a compiler's
 * help do to this day.  Its costs are why this project exists: a signal for each first
 * write, a VMA for each run of dirty pages, EFAULT for system calls that write to a
 * protected page.
 *
 * A page is writable if and only if its dirty bit is set, or a handler is at it.  The
 * handler sets the bit before it unprotects, so that what it lets through is never unseen.
 * A harvest may come in between and take the bit; so the handler first says which page it
 * is at, and a harvest leaves such a page dirty, whether it was protected or not.
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
 * A program may install a handler over ours, with or without passing on to it what it
 * does not want.  A barrier that is opened then needs ours on top again, and what is
 * passed on down the stack must not come round.  So there is a handler for each level,
 * and each knows what was below it.
 */
#define LEVELS 8

/*
 * The handlers serve all barriers of the process.  They count themselves in `inside`
 * before they walk the list, so that close can wait until nobody can hold a removed one.
 */
static struct {
	AO_t list;
	AO_t transient; /* struct transient *, made by the first barrier; stays */
	int levels;	/* installed, whether on top or not */
	struct sigaction below[LEVELS];
	AO_t removals; /* of ranges, so far */
} handlers;

/* The last fault of this thread that nobody resolved, and how many removals it knew. */
static __thread struct {
	uintptr_t address;
	AO_t removals;
} unresolved __attribute__((tls_model("initial-exec")));

#define IN_FLIGHT 64

/* A child of fork(2) finds zeros: nobody is inside there, and nobody holds the lock. */
struct transient {
	pthread_mutex_t lock; /* of the above; never taken by a harvest or a handler */
	AO_t inside;
	AO_t in_flight[IN_FLIGHT]; /* pages that handlers are at; 0: free */
	AO_t at_many; /* handlers whose pages are not all there: it may be any page */
};

static struct transient *transient(void)
{
	return (struct transient *)AO_load_acquire(&handlers.transient);
}

static int make_transient(void)
{
	struct transient *new;

	if (transient())
		return 0;
	new = pgb_memory_map_wiped_on_fork(sizeof(*new));
	if (!new)
		return -ENOMEM;
	if (!AO_compare_and_swap_full(&handlers.transient, 0, (AO_t) new))
		pgb_memory_unmap(new, sizeof(*new));
	return 0;
}

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
	int err;

	while (pgb_pagebits_test(&p->watched, start - p->page_size))
		start -= p->page_size;
	while (pgb_pagebits_test(&p->watched, end))
		end += p->page_size;
	AO_fetch_and_add1_full(&transient()->at_many);
	pgb_pagebits_set_range(&p->dirty, start, end);
	err = protect(start, end, PROT_READ | PROT_WRITE);
	pgb_pagebits_set_range(&p->dirty, start, end);
	AO_fetch_and_sub1_full(&transient()->at_many);
	return err;
}

static AO_t *take_off(uintptr_t page)
{
	struct transient *now = transient();

	for (size_t i = 0; i < IN_FLIGHT; i++)
		if (AO_compare_and_swap_full(&now->in_flight[i], 0, page))
			return &now->in_flight[i];
	AO_fetch_and_add1_full(&now->at_many);
	return &now->at_many;
}

static void land(AO_t *place)
{
	if (place == &transient()->at_many)
		AO_fetch_and_sub1_full(place);
	else
		AO_store_full(place, 0);
}

/* Was this a write to one of our pages, and may it go on now? */
static bool resolve(struct protector *p, uintptr_t address)
{
	uintptr_t page = address & ~(p->page_size - 1);
	bool resolved;
	AO_t *place;

	if (!pgb_pagebits_test(&p->watched, page))
		return false;
	place = take_off(page);
	pgb_pagebits_set(&p->dirty, page);
	resolved = !protect(page, page + p->page_size, PROT_READ | PROT_WRITE) ||
		   !unprotect_surroundings(p, page);
	pgb_pagebits_set(&p->dirty, page);
	land(place);
	return resolved;
}

static bool resolve_by_any(uintptr_t address)
{
	bool resolved = false;
	struct protector *p;

	AO_fetch_and_add1_full(&transient()->inside);
	for (p = (struct protector *)AO_load_acquire(&handlers.list); p && !resolved;
	     p = (struct protector *)AO_load_acquire(&p->next))
		resolved = resolve(p, address);
	AO_fetch_and_sub1_full(&transient()->inside);
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

/*
 * The mask that a handler would run with had the kernel called it, but for SIGSEGV, which
 * must come through: without a barrier the handler could write to watched memory.
 */
static void set_mask(const struct sigaction *action, const void *context)
{
	const ucontext_t *interrupted = context;
	sigset_t mask = action->sa_mask;

	for (int signal = 1; signal < NSIG; signal++)
		if (sigismember(&interrupted->uc_sigmask, signal) == 1)
			sigaddset(&mask, signal);
	sigdelset(&mask, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static bool is_handler(const struct sigaction *action)
{
	return action->sa_flags & SA_SIGINFO ||
	       (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);
}

/* Not ours: do what would have been done without us. */
static void pass_on(const struct sigaction *below, int signal, siginfo_t *info,
		    void *context)
{
	bool is_sent = info->si_code <= 0; /* by kill(2) and its like */

	if (!is_handler(below)) {
		if (is_sent && below->sa_handler == SIG_IGN)
			return;
		/* A fault cannot be ignored; it happens again, and kills at its place. */
		sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		if (is_sent)
			raise(signal);
		return;
	}
	set_mask(below, context);
	if (below->sa_flags & SA_SIGINFO)
		below->sa_sigaction(signal, info, context);
	else
		below->sa_handler(signal);
}

/*
 * A page that was taken off its barrier after the thread had faulted on it is writable
 * now, though no barrier knows it any more.  So a write may be tried once more; if it
 * faults again, and nothing was removed meanwhile, it is somebody else's.
 */
static bool may_try_again(uintptr_t address)
{
	AO_t removals = AO_load_full(&handlers.removals);

	if (unresolved.address == address && unresolved.removals == removals)
		return false;
	unresolved.address = address;
	unresolved.removals = removals;
	return true;
}

/* Protection faults alone: an address without memory is nobody's barrier. */
static bool is_settled(const siginfo_t *info, const void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	return info->si_code == SEGV_ACCERR && is_write(context) &&
	       (resolve_by_any(address) || may_try_again(address));
}

static void on_fault(int level, int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	if (!is_settled(info, context))
		pass_on(&handlers.below[level], signal, info, context);
	errno = saved;
}

#define ON_FAULT(level)                                                                    \
	static void on_fault_##level(int signal, siginfo_t *info, void *context)           \
	{                                                                                  \
		on_fault(level, signal, info, context);                                    \
	}

ON_FAULT(0)
ON_FAULT(1)
ON_FAULT(2)
ON_FAULT(3)
ON_FAULT(4)
ON_FAULT(5)
ON_FAULT(6)
ON_FAULT(7)

static void (*const on_fault_at[LEVELS])(int, siginfo_t *, void *) = {
	on_fault_0, on_fault_1, on_fault_2, on_fault_3,
	on_fault_4, on_fault_5, on_fault_6, on_fault_7,
};

static bool is_on_top(void)
{
	struct sigaction now;

	return handlers.levels && !sigaction(SIGSEGV, NULL, &now) &&
	       now.sa_flags & SA_SIGINFO &&
	       now.sa_sigaction == on_fault_at[handlers.levels - 1];
}

/*
 * All signals wait while a fault is resolved, those that stop the world too.  On the
 * alternate stack if there is one: the fault may be due to an overflow of the other.
 */
static int install(void)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

	if (is_on_top())
		return 0;
	if (handlers.levels == LEVELS)
		return -EMFILE;
	sigfillset(&action.sa_mask);
	action.sa_sigaction = on_fault_at[handlers.levels];
	if (sigaction(SIGSEGV, NULL, &handlers.below[handlers.levels]))
		return -errno;
	/* Counted first: a child forked in between must not put it below itself. */
	handlers.levels++;
	if (!sigaction(SIGSEGV, &action, NULL))
		return 0;
	handlers.levels--;
	return -errno;
}

/* What is covered by another handler stays, and passes on all there is. */
static void uninstall(void)
{
	while (is_on_top())
		sigaction(SIGSEGV, &handlers.below[--handlers.levels], NULL);
}

static int enlist(struct protector *p)
{
	int err = make_transient();

	if (err)
		return err;
	pthread_mutex_lock(&transient()->lock);
	err = install();
	if (!err) {
		p->next = handlers.list;
		AO_store_full(&handlers.list, (AO_t)p);
	}
	pthread_mutex_unlock(&transient()->lock);
	return err;
}

static void delist(struct protector *p)
{
	AO_t *link = &handlers.list;

	pthread_mutex_lock(&transient()->lock);
	while (*link != (AO_t)p)
		link = &((struct protector *)*link)->next;
	AO_store_full(link, p->next);
	while (AO_load_full(&transient()->inside))
		sched_yield();
	if (!handlers.list)
		uninstall();
	pthread_mutex_unlock(&transient()->lock);
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
	AO_fetch_and_add1_full(&handlers.removals);
	pgb_pagebits_clear_range(&p->watched, start, end);
}

/* Report the pages that handlers are at, and leave them dirty. */
static void add_in_flight(struct protector *p, uintptr_t start, uintptr_t end)
{
	struct transient *now = transient();

	if (AO_load_full(&now->at_many)) {
		pgb_pagebits_set_range(&p->dirty, start, end);
		pgb_pagebits_set_range(&p->harvested, start, end);
		return;
	}
	for (size_t i = 0; i < IN_FLIGHT; i++) {
		uintptr_t page = AO_load_full(&now->in_flight[i]);

		if (page < start || page >= end)
			continue;
		pgb_pagebits_set(&p->dirty, page);
		pgb_pagebits_set(&p->harvested, page);
	}
}

static void report_harvested(struct protector *p, struct pgb_sink *sink, uintptr_t start,
			     uintptr_t end)
{
	uintptr_t run_end;

	for (uintptr_t at = start; pgb_pagebits_next_run(&p->harvested, &at, end, &run_end);
	     at = run_end)
		pgb_sink_report(sink, at, run_end);
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
	add_in_flight(p, start, end);
	if (!pgb_pagebits_next_run(&p->harvested, &run, end, &run_end))
		return 0;
	for (uintptr_t at = run; pgb_pagebits_next_run(&p->harvested, &at, end, &last);
	     at = last)
		run_end = last;
	err = protect(run, run_end, PROT_READ);
	if (err) {
		pgb_pagebits_set_range(&p->dirty, run, run_end);
		pgb_sink_report_unsure(sink, run, run_end);
	} else {
		report_harvested(p, sink, run, run_end);
	}
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
	.capabilities = PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE,
	.automatic = true,
	.probe = mprotect_probe,
	.open = mprotect_open,
	.close = mprotect_close,
	.add = mprotect_add,
	.remove = mprotect_remove,
	.harvest = mprotect_harvest,
	.forked_child = mprotect_forked_child,
};

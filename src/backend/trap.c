/* SPDX-License-Identifier: MIT */
/* trap.c - signals that accesses to memory raise, shared with the program's own handlers.
 */
#include "backend/trap.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <ucontext.h>

#include "os/memory.h"

/*
 * A program may install a handler over ours, with or without passing on to it what it
 * does not want.  A barrier that is opened then needs ours on top again, and what is
 * passed on down the stack must not come round.  So there is a handler for each level,
 * and each knows what was below it.
 */
#define LEVELS 8

/*
 * The handlers serve all barriers of the process.  They count themselves in `inside`
 * before they walk the list, so that delisting can wait until nobody can hold a trap that
 * was removed.
 */
struct chain {
	int signal;
	int code;   /* si_code of the faults that a barrier makes */
	AO_t list;  /* struct pgb_trap * */
	int levels; /* installed, whether on top or not */
	struct sigaction below[LEVELS];
	AO_t is_spent[LEVELS]; /* was called, and is not to be called twice */
};

static struct chain chains[] = {
	{.signal = SIGSEGV, .code = SEGV_ACCERR},
	{.signal = SIGBUS, .code = BUS_ADRERR},
};

/* A child of fork(2) finds zeros: nobody is inside there, and nobody holds the lock. */
struct transient {
	pthread_mutex_t lock; /* of the chains; never taken by a harvest or a handler */
	AO_t inside;
};

static AO_t transient_page; /* struct transient *, made by the first barrier; stays */
static AO_t removals;	    /* of ranges, so far */

/* The last fault of this thread that nobody resolved, and how many removals it knew. */
static __thread struct {
	uintptr_t address;
	AO_t removals;
} unresolved __attribute__((tls_model("initial-exec")));

static struct transient *transient(void)
{
	return (struct transient *)AO_load_acquire(&transient_page);
}

static int make_transient(void)
{
	return pgb_memory_map_once_wiped_on_fork(&transient_page, sizeof(struct transient));
}

static struct chain *chain_of(int signal)
{
	struct chain *chain = chains;

	while (chain->signal != signal)
		chain++;
	return chain;
}

static bool resolve_by_any(const struct chain *chain, uintptr_t address)
{
	bool resolved = false;
	struct pgb_trap *trap;

	AO_fetch_and_add1_full(&transient()->inside);
	for (trap = (struct pgb_trap *)AO_load_acquire(&chain->list); trap;
	     trap = (struct pgb_trap *)AO_load_acquire(&trap->next))
		resolved |= trap->resolve(trap, address);
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
 * The mask that a handler would run with had the kernel called it, but for its own signal,
 * which must come through: without a barrier the handler could write to watched memory.
 */
static void set_mask(const struct sigaction *action, int own, const void *context)
{
	const ucontext_t *interrupted = context;
	sigset_t mask = action->sa_mask;

	for (int signal = 1; signal < NSIG; signal++)
		if (sigismember(&interrupted->uc_sigmask, signal) == 1)
			sigaddset(&mask, signal);
	sigdelset(&mask, own);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

/* SA_SIGINFO does not make one of what is none. */
static bool is_handler(const struct sigaction *action)
{
	return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* What the kernel would find below a level; it resets SA_RESETHAND before the call. */
static struct sigaction what_is_below(const struct chain *chain, int level)
{
	struct sigaction below = chain->below[level];

	if (AO_load_full(&chain->is_spent[level]))
		below.sa_handler = SIG_DFL;
	return below;
}

static struct sigaction take_what_is_below(struct chain *chain, int level)
{
	struct sigaction below = chain->below[level];

	if (below.sa_flags & SA_RESETHAND && is_handler(&below) &&
	    !AO_compare_and_swap_full(&chain->is_spent[level], 0, 1))
		below.sa_handler = SIG_DFL;
	return below;
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
	set_mask(below, signal, context);
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
	AO_t known = AO_load_full(&removals);

	if (unresolved.address == address && unresolved.removals == known)
		return false;
	unresolved.address = address;
	unresolved.removals = known;
	return true;
}

/* Protection faults alone: an address without memory is nobody's barrier. */
static bool is_settled(const struct chain *chain, const siginfo_t *info,
		       const void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	return info->si_code == chain->code && is_write(context) &&
	       (resolve_by_any(chain, address) || may_try_again(address));
}

static void on_fault(int level, int signal, siginfo_t *info, void *context)
{
	struct chain *chain = chain_of(signal);
	int saved = errno;

	if (!is_settled(chain, info, context)) {
		struct sigaction below = take_what_is_below(chain, level);

		pass_on(&below, signal, info, context);
	}
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

static bool is_on_top(const struct chain *chain)
{
	struct sigaction now;

	return chain->levels && !sigaction(chain->signal, NULL, &now) &&
	       now.sa_flags & SA_SIGINFO &&
	       now.sa_sigaction == on_fault_at[chain->levels - 1];
}

/*
 * All signals wait while a fault is resolved, those that stop the world too.  On the
 * alternate stack if there is one: the fault may be due to an overflow of the other.
 */
static int install(struct chain *chain)
{
	struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};

	if (is_on_top(chain))
		return 0;
	if (chain->levels == LEVELS)
		return -EMFILE;
	sigfillset(&action.sa_mask);
	action.sa_sigaction = on_fault_at[chain->levels];
	if (sigaction(chain->signal, NULL, &chain->below[chain->levels]))
		return -errno;
	AO_store_full(&chain->is_spent[chain->levels], 0);
	/* Counted first: a child forked in between must not put it below itself. */
	chain->levels++;
	if (!sigaction(chain->signal, &action, NULL))
		return 0;
	chain->levels--;
	return -errno;
}

/* What is covered by another handler stays, and passes on all there is. */
static void uninstall(struct chain *chain)
{
	while (is_on_top(chain)) {
		struct sigaction below = what_is_below(chain, --chain->levels);

		sigaction(chain->signal, &below, NULL);
	}
}

int pgb_trap_enlist(int signal, struct pgb_trap *trap)
{
	struct chain *chain = chain_of(signal);
	int err = make_transient();

	if (err)
		return err;
	pthread_mutex_lock(&transient()->lock);
	err = install(chain);
	if (!err) {
		trap->next = chain->list;
		AO_store_full(&chain->list, (AO_t)trap);
	}
	pthread_mutex_unlock(&transient()->lock);
	return err;
}

int pgb_trap_uncover(int signal)
{
	struct chain *chain = chain_of(signal);
	int err;

	if (is_on_top(chain))
		return 0;
	if (pthread_mutex_trylock(&transient()->lock))
		return -EBUSY;
	err = install(chain);
	pthread_mutex_unlock(&transient()->lock);
	return err;
}

void pgb_trap_delist(int signal, struct pgb_trap *trap)
{
	struct chain *chain = chain_of(signal);
	AO_t *link = &chain->list;

	pthread_mutex_lock(&transient()->lock);
	while (*link != (AO_t)trap)
		link = &((struct pgb_trap *)*link)->next;
	AO_store_full(link, trap->next);
	while (AO_load_full(&transient()->inside))
		sched_yield();
	if (!chain->list)
		uninstall(chain);
	pthread_mutex_unlock(&transient()->lock);
}

void pgb_trap_note_removal(void)
{
	AO_fetch_and_add1_full(&removals);
}

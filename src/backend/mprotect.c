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
#include <signal.h>
#include <sys/mman.h>

#include "backend/trap.h"
#include "os/memory.h"
#include "pagebits.h"

#define IN_FLIGHT 64

/* A child of fork(2) finds zeros: no handler is at any page there. */
struct transient {
	AO_t in_flight[IN_FLIGHT]; /* pages that handlers are at; 0: free */
	AO_t at_many; /* handlers whose pages are not all there: it may be any page */
};

struct protector {
	struct pgb_trap trap;
	struct transient *transient;
	struct pgb_pagebits watched;
	struct pgb_pagebits dirty;
	struct pgb_pagebits harvested; /* of the harvest that is running */
	struct pgb_pagebits refused;   /* dirty only for want of mappings */
	AO_t refusal;		       /* the errno of the last one; 0: there was none */
	uintptr_t low, high;	       /* all that was ever watched lies in between */
	size_t page_size;
};

static int protect(uintptr_t start, uintptr_t end, int protection)
{
	return pgb_memory_protect(start, end, protection);
}

/*
 * A harvest meanwhile reports all of its window and leaves it dirty, perhaps protected as
 * well: then a page of it faults once for nothing.
 */
static int unprotect(struct protector *p, uintptr_t start, uintptr_t end)
{
	int err;

	AO_fetch_and_add1_full(&p->transient->at_many);
	pgb_pagebits_set_range(&p->dirty, start, end);
	err = protect(start, end, PROT_READ | PROT_WRITE);
	pgb_pagebits_set_range(&p->dirty, start, end);
	AO_fetch_and_sub1_full(&p->transient->at_many);
	return err;
}

/*
 * With max_map_count reached a single page can no longer be unprotected.  All watched
 * memory around it can: that merges VMAs instead of splitting one.  The next harvest of
 * it says so.
 */
static int unprotect_surroundings(struct protector *p, uintptr_t page, int refusal)
{
	uintptr_t start = page, end = page + p->page_size;

	while (pgb_pagebits_test(&p->watched, start - p->page_size))
		start -= p->page_size;
	while (pgb_pagebits_test(&p->watched, end))
		end += p->page_size;
	AO_store_full(&p->refusal, (AO_t)-refusal);
	pgb_pagebits_set_range(&p->refused, start, end);
	return unprotect(p, start, end);
}

static AO_t *take_off(struct transient *now, uintptr_t page)
{
	for (size_t i = 0; i < IN_FLIGHT; i++)
		if (AO_compare_and_swap_full(&now->in_flight[i], 0, page))
			return &now->in_flight[i];
	AO_fetch_and_add1_full(&now->at_many);
	return &now->at_many;
}

static void land(struct transient *now, AO_t *place)
{
	if (place == &now->at_many)
		AO_fetch_and_sub1_full(place);
	else
		AO_store_full(place, 0);
}

static bool resolve(struct pgb_trap *trap, uintptr_t address)
{
	struct protector *p = (struct protector *)trap;
	uintptr_t page = address & ~(p->page_size - 1);
	AO_t *place;
	int err;

	if (!pgb_pagebits_test(&p->watched, page))
		return false;
	place = take_off(p->transient, page);
	pgb_pagebits_set(&p->dirty, page);
	err = protect(page, page + p->page_size, PROT_READ | PROT_WRITE);
	if (err)
		err = unprotect_surroundings(p, page, err);
	pgb_pagebits_set(&p->dirty, page);
	land(p->transient, place);
	return !err;
}

static void destroy(struct protector *p)
{
	pgb_pagebits_destroy(&p->watched);
	pgb_pagebits_destroy(&p->dirty);
	pgb_pagebits_destroy(&p->harvested);
	pgb_pagebits_destroy(&p->refused);
	pgb_memory_unmap(p->transient, sizeof(*p->transient));
	pgb_memory_unmap(p, sizeof(*p));
}

static int mprotect_open(void **state)
{
	struct protector *p = pgb_memory_map(sizeof(*p));
	int err = -ENOMEM;

	if (!p)
		return err;
	p->trap.resolve = resolve;
	p->page_size = pgb_page_size();
	p->low = UINTPTR_MAX;
	p->transient = pgb_memory_map_wiped_on_fork(sizeof(*p->transient));
	if (p->transient)
		err = pgb_pagebits_init(&p->watched);
	if (!err)
		err = pgb_pagebits_init(&p->dirty);
	if (!err)
		err = pgb_pagebits_init(&p->harvested);
	if (!err)
		err = pgb_pagebits_init(&p->refused);
	if (!err)
		err = pgb_trap_enlist(SIGSEGV, &p->trap);
	if (err)
		destroy(p);
	else
		*state = p;
	return err;
}

/* What is dirty is not to fault.  Where memory is gone in part, the rest of it may. */
static void unprotect_watched(struct protector *p, uintptr_t start, uintptr_t end)
{
	uintptr_t run_end;

	for (; pgb_pagebits_next_run(&p->watched, &start, end, &run_end); start = run_end)
		unprotect(p, start, run_end);
}

static int mprotect_add(void *state, uintptr_t start, uintptr_t end)
{
	struct protector *p = state;
	int err = pgb_pagebits_reserve(&p->watched, start, end);

	if (!err)
		err = pgb_pagebits_reserve(&p->dirty, start, end);
	if (!err)
		err = pgb_pagebits_reserve(&p->harvested, start, end);
	if (!err)
		err = pgb_pagebits_reserve(&p->refused, start, end);
	if (err)
		return err;
	if (start < p->low)
		p->low = start;
	if (end > p->high)
		p->high = end;
	pgb_pagebits_set_range(&p->dirty, start, end);
	unprotect_watched(p, start, end);
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
	pgb_trap_note_removal();
	pgb_pagebits_clear_range(&p->watched, start, end);
	pgb_pagebits_clear_range(&p->refused, start, end);
}

/*
 * A child that was forked while another thread was in pgb_remove() finds memory protected
 * that is in no range any more.  Its bits still say so.
 */
static void mprotect_close(void *state)
{
	struct protector *p = state;
	uintptr_t at = p->low, run_end;

	for (; at < p->high && pgb_pagebits_next_run(&p->watched, &at, p->high, &run_end);
	     at = run_end)
		mprotect_remove(p, at, run_end);
	pgb_trap_delist(SIGSEGV, &p->trap);
	destroy(p);
}

/* Report the pages that handlers are at, and leave them dirty. */
static void add_in_flight(struct protector *p, uintptr_t start, uintptr_t end)
{
	const struct transient *now = p->transient;

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

/* Why a handler had to unprotect more than one page, if one had to. */
static int take_refusal(struct protector *p, uintptr_t start, uintptr_t end)
{
	int refusal = -(int)AO_load_full(&p->refusal);
	uintptr_t page = start, run_end;

	if (!refusal || !pgb_pagebits_next_run(&p->refused, &page, end, &run_end))
		return 0;
	pgb_pagebits_clear_range(&p->refused, start, end);
	return refusal;
}

/* From the first page of [*start, *end) that was harvested to the last; empty: none. */
static void narrow_to_harvested(struct protector *p, uintptr_t *start, uintptr_t *end)
{
	uintptr_t limit = *end, run = *start, run_end;

	*end = *start;
	if (!pgb_pagebits_next_run(&p->harvested, &run, limit, &run_end))
		return;
	*start = run;
	do
		*end = run = run_end;
	while (pgb_pagebits_next_run(&p->harvested, &run, limit, &run_end));
}

/* Faults would go to somebody else: nothing is left protected. */
static void stand_down(struct protector *p, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_set_range(&p->dirty, start, end);
	protect(start, end, PROT_READ | PROT_WRITE);
}

static int mprotect_harvest(void *state, uintptr_t start, uintptr_t end,
			    struct pgb_sink *sink)
{
	struct protector *p = state;
	int refusal = take_refusal(p, start, end);
	uintptr_t first = start, last = end;
	int err = pgb_trap_uncover(SIGSEGV);

	if (err) {
		stand_down(p, start, end);
		pgb_sink_report_unsure(sink, start, end);
		return err;
	}
	/*
	 * Bits are cleared before pages are protected, and reported after: a write in
	 * between is in this report, and one after the protection sets its bit again.
	 * One call for all pages: it joins the VMAs that the handler has split.
	 */
	pgb_pagebits_move(&p->dirty, &p->harvested, start, end);
	add_in_flight(p, start, end);
	narrow_to_harvested(p, &first, &last);
	if (first < last)
		err = protect(first, last, PROT_READ);
	if (err)
		pgb_pagebits_set_range(&p->dirty, first, last);
	else
		err = refusal;
	if (err)
		pgb_sink_report_unsure(sink, start, end);
	else
		report_harvested(p, sink, first, last);
	pgb_pagebits_clear_range(&p->harvested, first, last);
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
	.capabilities = PGB_CAP_CONCURRENT | PGB_CAP_PAGE_PRECISE | PGB_CAP_LOCAL |
			PGB_CAP_ANY_MEMORY,
	.automatic = true,
	.probe = mprotect_probe,
	.open = mprotect_open,
	.close = mprotect_close,
	.add = mprotect_add,
	.remove = mprotect_remove,
	.harvest = mprotect_harvest,
	.forked_child = mprotect_forked_child,
};

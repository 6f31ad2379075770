/* SPDX-License-Identifier: MIT */
/*
 * trap.h - signals that accesses to memory raise, shared with the program's own handlers.
 *
 * For backends whose faults come as SIGSEGV or SIGBUS.  Each of their barriers enlists a
 * trap; a handler asks one after the other whether the fault was its, and what is nobody's
 * goes on to the handler that the program had installed.
 */
#ifndef PGB_BACKEND_TRAP_H
#define PGB_BACKEND_TRAP_H

#include <atomic_ops.h>
#include <stdbool.h>
#include <stdint.h>

struct pgb_trap {
	/*
	 * Was this a write to memory of yours, and may it go on now?  Runs in a signal
	 * handler, all signals blocked, in several threads at once.
	 */
	bool (*resolve)(struct pgb_trap *trap, uintptr_t address);
	AO_t next; /* struct pgb_trap *, in the list of all */
};

/*
 * `signal` is SIGSEGV or SIGBUS.  -ENOMEM; -EMFILE: a program has covered our handler with
 * its own too often.  Not world-stopped safe: takes a lock.
 */
int pgb_trap_enlist(int signal, struct pgb_trap *trap);

/*
 * Before memory is armed: a program may have covered our handler with one that knows
 * nothing of it.  Puts ours on top again.  -EMFILE as above; -EBUSY: some other thread is
 * at the handlers; then faults might not reach us.  World-stopped safe.
 */
int pgb_trap_uncover(int signal);

/* Afterwards no handler knows of it any more.  Takes the same lock. */
void pgb_trap_delist(int signal, struct pgb_trap *trap);

/*
 * Memory has been given up that a thread may have faulted on just before.  Called when
 * that memory is writable and before its trap stops to know it.
 */
void pgb_trap_note_removal(void);

#endif

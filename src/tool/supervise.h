/* SPDX-License-Identifier: MIT */
/*
 * supervise.h - run a program as a child, and be to others as if we were it.
 */
#ifndef PGB_TOOL_SUPERVISE_H
#define PGB_TOOL_SUPERVISE_H

/*
 * Start the program and wait for its end.  Signals that reach us are passed on; when it
 * is stopped from the keyboard, so are we.  Afterwards every signal stays blocked, so
 * that what is left to do gets done.  Returns 0 with *status as waitpid(2) gives it, or
 * a negative errno if there is no child.
 */
int pgb_supervise(char **program, int *status);

/* Exec in this process.  Returns only on failure, after a message: what to exit with. */
int pgb_exec(char **program);

/* End as the program did: the exit status to return, or death by the same signal. */
int pgb_end_like(int status);

#endif

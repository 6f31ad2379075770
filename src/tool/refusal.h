/* SPDX-License-Identifier: MIT */
/* refusal.h - why a program cannot be run. */
#ifndef PGB_TOOL_REFUSAL_H
#define PGB_TOOL_REFUSAL_H

/* Say why execvp(3) failed with `err`.  Returns the status that a shell would exit with. */
int pgb_refusal(const char *program, int err);

#endif

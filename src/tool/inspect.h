/* SPDX-License-Identifier: MIT */
/* inspect.h - whether LD_PRELOAD works for a program, told from its file. */
#ifndef PGB_TOOL_INSPECT_H
#define PGB_TOOL_INSPECT_H

/*
 * `program` as execvp(3) takes it.  Says on one line why it will run without the
 * preload, if so.  What cannot be read is passed over: execvp finds the words for that.
 */
void pgb_inspect(const char *program);

#endif

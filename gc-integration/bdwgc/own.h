/* SPDX-License-Identifier: MIT */
/*
 * own.h - libgc's own definition of a function that the preload defines too.
 *
 * Usually that is the next one in the order of loading.  A libgc that a program has
 * loaded later, for itself alone, is not in that order: there it is found by way of the
 * object that calls.
 */
#ifndef PGB_BDWGC_OWN_H
#define PGB_BDWGC_OWN_H

#define EXPORTED __attribute__((visibility("default")))
/* The code that called the function in which this stands. */
#define CALLER __builtin_return_address(0)

/*
 * Into the function pointer at `function`, the one that a call of `name` from the code at
 * `caller` would have reached without us; NULL: there is none.
 */
void own_find(const char *name, const void *caller, void *function);

#endif

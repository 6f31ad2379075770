/* SPDX-License-Identifier: MIT */
/*
 * text.h - what programs say, for a line of a table and for JSON.
 */
#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stddef.h>

/*
 * Copy as many characters as fit.  Control characters, and all bytes beyond ASCII if what
 * fits is not UTF-8, become '?'.
 */
void text_copy(char *to, size_t size, const char *from, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/* extremes.h - the larger and the lesser of two sizes. */
#ifndef PGB_BDWGC_EXTREMES_H
#define PGB_BDWGC_EXTREMES_H

#include <stddef.h>

static inline size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static inline size_t lesser(size_t a, size_t b)
{
	return a < b ? a : b;
}

#endif

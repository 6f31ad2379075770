/* SPDX-License-Identifier: MIT */
/* valgrind.h - is this program run by valgrind, which lacks some of what the kernel has? */
#ifndef PGB_OS_VALGRIND_H
#define PGB_OS_VALGRIND_H

#include <stdbool.h>

#include "build-config.h"

#ifdef HAVE_VALGRIND_VALGRIND_H
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static inline bool pgb_runs_on_valgrind(void)
{
	return RUNNING_ON_VALGRIND;
}

#endif

/* SPDX-License-Identifier: MIT */
/* vmas.h - how many mappings a process has. */
#ifndef PGB_OS_VMAS_H
#define PGB_OS_VMAS_H

#include <stdint.h>

/* Of this process; 0 if /proc cannot be read.  Allocates nothing. */
uint64_t pgb_vmas_count(void);

#endif

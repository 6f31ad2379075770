/* SPDX-License-Identifier: MIT */
/*
 * machine.h - the machine that a benchmark ran on, for its results.
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <jansson.h>

/*
 * {"id", "kernel", "arch", "cpu", "cpus", "memory_kib", "page_size", "thp", "soft_dirty",
 * "libgc"}; NULL if memory is out.  "id" is the same for all runs on this machine, and
 * tells nobody which one it is.
 */
json_t *machine_record(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * memory.h - how much memory there is, by the kernel's own count.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdint.h>

/* A number from a file of lines "Name:   123 kB"; 0 if it is not there. */
uint64_t memory_kib_in(const char *path, const char *name);

/* What can be had without swapping. */
uint64_t memory_available_kib(void);

#endif

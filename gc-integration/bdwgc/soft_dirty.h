/* SPDX-License-Identifier: MIT */
/*
 * soft_dirty.h - design A: be the soft-dirty bits that libgc asks the kernel for.
 *
 * Builds of libgc for x86-64 read dirty pages from bit 55 of /proc/PID/pagemap and reset
 * them by writing "4" to /proc/PID/clear_refs, where the kernel has that.  Here the two
 * files are answered from the barrier, on every kernel.  libgc then installs no SIGSEGV
 * handler and protects nothing.
 *
 * One harvest serves a whole stop of the world: the first read takes it, further reads
 * are answered from what it found, and the reset drops that.  The harvest has armed
 * every page again already, so what is written after it is in the next one, whenever
 * libgc gets around to the reset.
 */
#ifndef PGB_BDWGC_SOFT_DIRTY_H
#define PGB_BDWGC_SOFT_DIRTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

int soft_dirty_init(void);

/*
 * Have the two files ready, before libgc is told that it may collect incrementally: if it
 * found out later that it cannot open them, it would resort to mprotect and SIGSEGV.
 */
int soft_dirty_prepare(void);

/*
 * `fd` is of a file that libgc has just opened.  If a program has closed our descriptors
 * it may have one of their numbers, which libgc still takes for ours: returns another.
 */
int soft_dirty_keep_apart(int fd);

/* A range that will be followed.  -ENOMEM */
int soft_dirty_make_room(uintptr_t start, uintptr_t end);

/* Find what has been written so far before the world is stopped; it adds up. */
void soft_dirty_preclean(void);

/*
 * libgc's calls.  True: this one was for us, and *result is the answer, with errno set
 * if it is a failure.
 */
bool soft_dirty_open(const char *path, int *result);
bool soft_dirty_close(int fd, int *result);
bool soft_dirty_lseek(int fd, off_t offset, int whence, off_t *result);
bool soft_dirty_read(int fd, void *buffer, size_t size, ssize_t *result);
bool soft_dirty_write(int fd, size_t size, ssize_t *result);

#endif

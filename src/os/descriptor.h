/* SPDX-License-Identifier: MIT */
/*
 * descriptor.h - file descriptors that live in somebody else's program.
 *
 * A program may close what it did not open (closefrom) and may be given the number
 * again for a file of its own.  So a descriptor is kept with the identity of the file
 * behind it, and is closed only while it still names that file.
 */
#ifndef PGB_OS_DESCRIPTOR_H
#define PGB_OS_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

struct pgb_descriptor {
	int fd; /* -1: none */
	dev_t device;
	ino_t inode;
};

#define PGB_DESCRIPTOR_NONE ((struct pgb_descriptor){.fd = -1})

/*
 * Take over `fd`, which is moved out of the way of programs that count on getting
 * low numbers.  Returns 0, or a negative errno with `fd` closed.
 */
int pgb_descriptor_adopt(struct pgb_descriptor *descriptor, int fd);

/*
 * Does it still name the file that was adopted, for sure?  Or for sure no longer?  Neither
 * where fstat(2) fails on a descriptor that is open, as it may on somebody else's file.
 */
bool pgb_descriptor_is_ours(const struct pgb_descriptor *descriptor);
bool pgb_descriptor_is_lost(const struct pgb_descriptor *descriptor);

void pgb_descriptor_close(struct pgb_descriptor *descriptor);

#endif

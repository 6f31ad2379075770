/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * pgbarrier.h - memory whose writes the kernel keeps account of: /dev/pgbarrier.
 *
 * An open file of the device is one region, once PGBARRIER_IOC_CREATE or _CLONE has made it
 * one.  Its pages are mapped with mmap(2) at offset 0, MAP_SHARED only, any number of times
 * and in pieces.  A harvest says which of them were written since the last harvest, by
 * whatever mapping, process or system call, and starts a new cycle.
 *
 * Addresses of pages are offsets in the region, in bytes; offsets and lengths are multiples of
 * the page size.  Reserved members and unknown flags must be 0, or the call fails with EINVAL.
 * Every ioctl of a file that is no region yet, but for _INFO, _CREATE and _CLONE, fails with
 * ENXIO; an unknown one with ENOTTY; a bad pointer with EFAULT.
 *
 * The region lives as long as a descriptor or a mapping of it does.  fork(2) leaves the
 * mappings out of the child, which inherits the descriptor: _CLONE gives it pages of its own.
 */
#ifndef _LINUX_PGBARRIER_H
#define _LINUX_PGBARRIER_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PGBARRIER_ABI 1

/* What happens at the first write to a page in a cycle. */
enum pgbarrier_mode {
	/*
	 * Nothing: the processor sets a bit in the page table, which the harvest reads and
	 * clears.  On a kernel without CONFIG_MAPPING_DIRTY_HELPERS (PGBARRIER_INFO_ZAP) the
	 * harvest drops the page table entries, and the first access of a cycle faults.
	 */
	PGBARRIER_MODE_DIRTY = 0,
	/* A page fault, which the kernel resolves by itself. */
	PGBARRIER_MODE_WP = 1,
	/*
	 * A page fault, and the thread stops until the write was acknowledged through the
	 * fault fd.  While no fault fd is open it does not stop.
	 */
	PGBARRIER_MODE_SYNC = 2,
};

/* Offsets for mmap(2).  Both are read-only, and shared. */
#define PGBARRIER_OFFSET_HARVEST (1ULL << 44) /* pgbarrier_create.bitmap_bytes */
#define PGBARRIER_OFFSET_LOG	 (1ULL << 45) /* a page, then the entries */

/* What the module offers and allows.  Works before the file is a region. */
struct pgbarrier_info {
	__u32 abi;	  /* out: PGBARRIER_ABI */
	__u32 page_shift; /* out */
	__u32 modes;	  /* out: 1 << enum pgbarrier_mode, for each that there is */
	__u32 flags;	  /* out: PGBARRIER_INFO_* */
	__u64 max_region; /* out: bytes that one region may have */
	__u64 max_user;	  /* out: bytes that all regions of one user may have */
	__u64 used;	  /* out: bytes that those of the caller's user have */
	__u64 region;	  /* out: number of this file's region, which no other has; 0: none yet */
	char version[32]; /* out: of the module */
};

/*
 * Descriptors that a program closes come back for other files.  So the calls that take
 * account, or pages, away can name the region that is meant, by pgbarrier_info.region: if the
 * file is another one they fail with ESTALE.  With 0 they take it as it is.
 */

/* Harvests drop page table entries, where otherwise they would clear bits in them. */
#define PGBARRIER_INFO_ZAP (1U << 0)

/*
 * Make the file a region.
 *
 * EINVAL  another abi, an unknown mode or flag, a size that is 0 or no multiple of a page.
 * EFBIG   the size is above pgbarrier_info.max_region.
 * EDQUOT  the regions of this user would be above max_user.
 * EPERM   the kernel's own accesses to the region could be stopped, by PGBARRIER_MODE_SYNC
 *	   or PGBARRIER_CREATE_ABSENT, and the caller has not CAP_SYS_PTRACE.
 * EBUSY   it is a region already.
 * ENOMEM  no memory for the bitmaps; it is charged to the caller's memory cgroup, as pages
 *	   are to that of whoever touches them first.
 */
struct pgbarrier_create {
	__u32 abi;	    /* in: PGBARRIER_ABI */
	__u32 mode;	    /* in: enum pgbarrier_mode */
	__u64 size;	    /* in: bytes */
	__u32 flags;	    /* in: PGBARRIER_CREATE_* */
	__u32 page_shift;   /* out */
	__u64 bitmap_bytes; /* out: of the harvest's bitmap, a multiple of a page */
};

/*
 * Pages that were never filled are absent: the first access, a read too, stops until
 * PGBARRIER_IOC_COPY has filled the page.  While no fault fd is open it reads as zeros.
 */
#define PGBARRIER_CREATE_ABSENT (1U << 0)
/*
 * Only accesses from user mode stop.  What the kernel does for a thread (read(2) into the
 * page) fails with EFAULT where it would have to wait.  Needs no privilege.
 */
#define PGBARRIER_CREATE_USER_FAULTS (1U << 1)

/*
 * Report the pages of [start, start + len) written since their last harvest, and start a new
 * cycle for them.  The harvest's bitmap then has a bit for each page of the region, in 64-bit
 * words, lowest first; words of other ranges stay as they are.  Harvests of one region, and
 * resets of its log, exclude each other, but the bitmap is the next one's as soon as it begins.
 *
 * What was written before the call is in it or in an earlier one; what is written after it
 * returned, in a later one; a write meanwhile in one of the two.  Pages that somebody has pinned
 * to write to (io_uring's fixed buffers, O_DIRECT in flight, RDMA) are in every harvest, up to
 * the first one after the pin was dropped.
 *
 * EINVAL  the range.  ESTALE  another region.
 * EINTR   a signal; nothing was reported and nothing changed.
 * EFAULT  where the answer should go cannot be written to: the next harvest has it as well.
 */
struct pgbarrier_harvest {
	__u64 start; /* in */
	__u64 len;   /* in */
	__u32 flags; /* in: 0 */
	__u32 reserved;
	__u64 region;	  /* in: pgbarrier_info.region, or 0 */
	__u64 nr_dirty;	  /* out: pages reported */
	__u64 nr_entries; /* out: page table entries that were changed */
};

/*
 * A range of pages.  PGBARRIER_IOC_DISCARD drops them: they read as zeros, or are absent, and
 * the next harvest reports them.  write(2) on the fault fd takes an array of these: their
 * writes are acknowledged until the next harvest of them.
 *
 * EINVAL  the range.  ESTALE  another region.
 * EINTR   a signal; a part may have been discarded.
 */
struct pgbarrier_range {
	__u64 start;
	__u64 len;
	__u32 flags; /* 0 */
	__u32 reserved;
	__u64 region; /* pgbarrier_info.region, or 0 */
};

/*
 * Fill absent pages from the caller's memory, or with zeros.  Wakes who waits for them.  To fill
 * is no write; but without PGBARRIER_CREATE_ABSENT, where zeros change, the page is reported.
 * Works on the fault fd too, for a process that has no more than that.
 *
 * EINVAL  the range.
 * EEXIST  a page is there already, EFAULT  src, EINTR  a signal, ENOMEM.  `copied` is right in
 *	   each case, so that the rest can be asked for.
 */
struct pgbarrier_copy {
	__u64 dst; /* in: offset in the region */
	__u64 src; /* in: address, of any alignment; 0: zeros */
	__u64 len; /* in */
	__u32 flags; /* in: 0 */
	__u32 reserved;
	__u64 copied; /* out: bytes */
};

/*
 * PGBARRIER_IOC_FAULTFD returns a descriptor of the region's faults, or:
 *
 * EBUSY       there is one, or a log.
 * EOPNOTSUPP  nothing stops here: not PGBARRIER_MODE_SYNC, nor PGBARRIER_CREATE_ABSENT.
 *
 * poll(2) says when there are events; read(2) gives as many as fit, and waits for the first
 * unless O_NONBLOCK is set.  An event may come again, and may be over when it is read: what
 * answers it must do no harm twice.  At most one per page and kind is pending.  A harvest takes
 * acknowledgements back, and who waits then asks again; so he does after a discard, and when
 * readers change.  Closing the last descriptor lets every thread go on.  write(2) gives
 * EOPNOTSUPP where no write waits: not PGBARRIER_MODE_SYNC.
 */
struct pgbarrier_event {
	__u64 offset;
	__u32 kind; /* enum pgbarrier_event_kind */
	__u32 reserved;
};

enum pgbarrier_event_kind {
	PGBARRIER_EVENT_WRITE = 1,  /* answered by write(2) */
	PGBARRIER_EVENT_ABSENT = 2, /* answered by PGBARRIER_IOC_COPY */
};

/*
 * Have the file, which is no region yet, become a copy of the region `source`: its mode,
 * size, flags and pages, without its faults and its log.  All of its pages are in the first
 * harvest.  For a child of fork(2): clone before the fork, map the clone in the child.
 *
 * EINVAL  source is no region.  ESTALE  it is another one.  EBUSY  the file is one.
 * EDQUOT, ENOMEM, EPERM  as PGBARRIER_IOC_CREATE.  EINTR  a signal; nothing has changed.
 * EHWPOISON  a page of the source was lost to a memory error.
 */
struct pgbarrier_clone {
	__s32 source;	    /* in: a descriptor of the device */
	__u32 flags;	    /* in: PGBARRIER_CLONE_* */
	__u64 region;	    /* in: pgbarrier_info.region of the source, or 0 */
	__u64 copied;	    /* out: pages that were copied */
	__u64 bitmap_bytes; /* out: as pgbarrier_create */
};

/*
 * Hold the source still: from before the copy on, accesses of the caller's process wait, in user
 * mode, until PGBARRIER_IOC_RELEASE on the clone, or the clone's last descriptor is closed and its
 * last mapping gone.  So what other threads write between the copy and a fork(2) is in neither.
 * The kernel's own accesses are not held, and to the pages that these map anew other threads can
 * write meanwhile; those of other processes may come through a little longer.
 */
#define PGBARRIER_CLONE_HOLD (1U << 0)

/*
 * Have the kernel itself answer the faults of PGBARRIER_MODE_WP or _SYNC, and log them: the
 * offset of each page written for the first time in a cycle is put into a ring before the write
 * goes on.  User space maps the ring at PGBARRIER_OFFSET_LOG, read-only, and takes part once
 * per batch: when `watermark` entries are there, the eventfd is signalled, and again by a reset
 * that leaves as many.
 *
 * What was written in this cycle before there was a log is in the next harvest, and not in the log.
 *
 * A full ring loses no write: the page stays in the harvest's account, and `dropped` counts.
 * Then, harvest.
 *
 * EDQUOT      the user has no more to spend, see pgbarrier_info.max_user.  ENOMEM.
 * EINVAL      entries is no power of 2 from 1 to 2^20, or watermark is above it, or eventfd
 *	       is neither one nor -1.
 * EBUSY       there is a log already, or a fault fd.
 * EOPNOTSUPP  PGBARRIER_MODE_DIRTY, which has no faults, or PGBARRIER_CREATE_ABSENT, whose
 *	       pages the kernel cannot make up.
 */
struct pgbarrier_log {
	__u32 entries;	 /* in */
	__u32 watermark; /* in: entries not yet reset; 0: never signal */
	__s32 eventfd;	 /* in: or -1 */
	__u32 flags;	 /* in: 0 */
};

/* The first page at PGBARRIER_OFFSET_LOG.  Entries are __u64 offsets, from the second on. */
struct pgbarrier_log_header {
	__u64 head;    /* entries ever put in; entry i is at i % entries; load-acquire */
	__u64 tail;    /* entries reset */
	__u64 dropped; /* pages that found the ring full */
	__u32 entries;
	__u32 reserved;
};

/*
 * Take `count` entries out of the log, or all that there are if it is 0, and start a new cycle
 * for their pages: a harvest of just what was logged, whose cost is that of the dirty pages and
 * not of the region.  Read the entries first, and the pages afterwards.
 *
 * ENOENT  there is no log.  EINVAL  there are fewer entries.  EINTR  a signal; nothing changed.
 * EFAULT  `count` cannot be written to; how many were reset the header's tail says.
 */
struct pgbarrier_log_reset {
	__u64 count; /* in: entries; out: how many were reset */
	__u64 flags; /* in: 0 */
};

#define PGBARRIER_IOC_MAGIC 0xbb

#define PGBARRIER_IOC_INFO	_IOR(PGBARRIER_IOC_MAGIC, 0, struct pgbarrier_info)
#define PGBARRIER_IOC_CREATE	_IOWR(PGBARRIER_IOC_MAGIC, 1, struct pgbarrier_create)
#define PGBARRIER_IOC_HARVEST	_IOWR(PGBARRIER_IOC_MAGIC, 2, struct pgbarrier_harvest)
#define PGBARRIER_IOC_DISCARD	_IOW(PGBARRIER_IOC_MAGIC, 3, struct pgbarrier_range)
#define PGBARRIER_IOC_COPY	_IOWR(PGBARRIER_IOC_MAGIC, 4, struct pgbarrier_copy)
#define PGBARRIER_IOC_FAULTFD	_IO(PGBARRIER_IOC_MAGIC, 5)
/*
 * Signal this eventfd for each event that the fault fd gets; -1: none any more.
 * EBADF, EINVAL  it is not an eventfd.  EOPNOTSUPP  nothing stops here.
 */
#define PGBARRIER_IOC_EVENTFD	_IOW(PGBARRIER_IOC_MAGIC, 6, __s32)
#define PGBARRIER_IOC_CLONE	_IOWR(PGBARRIER_IOC_MAGIC, 7, struct pgbarrier_clone)
/* End a PGBARRIER_CLONE_HOLD of this clone's.  ENOENT  there is none. */
#define PGBARRIER_IOC_RELEASE	_IO(PGBARRIER_IOC_MAGIC, 8)
#define PGBARRIER_IOC_LOG	_IOW(PGBARRIER_IOC_MAGIC, 9, struct pgbarrier_log)
#define PGBARRIER_IOC_LOG_RESET _IOWR(PGBARRIER_IOC_MAGIC, 10, struct pgbarrier_log_reset)

#endif

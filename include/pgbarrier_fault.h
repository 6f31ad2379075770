/* SPDX-License-Identifier: MIT */
/*
 * pgbarrier_fault.h - page faults as data: an fd, an event, an acknowledgement.
 *
 * A fault channel stops threads that touch certain pages, says so through a file
 * descriptor, and lets them go on when the fault is acknowledged.  No signal is sent, and
 * no mapping is split.  It is a handle of its own: a page belongs to one channel or to one
 * barrier of pgbarrier.h.
 *
 * The protocol, with what happens when a reader dies or a range goes away, is described in
 * docs/protocol.md.  In short:
 *
 *  - Faults of different threads come in no order, and the same fault may come more than
 *    once: from two threads, after a signal handler has run, after pgb_fault_repost().
 *    A reader has to be idempotent.
 *  - Nobody is left stopped: whatever the result of an acknowledgement, the threads that
 *    wait on its pages go on.  If what stopped them is still there, they stop again, and
 *    the fault comes anew.
 *  - A reader may not touch memory that only it could release.
 *
 * Units, memory and "world-stopped safe" are as in pgbarrier.h.  Functions return 0 or a
 * negative errno unless said otherwise.  All are thread-safe but pgb_fault_close().
 *
 * Kernel: userfaultfd(2).  ABSENT 4.3, WRITE 5.7, ACCESS 5.14 (MINOR_SHMEM), the exact
 * address 5.18, POISON 6.6, MOVE 6.8.
 */
#ifndef PGBARRIER_FAULT_H
#define PGBARRIER_FAULT_H

#include <stddef.h>
#include <stdint.h>

#include <pgbarrier.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pgb_fault_channel;

/* What stops a thread. */
enum pgb_fault_kind {
	/* A write to a page that pgb_fault_protect() protected. */
	PGB_FAULT_WRITE = 1u << 0,
	/*
	 * Any access to a page that is not there: never touched, or given back with
	 * madvise(2).
	 */
	PGB_FAULT_ABSENT = 1u << 1,
	/*
	 * Any access to a page of a memfd that exists but is not mapped, since
	 * pgb_fault_protect() took it out of the page table.  Only on MAP_SHARED memory
	 * of a memfd or tmpfs.  Who has a second mapping, not in the channel, can read and
	 * write the page meanwhile.
	 */
	PGB_FAULT_ACCESS = 1u << 2,
};

/* pgb_fault_open(): stop user code alone, even where system calls could be stopped too. */
#define PGB_FAULT_USER_ONLY 1u

/* pgb_fault.flags: it was a write; else a read, or an instruction fetch. */
#define PGB_FAULT_BY_WRITE 1u

struct pgb_fault {
	uint32_t kind;	   /* one of enum pgb_fault_kind */
	uint32_t flags;	   /* PGB_FAULT_BY_WRITE */
	uintptr_t address; /* exact since Linux 5.18; before, the page's */
	uint32_t thread;   /* its id, in its own pid namespace */
	uint32_t reserved; /* 0 */
};

/* [start, end) */
struct pgb_page_run {
	uintptr_t start, end;
};

enum pgb_ack_action {
	/* WRITE: the pages become writable. */
	PGB_ACK_ALLOW,
	/* ABSENT: the pages get the content of `source`, which needs no alignment. */
	PGB_ACK_FILL,
	/* ABSENT: the pages get zeros. */
	PGB_ACK_ZERO,
	/*
	 * ABSENT: the pages become those at `source`, page-aligned private anonymous
	 * memory, which read as zeros afterwards.  Nothing is copied, but for pages that
	 * cannot be moved; see pgb_fault_move().
	 */
	PGB_ACK_MOVE,
	/* ACCESS: the pages are mapped again. */
	PGB_ACK_MAP,
	/* Any: their content is gone; who touches them gets SIGBUS. */
	PGB_ACK_POISON,
};

#define PGB_ACK_ACTIONS (PGB_ACK_POISON + 1)

struct pgb_ack {
	uintptr_t start;
	size_t length;
	uint32_t action;    /* enum pgb_ack_action */
	int32_t result;	    /* set by pgb_fault_ack(): 0 or a negative errno */
	const void *source; /* FILL and MOVE; else ignored */
};

struct pgb_fault_info {
	int status;	    /* 0: channels can be had here; else a negative errno */
	uint32_t kinds;	    /* bits of enum pgb_fault_kind */
	uint32_t actions;   /* 1u << enum pgb_ack_action */
	int system_calls;   /* 1: they are stopped too; 0: they fail with EFAULT */
	int protects_holes; /* 1: natively (6.4); 0: by mapping the zero page */
	char reason[PGB_REASON_SIZE]; /* what is lacking; empty if nothing is */
};

struct pgb_fault_stats {
	uint64_t writes, absences, accesses; /* faults read, by kind */
	uint64_t acks[PGB_ACK_ACTIONS];	     /* acknowledgements, by action */
	uint64_t duplicates;	    /* acks of FILL, ZERO, MAP, ... for what was there */
	uint64_t pages_protected;   /* by pgb_fault_protect() */
	uint64_t pages_unprotected; /* by pgb_fault_unprotect() */
	uint64_t flushing_calls;    /* system calls that both took; each flushes the TLB */
	uint64_t reposts;	    /* pgb_fault_repost() */
	uint64_t errors;	    /* failures of the kernel, duplicates not counted */
	int32_t last_error;	    /* negative errno of the last one; 0: none */
	uint32_t ranges;	    /* after merging neighbours */
};

/*
 * What this kernel and this process have; tried, not guessed.  `size` is sizeof(*info).
 * Not world-stopped safe.
 *
 * -EINVAL  info is NULL or size too small.
 */
int pgb_fault_probe(struct pgb_fault_info *info, size_t size);

/*
 * Open a channel without ranges.  System calls that touch its pages are stopped too where
 * that is allowed: with CAP_SYS_PTRACE, vm.unprivileged_userfaultfd = 1, or access to
 * /dev/userfaultfd (6.1).  Else, and with PGB_FAULT_USER_ONLY, they fail with EFAULT.
 *
 * In a child of fork(2) no page stops any more, and the inherited handle gives -ECHILD to
 * all but pgb_fault_close(), which leaves the parent alone.  A child can
 * pgb_fault_attach() to the inherited descriptor and serve its parent.
 * Not world-stopped safe.
 *
 * -EINVAL  channel is NULL, or a flag that there is not.
 * -EPERM, -ENOSYS, -ENOTSUP  userfaultfd(2) is denied or lacking; see pgb_fault_probe().
 * -EMFILE, -ENFILE, -ENOMEM  the process or the machine is short of them.
 */
int pgb_fault_open(struct pgb_fault_channel **channel, unsigned flags);

/*
 * A second handle on a channel by its descriptor, which is duplicated: to read and
 * acknowledge in another process that got it over a Unix socket, or in a child of fork(2).
 * Addresses are those of the process that opened the channel.  It has no ranges:
 * pgb_fault_add() and pgb_fault_remove(), PGB_ACK_MOVE, pgb_fault_move(), and to protect
 * against ACCESS are -EOPNOTSUPP, since the kernel does these for its own process only.
 * Not world-stopped safe.
 *
 * -EINVAL  channel is NULL, or fd is no userfaultfd that does not block.
 * -EBADF, -EMFILE, -ENOMEM
 */
int pgb_fault_attach(struct pgb_fault_channel **channel, int fd);

/*
 * Give everything back.  An owner takes its ranges out first, so that nobody stays
 * stopped, wherever copies of the descriptor are still open; pages are left accessible,
 * absent ones read as zeros.  NULL is allowed.  No other call on this handle may be
 * running.  Not world-stopped safe.
 */
void pgb_fault_close(struct pgb_fault_channel *channel);

/*
 * The descriptor: readable for poll(2) and epoll(7) when there are faults to read.  Lent,
 * O_CLOEXEC and O_NONBLOCK.  World-stopped safe.
 *
 * -EINVAL  channel is NULL.
 */
int pgb_fault_fd(const struct pgb_fault_channel *channel);

/*
 * Stop for `kinds` in [start, start + length): ABSENT from now on, WRITE and ACCESS where
 * pgb_fault_protect() says so.  Anonymous memory, or that of a memfd.
 * Not world-stopped safe: takes a lock against other pgb_fault_add() and
 * pgb_fault_remove().
 *
 * -EINVAL  not page-aligned, empty, past 2^48, no such kinds, or memory that cannot have
 *          them: files, and for ACCESS all but MAP_SHARED of a memfd.
 * -EEXIST  part of it is in this channel already.
 * -EBUSY   part of it belongs to another channel or to a barrier.
 * -EPERM   the memfd is sealed against writing.
 * -ENOMEM  no memory for the tables; nothing has changed.
 */
int pgb_fault_add(struct pgb_fault_channel *channel, void *start, size_t length,
		  unsigned kinds);

/*
 * Take [start, start + length), or what of it was added, out.  Who is stopped there goes
 * on, unhindered.  Also after the memory was unmapped.  Not world-stopped safe: waits
 * for a pgb_fault_protect() that is running.
 *
 * -EINVAL  not page-aligned, empty, or past 2^48.
 * -ENOENT  none of it was added.
 * -ENOMEM  no memory for the tables; nothing has changed.
 */
int pgb_fault_remove(struct pgb_fault_channel *channel, void *start, size_t length);

/*
 * Protect pages against `kind`, WRITE or ACCESS, or take the protection back and let go
 * who is stopped there.  Runs may come in any order, overlap and repeat; pages that are
 * next to each other take one system call together.  One call of either at a time on a
 * handle.  World-stopped safe, but on an attached handle, where room is made by mmap(2).
 *
 * Where WRITE is the only kind of a range, holes are protected too: natively since 6.4, by
 * mapping the zero page before.  Beside ABSENT or ACCESS a page that is not there is
 * protected since 6.4 only, and FILL, ZERO and MAP leave it writable.
 *
 * -EINVAL      kind is not one of both, runs is NULL, or a run is empty or not aligned.
 * -ENOENT      a page is in no range with that kind; nothing was changed.
 * -EBUSY       another protect or unprotect is running; nothing was changed.
 * -EOPNOTSUPP  ACCESS on an attached handle; or holes, before Linux 5.14.
 * -ENOMEM, -EFAULT, -EAGAIN  from the kernel: all other runs were done, some of the pages
 *              may not be.  Try again.
 */
int pgb_fault_protect(struct pgb_fault_channel *channel, unsigned kind,
		      const struct pgb_page_run *runs, size_t count);
int pgb_fault_unprotect(struct pgb_fault_channel *channel, unsigned kind,
			const struct pgb_page_run *runs, size_t count);

/*
 * Read up to `count` faults.  Returns how many, which is 0 only for count 0.
 * World-stopped safe.  Each fault goes to one reader.
 *
 * -EAGAIN  there are none.
 * -EINVAL  channel or faults is NULL.
 */
int pgb_fault_read(struct pgb_fault_channel *channel, struct pgb_fault *faults,
		   size_t count);

/*
 * Acknowledge.  Each is tried, whatever became of those before it, and has its own result;
 * returned is the first failure, or 0.  Pages need not have faulted, and an ack may be for
 * many: those that are there already are left as they are, which makes the result -EEXIST
 * but is no failure.  World-stopped safe.
 *
 * -EINVAL      not page-aligned, empty, or no such action: the only result after which
 *              threads may still be stopped there.
 * -EEXIST      result only: some of the pages were there.
 * -ENOENT      part of the range is unmapped or not in the channel (any more); MOVE: or
 *              a page at `source` is not there.
 * -EFAULT      FILL, MOVE: `source` cannot be read.  MAP: the memfd has no page there.
 * -EOPNOTSUPP  this kernel, or an attached handle, has no such action.
 * -ESRCH       the process that opened the channel is gone.
 * -ENOMEM, -EAGAIN
 */
int pgb_fault_ack(struct pgb_fault_channel *channel, struct pgb_ack *acks, size_t count);

/*
 * Let everybody go who is stopped, so that they fault again: for a new reader after one
 * died with faults that it had read.  Faults that nobody has read stay readable anyway.
 * World-stopped safe.
 */
int pgb_fault_repost(struct pgb_fault_channel *channel);

/*
 * Make the pages of [from, from + length) those of [to, to + length), which is in the
 * channel; both are private anonymous memory that is readable and writable.  What was at
 * `to` is lost; `from` reads as zeros afterwards, or is absent.  Who waits at `to` goes
 * on.  Protection does not move along.  The caller keeps other threads from writing to
 * either while it runs.  Whole pages are moved by the kernel (6.8) without copying and
 * without splitting a mapping; those that it will not move (shared by fork(2), pinned for
 * I/O) are copied, and result says so.  Holes stay holes.  World-stopped safe.
 *
 * -EINVAL  not page-aligned, empty, past 2^48, overlapping, or result is NULL.
 * -ENOENT  `to` is not in the channel, or unmapped; result->moved says how far it came.
 * -EFAULT  `from` is not readable from result->moved on.
 * -EOPNOTSUPP  an attached handle.
 */
int pgb_fault_move(struct pgb_fault_channel *channel, void *to, void *from, size_t length,
		   struct pgb_move *result);

/*
 * Read the counters of this handle.  `size` is sizeof(*stats).  World-stopped safe.
 *
 * -EINVAL  channel or stats is NULL, or size too small.
 */
int pgb_fault_get_stats(struct pgb_fault_channel *channel, struct pgb_fault_stats *stats,
			size_t size);

#ifdef __cplusplus
}
#endif

#endif

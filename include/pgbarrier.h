/* SPDX-License-Identifier: MIT */
/*
 * pgbarrier.h - find the pages that were written since the last harvest.
 *
 * A barrier is a handle: one backend and the ranges of memory it watches.  A
 * harvest reports every page of those ranges that was written since the last
 * harvest, and arms it again, as one step.
 *
 * What holds for every backend:
 *
 *  - Every write that happened before a harvest is in it or in an earlier one,
 *    every later write is in a later one.  Nothing is ever lost.  Where a backend
 *    cannot vouch for a page (it was never armed, the process forked, the kernel
 *    refused), the page is reported.  Reporting too much is allowed, and counted.
 *  - With the world stopped, "before" means before the harvest began.  While
 *    mutators run there is such a thing only on a backend with PGB_CAP_CONCURRENT.
 *    On one without it (soft-dirty) the world has to be stopped for a harvest: a
 *    write that races with it can be lost.  Such a backend is never chosen unasked.
 *  - No function aborts, prints, or installs anything that outlives pgb_close().
 *    Failures are negative errnos, and a barrier stays usable after each.  The one
 *    exception is for whoever runs the process to choose: PGBARRIER_VERIFY=1, below.
 *
 * Memory: all of it comes from mmap(2), none from malloc(3), so a collector that
 * replaces malloc, or scans it, can use the library.  Watched addresses are kept
 * only in that memory, never in .data or .bss, where a conservative collector
 * would take them for roots (but for a thread's last fault that was not ours).
 *
 * PGBARRIER_VERIFY=1 in the environment, when a barrier is opened, has every harvest
 * check the backend: a checksum of each page watched is kept, and a page that has
 * changed without being reported ends the process.  One line on standard error says
 * which page, which harvest and which backend, then comes abort(3).  Harvests take as
 * long as reading all of their memory does, and give a visitor nothing before they have.
 * Unset or 0: nothing of this.  Programs with raised rights do not look at it.
 *
 * Units: addresses and lengths are bytes, page-aligned unless said otherwise, in
 * pages of sysconf(_SC_PAGESIZE).
 *
 * "World-stopped safe" below means: may be called while other threads are stopped
 * at arbitrary points, any lock of theirs held, this library's included.  Such a
 * function takes no lock, allocates nothing and uses no stdio.
 */
#ifndef PGBARRIER_H
#define PGBARRIER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pgb_barrier;

/* What a backend can do.  A set bit is always good news but for NEEDS_PRIVILEGE. */
enum pgb_capability {
	/*
	 * Takes no signal handler, and costs mutators no signals.  Without it a program
	 * that installs a handler of its own for SIGSEGV (mprotect) or SIGBUS
	 * (uffd-sigbus), and does not pass on what it does not know, gets the faults of
	 * armed pages until the next harvest puts the library's handler on top again.
	 */
	PGB_CAP_NO_SIGNALS = 1u << 0,
	/*
	 * read(2) and its like into a watched page succeed and are noticed.  On uffd-sync
	 * not what the kernel writes for a thread that is ending (robust mutexes).
	 */
	PGB_CAP_KERNEL_WRITES = 1u << 1,
	/* A range stays one VMA however its pages are written. */
	PGB_CAP_ONE_VMA = 1u << 2,
	/*
	 * A harvest is exact while mutators run.  Without it the world must be stopped,
	 * or writes that race with the harvest are lost.
	 */
	PGB_CAP_CONCURRENT = 1u << 3,
	/* Reports single pages, not larger granules. */
	PGB_CAP_PAGE_PRECISE = 1u << 4,
	/*
	 * Watched memory may be unmapped, moved or mapped anew behind the barrier's
	 * back; what is there at the next harvest reads dirty.  Without this bit,
	 * pgb_remove() first, or writes are lost or fault.
	 */
	PGB_CAP_REMAP_SAFE = 1u << 5,
	/* Runs only with a privilege (root, a capability, access to a device). */
	PGB_CAP_NEEDS_PRIVILEGE = 1u << 6,
	/*
	 * Acts on watched memory alone.  Without it every harvest is one of the whole
	 * process: pgb_harvest_range() is no cheaper than pgb_harvest(), and whoever
	 * else looks at the same bits of the kernel loses them.
	 */
	PGB_CAP_LOCAL = 1u << 7,
	/*
	 * Watches whatever private anonymous memory pgb_add() is given.  Without it only
	 * memory of pgb_alloc_range() is watched; any other reads dirty always.
	 */
	PGB_CAP_ANY_MEMORY = 1u << 8,
	/*
	 * Notices by itself that a device may write to a page, since the kernel has it
	 * pinned (io_uring's buffers, O_DIRECT in flight, RDMA): reports it as pgb_pin()
	 * would.
	 */
	PGB_CAP_DEVICE_WRITES = 1u << 9,
};

/* Room for one sentence; longer reasons are cut. */
#define PGB_REASON_SIZE 160

struct pgb_backend_info {
	const char *name;	      /* static; what pgb_open() takes */
	const char *summary;	      /* static; one line */
	uint32_t capabilities;	      /* enum pgb_capability */
	int status;		      /* 0: runs here; else a negative errno */
	int automatic;		      /* 1: pgb_open(NULL) may choose it */
	char reason[PGB_REASON_SIZE]; /* why not; empty if status is 0 */
};

struct pgb_stats {
	uint64_t harvests;	  /* since pgb_open() */
	uint64_t pages_reported;  /* given to visitors */
	uint64_t pages_harvested; /* in the ranges of all harvests together */
	uint64_t pages_watched;	  /* in all ranges now */
	uint64_t pages_unsure;	  /* of pages_reported: the backend could not vouch */
	uint64_t pages_pinned;	  /* of pages_reported: for a pin alone */
	uint64_t fallbacks;	  /* ranges reported whole after an error */
	uint64_t forks;		  /* times the barrier was set up anew in a child */
	int32_t last_error;	  /* negative errno of the last fallback; 0: none */
	uint32_t ranges;	  /* after merging neighbours */
	uint64_t pages_unarmed;	  /* of pages_reported: hot, see pgb_set_policy() */
};

/* Which pages are armed. */
enum pgb_policy {
	PGB_POLICY_PLAIN, /* all of them; every barrier begins with this */
	/*
	 * Not those in hot chunks: 64 pages (a huge page, where all memory gets those)
	 * of which three quarters or more were reported in two harvests.  All their
	 * pages are reported from then on, and soon cost mutators nothing.  In every 16th
	 * pgb_harvest() all is armed again.  So up to a quarter of what is reported for
	 * them was not written, PGB_CAP_PAGE_PRECISE or not.
	 */
	PGB_POLICY_HOT,
	/*
	 * The same if a first write on this backend and this machine costs more than
	 * for a collector to look at a page, which is measured; else PLAIN.
	 */
	PGB_POLICY_AUTO,
};

/* What pgb_move_pages() did. */
struct pgb_move {
	size_t moved;	/* bytes at the beginning of the range that are done */
	size_t copied;	/* bytes of these that were copied */
	int32_t reason; /* negative errno, why the first of them was copied; 0: none was */
};

/*
 * A visitor gets one run of dirty pages, [start, end).  Runs come in ascending
 * order, do not overlap and do not touch.  It is called inside a harvest: it must
 * not call this library on the same barrier, and with the world stopped it is bound
 * by what that allows.
 */
typedef void pgb_visitor(void *arg, uintptr_t start, uintptr_t end);

/*
 * "0.1.0".  Static.  Thread-safe, world-stopped safe.
 */
const char *pgb_version(void);

/*
 * Number of backends this library was built with, in order of preference.
 * Thread-safe, world-stopped safe.
 */
size_t pgb_backend_count(void);

/*
 * Describe backend `index` and try whether it can run in this process, now.
 * `size` is sizeof(*info), for later versions that add members at its end.
 * Thread-safe.  Not world-stopped safe: opens and closes file descriptors.
 *
 * -EINVAL  no such index, or size too small.
 */
int pgb_backend_probe(size_t index, struct pgb_backend_info *info, size_t size);

/*
 * Open a barrier that watches nothing yet.  `backend` is a name, or NULL or "auto"
 * for the first automatic one that can run.  The caller owns *barrier until
 * pgb_close().  After fork(2) parent and child each own one: the child's is set up
 * anew by its next call, and reports all its memory once.
 * Thread-safe.  Not world-stopped safe.
 *
 * -EINVAL  barrier is NULL, no backend has that name, or PGBARRIER_VERIFY is neither
 *          0 nor 1.
 * -ENOTSUP, -EPERM, -ENOSYS  it cannot run here; pgb_backend_probe() says why.
 * -ENOSYS, -EPERM with PGBARRIER_VERIFY=1 also: process_vm_readv(2), which it reads pages
 *          with, is refused.
 * -EMFILE, -ENFILE, -ENOMEM  the process or the machine is short of them.
 */
int pgb_open(struct pgb_barrier **barrier, const char *backend);

/*
 * Stop watching, give everything back.  Watched memory is left writable and its
 * content as it is, but memory of pgb_alloc_range() is gone.  NULL is allowed.  No other
 * call on this barrier may be running, nor, on a backend without PGB_CAP_NO_SIGNALS, a
 * write to memory that it watches. Not world-stopped safe.
 */
void pgb_close(struct pgb_barrier *barrier);

/*
 * The name and the capabilities of the backend behind a barrier.  Static.
 * Thread-safe, world-stopped safe.
 */
const char *pgb_backend_name(const struct pgb_barrier *barrier);
uint32_t pgb_capabilities(const struct pgb_barrier *barrier);

/*
 * Watch [start, start + length), private anonymous memory that is readable and
 * writable.  It reads dirty until a harvest has armed it; nothing is armed here,
 * since fresh memory is about to be written anyway.  Watching what is watched
 * already means that it was mapped anew: it reads dirty once more.  Neighbouring
 * ranges become one.  A page is of one barrier, or of one channel of pgbarrier_fault.h:
 * two would take each other's reports.
 * Thread-safe against everything but pgb_close().  Not world-stopped safe: takes a
 * lock against other pgb_add() and pgb_remove().  A harvest does not take it.
 *
 * -EINVAL  not page-aligned, empty, or past 2^48, where memory is only on request.
 * -ENOMEM  no memory for the tables, or the kernel has none to watch anew what is
 *          watched; nothing has changed.
 * -EBUSY   part of it belongs to another userfaultfd, of a barrier, of a channel or of
 *          the program; nothing has changed.
 *
 * That the kernel cannot watch the range is no error here: it is watched as a
 * range that always reads dirty, until a harvest finds that it can be armed.
 */
int pgb_add(struct pgb_barrier *barrier, void *start, size_t length);

/*
 * Stop watching [start, start + length) or what of it is watched, and leave the
 * memory writable.  What was written and not yet harvested is not reported any more.
 * With PGB_CAP_REMAP_SAFE also after the memory was unmapped.  Threads and errors as for
 * pgb_add().
 *
 * -ENOENT  none of it is watched.
 */
int pgb_remove(struct pgb_barrier *barrier, void *start, size_t length);

/*
 * Memory for a heap that the barrier watches from the start: `length` bytes of zeros,
 * readable and writable, at *start, which is page-aligned.  It reads dirty until a harvest
 * has armed it.  What holds for memory of pgb_add() holds for it, on every backend; two
 * pieces that happen to lie side by side are one range.
 *
 * It belongs to the barrier: it is given back by pgb_free_range(), all of it or any pages
 * of it, or else by pgb_close(), and never with munmap(2), mremap(2) or a mapping over it.
 * To give back its content alone there is pgb_discard_range().  pgb_remove() and pgb_add()
 * may stop watching it and watch it again.
 *
 * A child of fork(2) has the memory and a barrier of its own, like other memory.  Where the
 * backend has it from a device (kmod), the C library's fork() sees to that; a child made by
 * clone(2) or _Fork() by itself has nothing at these addresses.
 * Threads as for pgb_add().
 *
 * -EINVAL  length is 0 or no multiple of a page, or start is NULL.
 * -ENOMEM  no memory, or the process may not have that much.
 * -EDQUOT, -EFBIG, -EMFILE, -ENFILE, -ENODEV, -EACCES  the backend has its memory from a
 *          device (kmod), which gives this user no more, or not to this process now.
 * Nothing has changed then.
 */
int pgb_alloc_range(struct pgb_barrier *barrier, size_t length, void **start);

/*
 * Stop watching [start, start + length), pages of pgb_alloc_range(), and give them back.
 * They are not to be touched any more, whether that faults or not.  Threads as for
 * pgb_add().
 *
 * -EINVAL  not page-aligned, empty, or not all of it is memory of pgb_alloc_range().
 * -ENOMEM  no memory for the tables; nothing has changed.
 */
int pgb_free_range(struct pgb_barrier *barrier, void *start, size_t length);

/*
 * Give the content of [start, start + length) back to the kernel, as MADV_DONTNEED does:
 * it reads as zeros from now on, and stays watched where it is.  For private anonymous
 * memory and that of pgb_alloc_range(), with which MADV_DONTNEED is not enough on every
 * backend.  Whether the next harvest reports these pages is up to the backend.
 * World-stopped safe.
 *
 * -EINVAL  as pgb_add().
 * -ENOMEM  not all of it is mapped; the rest may have been discarded.
 * -EAGAIN  another thread is setting the barrier up anew after fork(2).
 * -EBADF, and others from the device of the backend (kmod): the content is as it was.
 */
int pgb_discard_range(struct pgb_barrier *barrier, void *start, size_t length);

/*
 * Report every page written since it was last harvested and arm it again.  `visit`
 * may be NULL: then pages are armed and the report is thrown away.  The _range form
 * does so for what is watched of [start, start + length), and leaves the rest alone.
 *
 * The report is complete whatever is returned: a negative errno says that some
 * ranges had to be reported whole.  World-stopped safe.  One harvest at a time on a
 * barrier; pgb_add(), pgb_remove(), pgb_pin() and pgb_unpin() may run beside it.
 *
 * -EINVAL  _range: not page-aligned, or past the end of the address space.
 * -EBUSY   another harvest is running on this barrier; nothing was reported.
 * -EAGAIN  another thread is setting the barrier up anew after fork(2).
 * -EPERM, -ENOENT, -EBADF, -EFAULT, -ENOMEM, -ENOTTY, -EMFILE, -ENFILE
 *          from the kernel; the ranges concerned were reported whole.
 */
int pgb_harvest(struct pgb_barrier *barrier, pgb_visitor *visit, void *arg);
int pgb_harvest_range(struct pgb_barrier *barrier, void *start, size_t length,
		      pgb_visitor *visit, void *arg);

/*
 * Choose which pages are armed.  Takes effect with the harvests that follow; nothing is
 * lost by a change.  PGB_POLICY_AUTO takes a fraction of a millisecond, since it tries the
 * backend on memory of its own.  Chunks become hot, and cool down, by harvests of all that
 * is watched, of which there should be one in each cycle of the collector;
 * pgb_harvest_range() reports what is hot by then.  Threads as for pgb_add().
 *
 * -EINVAL   no such policy.
 * -ENOTSUP  PGB_POLICY_HOT on a backend without PGB_CAP_LOCAL, which cannot leave pages
 *           out; with PGB_POLICY_AUTO that is PLAIN, and no error.
 * -ENOMEM   the policy is PLAIN then.
 */
int pgb_set_policy(struct pgb_barrier *barrier, enum pgb_policy policy);

/*
 * Declare that something other than the CPU writes to [start, start + length)
 * through a reference it already has: DMA, a buffer registered with io_uring,
 * O_DIRECT in flight.  No page protection sees such writes, so every harvest reports
 * these pages, where they are watched.  Pins nest: pgb_unpin() takes back one
 * pgb_pin() of the very same range, and its pages are in the next harvest too.
 * Pin before the device gets the buffer, unpin after it is done.  A child of fork(2)
 * inherits pins.  Threads as for pgb_add().
 *
 * -EINVAL  as pgb_add().
 * -ENOMEM  as pgb_add().
 * -ENOENT  pgb_unpin(): no such pin.
 */
int pgb_pin(struct pgb_barrier *barrier, void *start, size_t length);
int pgb_unpin(struct pgb_barrier *barrier, void *start, size_t length);

/*
 * Make the pages of [from, from + length) those of [to, to + length), for compaction.
 * What was at `to` is lost, and `from` reads as zeros afterwards.  Both are private
 * anonymous memory that is readable and writable.  Where they are watched, both read dirty
 * at the next harvest.  The caller keeps other threads from touching either meanwhile.
 *
 * Where the backend and the kernel can (userfaultfd, Linux 6.8), pages change place
 * without being copied, and no mapping is split.  What cannot be moved is copied, and
 * result->reason says why: -EOPNOTSUPP the backend or the kernel lacks it, -EBUSY the page
 * is shared after fork(2) or pinned for I/O, -EINVAL `to` is not watched or the mappings
 * differ, -EAGAIN the kernel did not get hold of the page.  Without PGB_CAP_REMAP_SAFE
 * the pages of `from` stay allocated.
 *
 * On an error exactly the first result->moved bytes are done, the rest of `from` is as it
 * was, and the rest of `to` is as it was or zeros.  World-stopped safe.
 *
 * -EINVAL  as pgb_add(), or the ranges overlap, or result is NULL.
 * -EFAULT  memory is not mapped or not readable from result->moved on.
 */
int pgb_move_pages(struct pgb_barrier *barrier, void *to, void *from, size_t length,
		   struct pgb_move *result);

/*
 * Read the counters.  `size` is sizeof(*stats).  Each member is exact, but members
 * read while a harvest runs may stem from before and after it.
 * Thread-safe, world-stopped safe.
 *
 * -EINVAL  stats is NULL or size too small.
 */
int pgb_get_stats(const struct pgb_barrier *barrier, struct pgb_stats *stats, size_t size);

#ifdef __cplusplus
}
#endif

#endif

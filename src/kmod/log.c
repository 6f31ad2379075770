// SPDX-License-Identifier: GPL-2.0
/*
 * The peer in the kernel: first writes are answered here, and logged in a ring.
 *
 * User space sees the ring and takes part once per batch.  The log is no account of its own: every
 * entry's page is in ->live or ->late, so that a full ring costs no more than a harvest.
 */
#include "log.h"

#include <linux/bitmap.h>
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "faults.h"
#include "planted.h"

#define MAX_ENTRIES BIT(20)

struct pgb_log {
	spinlock_t lock; /* of head, dropped, and putting entries in */
	struct pgbarrier_log_header *header;
	u64 *entry; /* a page behind the header */
	size_t bytes;
	u32 entries;
	u32 watermark;
	u64 head, tail, dropped; /* not those that users can see, which are copies */
	struct eventfd_ctx *eventfd;
	struct pgb_user *user; /* who is charged for it */
	u64 charged;
	unsigned long *batch; /* pages of a reset; zeros outside of region->lock */
};

/* Once there is one it stays. */
static struct pgb_log *log_of(struct pgb_region *region)
{
	/* Pairs with pgb_log_open(): with all that is in it. */
	return smp_load_acquire(&region->log);
}

static size_t ring_bytes(u32 entries)
{
	return PAGE_SIZE + PAGE_ALIGN(entries * sizeof(u64));
}

void pgb_log_free(struct pgb_log *log)
{
	if (!log)
		return;
	if (log->eventfd)
		eventfd_ctx_put(log->eventfd);
	vfree(log->header);
	kvfree(log->batch);
	if (log->user)
		pgb_user_uncharge(log->user, log->charged);
	kfree(log);
}

static int allocate(struct pgb_log *log, const struct pgb_region *region)
{
	struct pgb_user *user;

	log->bytes = ring_bytes(log->entries);
	log->charged = log->bytes + region->bitmap_bytes;
	user = pgb_user_charge(log->charged);
	if (IS_ERR(user))
		return PTR_ERR(user);
	log->user = user;
	log->header = __vmalloc(log->bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	log->batch = kvzalloc(region->bitmap_bytes, GFP_KERNEL_ACCOUNT);
	if (!log->header || !log->batch)
		return -ENOMEM;
	log->entry = (void *)log->header + PAGE_SIZE;
	log->header->entries = log->entries;
	return 0;
}

static int set_eventfd(struct pgb_log *log, int fd)
{
	struct eventfd_ctx *eventfd = fd == -1 ? NULL : eventfd_ctx_fdget(fd);

	if (IS_ERR(eventfd))
		return -EINVAL;
	log->eventfd = eventfd;
	return 0;
}

static struct pgb_log *new_log(const struct pgb_region *region,
			       const struct pgbarrier_log *request)
{
	struct pgb_log *log = kzalloc(sizeof(*log), GFP_KERNEL_ACCOUNT);
	int err;

	if (!log)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&log->lock);
	log->entries = request->entries;
	log->watermark = request->watermark;
	err = allocate(log, region) ?: set_eventfd(log, request->eventfd);
	if (!err)
		return log;
	pgb_log_free(log);
	return ERR_PTR(err);
}

static int check(const struct pgb_region *region, const struct pgbarrier_log *request)
{
	if (request->flags || !is_power_of_2(request->entries) ||
	    request->entries > MAX_ENTRIES || request->watermark > request->entries ||
	    request->eventfd < -1)
		return -EINVAL;
	if (region->mode == PGBARRIER_MODE_DIRTY || region->flags & PGBARRIER_CREATE_ABSENT)
		return -EOPNOTSUPP;
	return 0;
}

int pgb_log_open(struct pgb_region *region, const struct pgbarrier_log *request)
{
	struct pgb_log *log;
	int err = check(region, request);

	if (err)
		return err;
	log = new_log(region, request);
	if (IS_ERR(log))
		return PTR_ERR(log);
	if (mutex_lock_interruptible(&region->lock)) {
		err = -EINTR;
		goto out;
	}
	err = region->log ? -EBUSY : pgb_faults_claim(region);
	if (!err) /* Pairs with log_of(). */
		smp_store_release(&region->log, log);
	mutex_unlock(&region->lock);
out:
	if (err)
		pgb_log_free(log);
	return err;
}

int pgb_log_mmap(struct pgb_region *region, struct vm_area_struct *vma, pgoff_t offset)
{
	struct pgb_log *log = log_of(region);

	return log ? pgb_map_vmalloc(vma, log->header, log->bytes, offset) : -ENXIO;
}

static void put(struct pgb_log *log, pgoff_t index)
{
	if (log->head - log->tail == log->entries) {
		WRITE_ONCE(log->header->dropped, ++log->dropped);
		return;
	}
	if (!pgb_planted(PGB_NO_LOG_ENTRY) || index % 8)
		log->entry[log->head++ & (log->entries - 1)] = (u64)index << PAGE_SHIFT;
	/* The entry first; pairs with reset_entries(), and with user space. */
	smp_store_release(&log->header->head, log->head);
	if (log->eventfd && log->head - log->tail == log->watermark)
		pgb_eventfd_signal(log->eventfd);
}

static void note(struct pgb_region *region, pgoff_t index)
{
	struct pgb_log *log = log_of(region);
	unsigned long flags;

	if (!log)
		return;
	spin_lock_irqsave(&log->lock, flags);
	put(log, index);
	spin_unlock_irqrestore(&log->lock, flags);
}

void pgb_log_write(struct pgb_region *region, pgoff_t index)
{
	note(region, index);
}

/*
 * Entries of pages in ->live that are zapped are in the log already, and those that a harvest
 * zaps it has taken.  The rest was written through a pin.
 */
void pgb_log_late(struct pgb_region *region, pgoff_t index)
{
	if (!test_bit(index, region->live) && READ_ONCE(region->zapper) != current)
		note(region, index);
}

/* Entries are in any order, and may be there twice: as bits they are ranges. */
static void harvest_batch(struct pgb_region *region, struct pgb_log *log, pgoff_t first,
			  pgoff_t last)
{
	struct pgbarrier_harvest ignored = {};
	pgoff_t begin = first, end;

	for_each_set_bitrange_from(begin, end, log->batch, last + 1) {
		pgb_harvest_pages(region, begin, end - begin, &ignored);
		bitmap_clear(log->batch, begin, end - begin);
		cond_resched();
	}
}

static int reset_entries(struct pgb_region *region, struct pgb_log *log, u64 *count)
{
	pgoff_t first = region->npages, last = 0, index;
	u64 there, i;

	/* Pairs with put(): the entries too. */
	there = smp_load_acquire(&log->header->head) - log->tail;
	if (!*count)
		*count = there;
	if (*count > there)
		return -EINVAL;
	for (i = 0; i < *count; i++) {
		index = log->entry[(log->tail + i) & (log->entries - 1)] >> PAGE_SHIFT;
		__set_bit(index, log->batch);
		first = min(first, index);
		last = max(last, index);
	}
	/*
	 * Room first: a page that is written again while this goes on finds it.  What is written
	 * then is this cycle's, or the page is logged anew.
	 */
	spin_lock_irq(&log->lock);
	log->tail += *count;
	WRITE_ONCE(log->header->tail, log->tail);
	if (log->eventfd && log->watermark && log->head - log->tail >= log->watermark)
		pgb_eventfd_signal(log->eventfd);
	spin_unlock_irq(&log->lock);
	if (*count)
		harvest_batch(region, log, first, last);
	pgb_faults_ask_again(region);
	return 0;
}

int pgb_log_reset(struct pgb_region *region, struct pgbarrier_log_reset *reset)
{
	struct pgb_log *log = log_of(region);
	int err;

	if (reset->flags)
		return -EINVAL;
	if (!log)
		return -ENOENT;
	if (mutex_lock_interruptible(&region->lock))
		return -EINTR;
	err = reset_entries(region, log, &reset->count);
	mutex_unlock(&region->lock);
	return err;
}

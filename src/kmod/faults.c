// SPDX-License-Identifier: GPL-2.0
/* Accesses that stop, and the descriptor through which they are answered. */
#include "faults.h"

#include <linux/anon_inodes.h>
#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/eventfd.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "planted.h"

enum answerer {
	NOBODY,
	FAULT_FD,
	CLAIMED, /* by the log, for good */
};

/* Not yet read: a bit a page. */
struct pending {
	unsigned long *page;
	pgoff_t next; /* where the next reader begins, so that no page waits for ever */
};

/* Slots for threads, by a hash of theirs.  Who finds his own taken goes round once more. */
#define SENT_BACK_BITS 6

struct pgb_faults {
	atomic_t answerer; /* enum answerer */
	u64 sent_back[1 << SENT_BACK_BITS]; /* ticket(); 0: free */
	struct pending write;
	struct pending absent;
	atomic_long_t count; /* of bits; for a moment below what there are */
	wait_queue_head_t readers;
	struct eventfd_ctx *eventfd; /* under readers.lock */
};

struct pgb_faults *pgb_faults_new(size_t bitmap_bytes)
{
	struct pgb_faults *faults = kzalloc(sizeof(*faults), GFP_KERNEL_ACCOUNT);

	if (!faults)
		return ERR_PTR(-ENOMEM);
	init_waitqueue_head(&faults->readers);
	faults->write.page = kvzalloc(bitmap_bytes, GFP_KERNEL_ACCOUNT);
	faults->absent.page = kvzalloc(bitmap_bytes, GFP_KERNEL_ACCOUNT);
	if (faults->write.page && faults->absent.page)
		return faults;
	pgb_faults_free(faults);
	return ERR_PTR(-ENOMEM);
}

void pgb_faults_free(struct pgb_faults *faults)
{
	if (!faults)
		return;
	if (faults->eventfd)
		eventfd_ctx_put(faults->eventfd);
	kvfree(faults->write.page);
	kvfree(faults->absent.page);
	kfree(faults);
}

static struct pending *pending_of(struct pgb_faults *faults, enum pgbarrier_event_kind kind)
{
	return kind == PGBARRIER_EVENT_WRITE ? &faults->write : &faults->absent;
}

static bool is_kind_of(const struct pgb_region *region, enum pgbarrier_event_kind kind)
{
	return kind == PGBARRIER_EVENT_WRITE ? region->mode == PGBARRIER_MODE_SYNC :
					       region->flags & PGBARRIER_CREATE_ABSENT;
}

static bool is_answered(struct pgb_region *region, pgoff_t index, enum pgbarrier_event_kind kind)
{
	return kind == PGBARRIER_EVENT_WRITE ? test_bit(index, region->live) :
					       !!xa_load(&region->pages, index);
}

/**
 * pgb_faults_must_stop - has an access to wait for an answer?
 * @region: a region that is ready
 * @index: of the page
 * @kind: what is asked for
 *
 * Return: false if it need not be asked for, was answered, or nobody would answer.
 */
bool pgb_faults_must_stop(struct pgb_region *region, pgoff_t index,
			  enum pgbarrier_event_kind kind)
{
	return is_kind_of(region, kind) &&
	       atomic_read(&region->faults->answerer) == FAULT_FD &&
	       !is_answered(region, index, kind);
}

static void post(struct pgb_faults *faults, pgoff_t index, enum pgbarrier_event_kind kind)
{
	unsigned long flags;

	if (test_and_set_bit(index, pending_of(faults, kind)->page))
		return;
	atomic_long_inc(&faults->count);
	spin_lock_irqsave(&faults->readers.lock, flags);
	wake_up_locked_poll(&faults->readers, EPOLLIN);
	if (faults->eventfd)
		pgb_eventfd_signal(faults->eventfd);
	spin_unlock_irqrestore(&faults->readers.lock, flags);
}

/* A page of a region: 32 bits suffice below PGBARRIER_OFFSET_HARVEST. */
static u64 ticket(pgoff_t index)
{
	return (u64)task_pid_nr(current) << 32 | index;
}

static u64 *ticket_slot(struct pgb_faults *faults)
{
	return &faults->sent_back[hash_32(task_pid_nr(current), SENT_BACK_BITS)];
}

/**
 * pgb_faults_send_back - have a write that cannot wait in ->page_mkwrite wait in ->fault
 * @region: a region in which it must stop
 * @index: of the page, which is not locked
 *
 * An instruction that reads the page and writes to it comes back as a read, which maps the page
 * for reading; then the write would be here again, for ever.  So it is noted who is sent back:
 * pgb_faults_is_write() has his next access of the page wait, whatever it is.
 */
void pgb_faults_send_back(struct pgb_region *region, pgoff_t index)
{
	WRITE_ONCE(*ticket_slot(region->faults), ticket(index));
	unmap_mapping_pages(region->inode->i_mapping, index, 1, false);
}

/*
 * Is this access a write, or the first half of one?  What the kernel reads in between, for the
 * handler of a signal, is neither.
 */
bool pgb_faults_is_write(const struct vm_fault *vmf, struct pgb_region *region)
{
	u64 own = ticket(vmf->pgoff);

	if (region->faults && cmpxchg(ticket_slot(region->faults), own, 0) == own &&
	    vmf->flags & FAULT_FLAG_USER)
		return true;
	return vmf->flags & FAULT_FLAG_WRITE;
}

/* What an access waits for: an answer, or the end of a hold. */
struct stop {
	struct pgb_region *region;
	bool is_held;
	pgoff_t index;
	enum pgbarrier_event_kind kind;
	int cycle;
};

static bool is_over(const struct stop *stop)
{
	if (stop->is_held)
		return !atomic_read(&stop->region->held);
	pgb_test_spin();
	/* An answer may have been taken back already: ask again, whatever was said. */
	return !pgb_faults_must_stop(stop->region, stop->index, stop->kind) ||
	       atomic_read(&stop->region->cycle) != stop->cycle;
}

/* 0, or why this access cannot wait; the fault lock is kept then. */
static vm_fault_t cannot_wait(const struct vm_fault *vmf, const struct pgb_region *region)
{
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	/* Nothing can end the wait of a thread that ends, if whoever answers ends with it. */
	if (current->flags & (PF_EXITING | PF_DUMPCORE))
		return VM_FAULT_SIGBUS;
	if (region->flags & PGBARRIER_CREATE_USER_FAULTS && !(vmf->flags & FAULT_FLAG_USER))
		return VM_FAULT_SIGBUS;
	return vmf->flags & FAULT_FLAG_RETRY_NOWAIT ? VM_FAULT_RETRY : 0;
}

/*
 * Drops the fault lock, so only from ->fault: in ->page_mkwrite there is no way to have the
 * fault begin again.  The VMA may be gone afterwards.
 */
static vm_fault_t wait_until_over(struct vm_fault *vmf, const struct stop *stop)
{
	struct pgb_region *region = stop->region;
	struct file *file = get_file(region->file); /* holds the region */
	unsigned int flags = vmf->flags;

	release_fault_lock(vmf);
	/* A signal is for user mode to handle, then the access comes again; system calls wait. */
	if (flags & FAULT_FLAG_USER && flags & FAULT_FLAG_INTERRUPTIBLE)
		wait_event_interruptible(region->stopped, is_over(stop));
	else
		wait_event_killable(region->stopped, is_over(stop));
	fput(file);
	return VM_FAULT_RETRY;
}

/**
 * pgb_faults_stop - ask, and wait for the answer
 * @vmf: of ->fault; its fault lock is dropped, unless the access cannot wait
 * @region: a region that is ready
 * @kind: what is asked for
 *
 * Return: VM_FAULT_RETRY in most cases, with or without an answer: the access comes again, and
 * asks again.
 */
vm_fault_t pgb_faults_stop(struct vm_fault *vmf, struct pgb_region *region,
			   enum pgbarrier_event_kind kind)
{
	struct stop stop = {
		.region = region,
		.index = vmf->pgoff,
		.kind = kind,
	};
	vm_fault_t failed = cannot_wait(vmf, region);

	if (failed)
		return failed;
	/* Pairs with pgb_faults_ask_again(): what is asked in this cycle is answered in it. */
	stop.cycle = atomic_read_acquire(&region->cycle);
	post(region->faults, stop.index, kind);
	return wait_until_over(vmf, &stop);
}

/**
 * pgb_faults_ask_again - a new cycle for who waits: his question may be lost, or its answer
 * @region: a region that is ready
 *
 * After a harvest or a discard, which take answers back, and when there is nobody any more who
 * would answer; the next one has not been asked.
 */
void pgb_faults_ask_again(struct pgb_region *region)
{
	if (!pgb_planted(PGB_NO_NEXT_CYCLE)) /* Pairs with pgb_faults_stop(). */
		atomic_inc_return_release(&region->cycle);
	wake_up_all(&region->stopped);
}

vm_fault_t pgb_faults_stop_held(struct vm_fault *vmf, struct pgb_region *region)
{
	struct stop stop = { .region = region, .is_held = true };

	return cannot_wait(vmf, region) ?: wait_until_over(vmf, &stop);
}

/* What is over by now is left out. */
static ssize_t read_event(struct pgb_region *region, char __user *buffer, pgoff_t index,
			  enum pgbarrier_event_kind kind)
{
	struct pgbarrier_event event = {
		.offset = (u64)index << PAGE_SHIFT,
		.kind = kind,
	};

	if (!test_and_clear_bit(index, pending_of(region->faults, kind)->page))
		return 0;
	atomic_long_dec(&region->faults->count);
	if (!pgb_faults_must_stop(region, index, kind))
		return 0;
	if (!copy_to_user(buffer, &event, sizeof(event)))
		return sizeof(event);
	post(region->faults, index, kind);
	return -EFAULT;
}

/* Pending events of pages [from, to).  What was read, or -EFAULT if nothing was. */
static ssize_t read_pages(struct pgb_region *region, char __user *buffer, size_t room,
			  pgoff_t from, pgoff_t to, enum pgbarrier_event_kind kind)
{
	struct pending *pending = pending_of(region->faults, kind);
	size_t done = 0;
	pgoff_t index;

	for_each_set_bit_from(from, pending->page, to) {
		ssize_t got;

		index = from;
		if (room - done < sizeof(struct pgbarrier_event))
			break;
		got = read_event(region, buffer + done, index, kind);
		if (got < 0)
			return done ? done : got;
		done += got;
		WRITE_ONCE(pending->next, index + 1);
	}
	return done;
}

/* From where the last reader has stopped, and around. */
static ssize_t read_kind(struct pgb_region *region, char __user *buffer, size_t room,
			 enum pgbarrier_event_kind kind)
{
	pgoff_t begin = READ_ONCE(pending_of(region->faults, kind)->next);
	ssize_t done, more;

	done = read_pages(region, buffer, room, begin, region->npages, kind);
	if (done < 0)
		return done;
	more = read_pages(region, buffer + done, room - done, 0, min(begin, region->npages), kind);
	return more < 0 && !done ? more : done + max_t(ssize_t, more, 0);
}

static ssize_t read_events(struct pgb_region *region, char __user *buffer, size_t room)
{
	ssize_t done, more;

	done = read_kind(region, buffer, room, PGBARRIER_EVENT_ABSENT);
	if (done < 0)
		return done;
	more = read_kind(region, buffer + done, room - done, PGBARRIER_EVENT_WRITE);
	return more < 0 && !done ? more : done + max_t(ssize_t, more, 0);
}

static int wait_for_events(struct pgb_faults *faults, bool nonblock)
{
	if (nonblock)
		return atomic_long_read(&faults->count) > 0 ? 0 : -EAGAIN;
	return wait_event_interruptible(faults->readers, atomic_long_read(&faults->count) > 0);
}

static ssize_t fault_fd_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	struct pgb_region *region = file->private_data;
	struct pgb_faults *faults = region->faults;
	ssize_t done;
	int err;

	if (size < sizeof(struct pgbarrier_event))
		return -EINVAL;
	do {
		err = wait_for_events(faults, file->f_flags & O_NONBLOCK);
		if (err)
			return err;
		done = read_events(region, buffer, size);
		cond_resched();
	} while (!done);
	return done;
}

static void set_live(struct pgb_region *region, pgoff_t first, pgoff_t count)
{
	pgoff_t last = first + count - 1, word;

	for (word = BIT_WORD(first); word <= BIT_WORD(last); word++) {
		atomic_long_or(pgb_word_mask(word, first, last),
			       (atomic_long_t *)&region->live[word]);
		if (!(word % 4096))
			cond_resched();
	}
}

static int acknowledge(struct pgb_region *region, const struct pgbarrier_range *range)
{
	pgoff_t first, count;
	int err;

	if (range->flags || range->reserved)
		return -EINVAL;
	if (region->mode != PGBARRIER_MODE_SYNC)
		return -EOPNOTSUPP;
	err = pgb_region_check(region, range->region) ?:
	      pgb_region_range(region, range->start, range->len, &first, &count);
	if (!err)
		set_live(region, first, count);
	return err;
}

static ssize_t fault_fd_write(struct file *file, const char __user *buffer, size_t size,
			      loff_t *offset)
{
	struct pgb_region *region = file->private_data;
	struct pgbarrier_range range;
	size_t done;
	int err = 0;

	if (!size || size % sizeof(range))
		return -EINVAL;
	for (done = 0; done < size; done += sizeof(range)) {
		if (signal_pending(current))
			err = -EINTR;
		else if (copy_from_user(&range, buffer + done, sizeof(range)))
			err = -EFAULT;
		else
			err = acknowledge(region, &range);
		if (err)
			break;
		cond_resched();
	}
	wake_up_all(&region->stopped);
	return done ? done : err;
}

static __poll_t fault_fd_poll(struct file *file, poll_table *table)
{
	struct pgb_region *region = file->private_data;

	poll_wait(file, &region->faults->readers, table);
	return EPOLLOUT | EPOLLWRNORM |
	       (atomic_long_read(&region->faults->count) > 0 ? EPOLLIN | EPOLLRDNORM : 0);
}

/* A reader may be a process that has nothing but this descriptor. */
static long fault_fd_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct pgbarrier_copy __user *user = (void __user *)argument;
	struct pgbarrier_copy copy;
	int err;

	if (command != PGBARRIER_IOC_COPY)
		return -ENOTTY;
	if (copy_from_user(&copy, user, sizeof(copy)))
		return -EFAULT;
	err = pgb_pages_copy(file->private_data, &copy);
	return copy_to_user(user, &copy, sizeof(copy)) ? -EFAULT : err;
}

/* Nobody is left to answer. */
static int fault_fd_release(struct inode *inode, struct file *file)
{
	struct pgb_region *region = file->private_data;

	atomic_set(&region->faults->answerer, NOBODY);
	pgb_faults_ask_again(region);
	fput(region->file);
	return 0;
}

static const struct file_operations fault_fd_operations = {
	.owner		= THIS_MODULE,
	.read		= fault_fd_read,
	.write		= fault_fd_write,
	.poll		= fault_fd_poll,
	.unlocked_ioctl	= fault_fd_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= fault_fd_release,
	.llseek		= noop_llseek,
};

long pgb_faults_open(struct pgb_region *region)
{
	struct pgb_faults *faults = region->faults;
	int fd;

	if (!faults)
		return -EOPNOTSUPP;
	if (atomic_cmpxchg(&faults->answerer, NOBODY, FAULT_FD) != NOBODY)
		return -EBUSY;
	get_file(region->file);
	fd = anon_inode_getfd("[pgbarrier]", &fault_fd_operations, region, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		atomic_set(&faults->answerer, NOBODY);
		pgb_faults_ask_again(region);
		fput(region->file);
	}
	return fd;
}

int pgb_faults_claim(struct pgb_region *region)
{
	struct pgb_faults *faults = region->faults;

	if (!faults)
		return 0;
	return atomic_cmpxchg(&faults->answerer, NOBODY, CLAIMED) == NOBODY ? 0 : -EBUSY;
}

int pgb_faults_set_eventfd(struct pgb_region *region, int fd)
{
	struct eventfd_ctx *eventfd = NULL;

	if (!region->faults)
		return -EOPNOTSUPP;
	if (fd != -1)
		eventfd = eventfd_ctx_fdget(fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	spin_lock_irq(&region->faults->readers.lock);
	swap(region->faults->eventfd, eventfd);
	spin_unlock_irq(&region->faults->readers.lock);
	if (eventfd)
		eventfd_ctx_put(eventfd);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * device.c - memory that comes from a device: descriptors that a program closes, and
 * children that do not inherit it by themselves.
 */
#include <atomic_ops.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/kmod.h"
#include "watch.h"

#define PAGES 64

/* Nobody keeps account of the area any more: all of it reads dirty, whatever is written. */
static void must_be_unsure(struct watch *watch, int err)
{
	struct pgb_stats before = watch_stats(watch);

	for (int round = 1; round <= 2; round++) {
		check_int(watch_try_harvest(watch), err);
		watch_must_report(watch, 0, PAGES);
		check_int(watch_stats(watch).pages_unsure,
			  before.pages_unsure + (uint64_t)round * PAGES);
	}
	check_int(watch_stats(watch).last_error, err);
}

/* Every page has its number in it. */
static void fill(const struct watch *watch)
{
	for (size_t i = 0; i < watch->pages; i++)
		memset(watch_page(watch, i), (int)i + 1, watch->page);
}

static void must_be_filled(const struct watch *watch)
{
	for (size_t i = 0; i < watch->pages; i++) {
		const unsigned char *page = watch_page(watch, i);

		check_int(*page, i + 1);
		check_int(memcmp(page, page + 1, watch->page - 1), 0);
	}
}

static void open_filled(struct watch *watch, const struct pgb_backend_info *backend)
{
	watch_open_allocated(watch, backend, PAGES);
	fill(watch);
	watch_settle(watch);
}

static void must_give_more(struct watch *watch)
{
	struct watch other;

	watch_open_allocated(
		&other,
		&(struct pgb_backend_info){.name = watch->backend,
					   .capabilities = watch->capabilities},
		PAGES);
	watch_settle(&other);
	watch_must_work(&other, 0, PAGES);
	watch_close(&other);
}

static void child_without_a_file(void *arg)
{
	struct watch *watch = arg;

	must_be_filled(watch);
	must_be_unsure(watch, -EBADF);
	memset(watch->base, 0, watch->page);
	must_give_more(watch);
	watch_close(watch);
}

static void closed_in(void *arg)
{
	struct watch watch;

	open_filled(&watch, arg);
	check_int(close_range(3, ~0u, 0), 0);
	must_be_unsure(&watch, -EBADF);
	child_run(child_without_a_file, &watch);
	must_be_filled(&watch);
	must_be_unsure(&watch, -EBADF);
	must_give_more(&watch);
	check_int(pgb_free_range(watch.barrier, watch.base, 8 * watch.page), 0);
	watch_close(&watch);
}

static void closed(const struct pgb_backend_info *backend)
{
	child_run(closed_in, (void *)backend);
}

/* The number is that of another region now, whose account is not ours to take. */
static void reused_in(void *arg)
{
	struct watch first, second;

	open_filled(&first, arg);
	check_int(close_range(3, ~0u, 0), 0);
	open_filled(&second, arg);
	watch_write(&second, 7);
	must_be_unsure(&first, -EBADF);
	watch_harvest(&second);
	watch_must_report_only(&second, 7, 1);
	watch_write(&second, 9);
	pgb_discard_range(first.barrier, first.base, PAGES * first.page);
	watch_close(&first);
	watch_harvest(&second);
	watch_must_report_only(&second, 9, 1);
	watch_must_work(&second, 0, PAGES);
	watch_close(&second);
}

static void reused(const struct pgb_backend_info *backend)
{
	child_run(reused_in, (void *)backend);
}

static int highest_descriptor(void)
{
	int fd = getdtablesize() - 1;

	while (fcntl(fd, F_GETFD) < 0)
		fd--;
	return fd;
}

/* As another copy of this library would have it, in the same program. */
struct stranger {
	int fd;
	volatile unsigned char *memory;
};

static void stranger_take(struct stranger *stranger, int number, size_t size)
{
	size_t bitmap_bytes;
	int fd = pgb_kmod_open();

	check_int(pgb_kmod_create(fd, PGBARRIER_MODE_WP, size, &bitmap_bytes), 0);
	check_int(dup2(fd, number), number);
	close(fd);
	stranger->fd = number;
	stranger->memory = (volatile unsigned char *)pgb_kmod_map(number, 0, size);
	check(stranger->memory);
	stranger->memory[0] = 7;
}

static void stranger_must_be_untouched(const struct stranger *stranger, size_t size)
{
	uint64_t dirty;

	check_int(stranger->memory[0], 7);
	check_int(pgb_kmod_harvest(stranger->fd, 0, 0, size, &dirty), 0);
	check_int(dirty, 1);
}

static void taken_in(void *arg)
{
	const size_t size = (size_t)64 << 20; /* as the region that it is taken for */
	struct stranger stranger;
	struct watch watch;

	open_filled(&watch, arg);
	stranger_take(&stranger, highest_descriptor(), size);
	must_be_unsure(&watch, -EBADF);
	check_int(pgb_discard_range(watch.barrier, watch.base, watch.page), -EBADF);
	must_be_filled(&watch);
	child_run(child_without_a_file, &watch);
	must_give_more(&watch);
	watch_close(&watch);
	stranger_must_be_untouched(&stranger, size);
}

static void taken(const struct pgb_backend_info *backend)
{
	child_run(taken_in, (void *)backend);
}

/* A child's file of the second must not pass for that of the first, whose number it gets.
 */
static void child_without_the_first(void *arg)
{
	struct watch *watch = arg;

	must_be_filled(&watch[0]);
	must_be_unsure(&watch[0], -EBADF);
	must_be_filled(&watch[1]);
	watch_harvest(&watch[1]);
	watch_must_report(&watch[1], 0, PAGES);
	watch_must_work(&watch[1], 0, PAGES);
	watch_close(&watch[0]);
	watch_must_work(&watch[1], 0, PAGES);
	watch_close(&watch[1]);
}

static void first_closed(const struct pgb_backend_info *backend)
{
	struct watch watch[2];
	int fd;

	open_filled(&watch[0], backend);
	fd = highest_descriptor();
	open_filled(&watch[1], backend);
	check_int(close(fd), 0);
	child_run(child_without_the_first, watch);
	must_be_unsure(&watch[0], -EBADF);
	watch_must_work(&watch[1], 0, PAGES);
	watch_close(&watch[0]);
	watch_must_work(&watch[1], 0, PAGES);
	watch_close(&watch[1]);
}

/* What a child makes of its memory is nothing to the parent. */
static void grandchild(void *arg)
{
	struct watch *watch = arg;

	must_be_filled(watch);
	memset(watch->base, 0, PAGES * watch->page);
	watch_close(watch);
}

static void child_with_a_clone(void *arg)
{
	struct watch *watch = arg;

	must_be_filled(watch);
	child_run(grandchild, watch);
	must_be_filled(watch);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static int denied_call;

static int deny(enum pgb_os_call call)
{
	return (int)call == denied_call ? -EDQUOT : 0;
}

static void child_with_a_copy(void *arg)
{
	struct watch *watch = arg;

	pgb_os_set_hook(NULL);
	must_be_filled(watch);
	must_be_unsure(watch, -EDQUOT);
	must_give_more(watch);
	/* It is like any other memory from here on. */
	child_run(grandchild, watch);
	must_be_filled(watch);
	must_be_unsure(watch, -EDQUOT);
	check_int(pgb_discard_range(watch->barrier, watch->base, watch->page), 0);
	check_int(*watch->base, 0);
	check_int(pgb_free_range(watch->barrier, watch->base, watch->page), 0);
	watch_close(watch);
}

static void no_clone(const struct pgb_backend_info *backend)
{
	static const enum pgb_os_call calls[] = {PGB_OS_KMOD_OPEN, PGB_OS_KMOD_CLONE};
	struct watch watch;

	open_filled(&watch, backend);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		denied_call = (int)calls[i];
		pgb_os_set_hook(deny);
		child_run(child_with_a_copy, &watch);
		pgb_os_set_hook(NULL);
		watch_write(&watch, 3);
		fill(&watch);
		watch_settle(&watch);
		watch_harvest(&watch);
		watch_must_not_report(&watch, 0, PAGES);
	}
	child_run(child_with_a_clone, &watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Not made by the C library's fork(): there is no memory, and the parent's is left alone.
 */
static void by_itself(const struct pgb_backend_info *backend)
{
	struct watch watch;
	pid_t child;

	open_filled(&watch, backend);
	watch_write(&watch, 5);
	child = _Fork();
	check(child >= 0);
	if (!child) {
		watch_harvest(&watch);
		watch_must_report(&watch, 0, PAGES);
		check_int(msync(watch.base, watch.page, MS_ASYNC), -1);
		must_give_more(&watch);
		pgb_close(watch.barrier);
		_exit(0);
	}
	check_int(child_wait(child), 0);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 5, 1);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/*
 * Another thread counts in the area, and then in other memory.  A child that has the second
 * number has the first, too: no write is missing that something it has came after.
 */
struct counter {
	struct watch *watch;
	AO_t outside, busy;
};

static void *count_up(void *arg)
{
	struct counter *counter = arg;
	AO_t *inside = (AO_t *)watch_page(counter->watch, 7);

	for (AO_t n = 1; AO_load_acquire(&counter->busy); n++) {
		AO_store_full(inside, n);
		AO_store_full(&counter->outside, n);
	}
	return NULL;
}

static void child_compares(void *arg)
{
	const struct counter *counter = arg;
	const AO_t *inside = (const AO_t *)watch_page(counter->watch, 7);

	check(AO_load(inside) >= AO_load(&counter->outside));
}

static void held_still(const struct pgb_backend_info *backend)
{
	size_t forks = scaled(2000);
	struct counter counter = {.busy = 1};
	struct watch watch;
	pthread_t thread;

	watch_open_allocated(&watch, backend, PAGES);
	counter.watch = &watch;
	check_int(pthread_create(&thread, NULL, count_up, &counter), 0);
	while (forks--)
		child_run(child_compares, &counter);
	AO_store_full(&counter.busy, 0);
	check_int(pthread_join(thread, NULL), 0);
	watch_close(&watch);
}

/* A handler of a signal that touches the area while it is held would wait for ever. */
static unsigned char *touched;

static void touch_area(int signal)
{
	(void)signal;
	*(volatile unsigned char *)touched = 1;
}

static void return_at_once(void *arg)
{
	(void)arg;
}

static int raise_when_held(enum pgb_os_call call)
{
	if (call == PGB_OS_KMOD_RELEASE)
		raise(SIGUSR1);
	return 0;
}

static void signalled(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_filled(&watch, backend);
	touched = watch_page(&watch, 9);
	check(signal(SIGUSR1, touch_area) != SIG_ERR);
	pgb_os_set_hook(raise_when_held);
	child_run(return_at_once, NULL);
	pgb_os_set_hook(NULL);
	check_int(*touched, 1);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 9, 1);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"all descriptors closed", closed, NEEDS_OWN_MEMORY},
	{"all descriptors closed, their numbers another barrier's", reused,
	 NEEDS_OWN_MEMORY},
	{"its descriptor's number another library's", taken, NEEDS_OWN_MEMORY},
	{"forked, with one descriptor of two closed", first_closed, NEEDS_OWN_MEMORY},
	{"forked, where no clone is to be had", no_clone, NEEDS_OWN_MEMORY},
	{"a child that fork() did not make", by_itself, NEEDS_OWN_MEMORY},
	{"a child has all that came before what it has", held_still, NEEDS_OWN_MEMORY},
	{"a signal while the memory is held", signalled, NEEDS_OWN_MEMORY},
};

CONFORMANCE_MAIN("device", cases)

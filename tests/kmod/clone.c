/* SPDX-License-Identifier: MIT */
/* clone.c - regions that begin as a copy of another, as a child of fork(2) needs them. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "stopping.h"

#define PAGES 64

/* A clone of the region that is mapped; how many pages were copied. */
static size_t clone_region(struct region *clone, const struct region *source,
			   unsigned flags)
{
	struct pgbarrier_clone request = {.source = source->fd, .flags = flags};
	int fd = region_device();

	check_int(region_call(fd, PGBARRIER_IOC_CLONE, &request), 0);
	check_int(request.bitmap_bytes, source->bitmap_bytes);
	region_map(clone, fd, source->pages, request.bitmap_bytes);
	clone->mode = source->mode;
	return request.copied;
}

static void release(const struct region *clone)
{
	check_int(region_call(clone->fd, PGBARRIER_IOC_RELEASE, NULL), 0);
}

static void must_be_equal(const struct region *one, const struct region *other)
{
	check(!memcmp(one->base, other->base, one->pages * one->page));
}

static void fill(const struct region *region, size_t first, size_t pages)
{
	uint64_t state = first + 1;

	for (size_t i = 0; i < pages * region->page; i += sizeof(state)) {
		uint64_t value = random_next(&state);

		memcpy(region_page(region, first) + i, &value, sizeof(value));
	}
}

static void equal(unsigned kind)
{
	struct region source, clone;

	region_open(&source, kind, PAGES);
	fill(&source, 10, 30);
	check_int(clone_region(&clone, &source, 0), 30);
	must_be_equal(&clone, &source);
	/* All of it is new to whoever harvests the clone. */
	region_must_find_only(&clone, 10, 30);
	region_must_work(&clone, 0, PAGES);
	/* And nothing is to whoever harvests the source. */
	region_must_find_only(&source, 10, 30);
	region_close(&clone);
	region_must_work(&source, 0, PAGES);
	region_close(&source);
}

static void account_of_the_source_stays(unsigned kind)
{
	struct region source, clone;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	region_write(&source, 7, 2);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	release(&clone);
	region_must_find_only(&source, 7, 2);
	region_must_find_only(&clone, 0, PAGES);
	region_close(&source);
	region_must_work(&clone, 0, 4);
	region_close(&clone);
}

static void apart(unsigned kind)
{
	struct region source, clone;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, 0);
	region_settle(&clone);
	region_write(&source, 3, 1);
	check_int(*region_page(&clone, 3), 2);
	check_int(*region_page(&source, 3), 2);
	region_write(&source, 3, 1);
	check_int(*region_page(&clone, 3), 2);
	check_int(region_harvest(&clone), 0);
	region_write(&clone, 4, 3);
	check_int(*region_page(&source, 4), 1);
	region_must_find_only(&source, 3, 1);
	region_must_find_only(&clone, 4, 3);
	check_int(region_discard(&source, 0, PAGES), 0);
	check_int(*region_page(&clone, 60), 2);
	region_close(&source);
	check_int(*region_page(&clone, 61), 2);
	region_close(&clone);
}

/* A clone of a clone, of one that is held, and many at once. */
static void again(unsigned kind)
{
	struct region source, clones[5];

	region_open(&source, kind, PAGES);
	fill(&source, 0, PAGES);
	for (size_t i = 0; i < 5; i++)
		check_int(clone_region(&clones[i], i ? &clones[i - 1] : &source,
				       PGBARRIER_CLONE_HOLD),
			  PAGES);
	for (size_t i = 0; i < 5; i++)
		release(&clones[i]);
	for (size_t i = 0; i < 5; i++) {
		must_be_equal(&clones[i], &source);
		region_close(&clones[i]);
	}
	region_close(&source);
}

/* Its mode and its flags are the source's, its faults are not. */
static void mode_and_flags(unsigned mode)
{
	struct stopping source;
	struct region clone;
	struct actor actor;

	stopping_open(&source, mode, PGBARRIER_CREATE_ABSENT, PAGES);
	check_int(stopping_copy(&source, 0, 8, NULL), 0);
	check_int(clone_region(&clone, &source.region, 0), 8);
	/* Nobody listens there yet, and it is written at once. */
	region_write(&clone, 0, 1);
	close(source.faults);
	source.faults = (int)region_call(clone.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(source.faults >= 0);
	actor_start(&actor, region_page(&clone, 20), false);
	stopping_expect(&source, PGBARRIER_EVENT_ABSENT, 20);
	close(source.faults);
	actor_join(&actor);
	check_int(region_call(clone.fd, PGBARRIER_IOC_LOG,
			      &(struct pgbarrier_log){.entries = 1, .eventfd = -1}),
		  -EOPNOTSUPP);
	region_close(&clone);
	region_close(&source.region);
}

static void held(unsigned kind)
{
	struct region source, clone;
	struct actor actors[3];

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	/* A page that is there, one to be read, and one that is not there. */
	check_int(region_discard(&source, 12, 1), 0);
	for (size_t i = 0; i < 3; i++) {
		actor_start(&actors[i], region_page(&source, 10 + i), i != 1);
		check(actor_falls_asleep(&actors[i]));
	}
	/* The clone is nobody's to wait for. */
	region_must_work(&clone, 10, 3);
	for (size_t i = 0; i < 3; i++)
		check(actor_is_stopped(&actors[i]));
	release(&clone);
	for (size_t i = 0; i < 3; i++)
		actor_join(&actors[i]);
	check_int(*region_page(&source, 10), 7);
	check_int(actors[1].seen, 1);
	region_harvest(&source);
	check(region_found(&source, 10) && region_found(&source, 12));
	region_close(&clone);
	region_close(&source);
}

static void held_until_closed(unsigned kind)
{
	struct region source, clone;
	struct actor actor;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	actor_start(&actor, region_page(&source, 10), true);
	check(actor_falls_asleep(&actor));
	region_close(&clone);
	actor_join(&actor);
	region_must_find_only(&source, 10, 1);
	region_close(&source);
}

/* By two clones: until both let go. */
static void held_twice(unsigned kind)
{
	struct region source, one, other;
	struct actor actor;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&one, &source, PGBARRIER_CLONE_HOLD);
	clone_region(&other, &source, PGBARRIER_CLONE_HOLD);
	actor_start(&actor, region_page(&source, 10), true);
	check(actor_falls_asleep(&actor));
	release(&one);
	check(actor_falls_asleep(&actor));
	release(&other);
	actor_join(&actor);
	region_close(&one);
	region_close(&other);
	region_close(&source);
}

/* The kernel itself is not held, but what it writes is the source's. */
static void kernel_is_not_held(unsigned kind)
{
	struct region source, clone;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	check_int(by_read(region_page(&source, 10)), KERNEL_WRITE_BYTES);
	check_int(*region_page(&clone, 10), 1);
	release(&clone);
	check_int(*region_page(&source, 10), 'w');
	region_must_find_only(&source, 10, 1);
	region_close(&clone);
	region_close(&source);
}

static AO_t signals_taken;

static void on_signal(int number)
{
	(void)number;
	AO_store_release(&signals_taken, 1);
}

static void signalled_while_held(unsigned kind)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct region source, clone;
	struct actor actor;

	check_int(sigaction(SIGUSR1, &action, NULL), 0);
	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	actor_start(&actor, region_page(&source, 10), true);
	check(actor_falls_asleep(&actor));
	check_int(pthread_kill(actor.thread, SIGUSR1), 0);
	while (!AO_load_acquire(&signals_taken))
		sched_yield();
	check(actor_falls_asleep(&actor));
	release(&clone);
	actor_join(&actor);
	region_close(&clone);
	region_close(&source);
}

static void write_in_a_mapping(void *arg)
{
	const struct region *source = arg;

	*region_map_part(source, 0, 1) = 7;
}

static void killed_while_held(unsigned kind)
{
	struct region source, clone;
	pid_t child;

	region_open(&source, kind, PAGES);
	region_settle(&source);
	clone_region(&clone, &source, PGBARRIER_CLONE_HOLD);
	child = child_start(write_in_a_mapping, &source);
	/* It may or may not have got there; it does not get through. */
	usleep(20000);
	check_int(kill(child, SIGKILL), 0);
	check_int(WTERMSIG(child_wait(child)), SIGKILL);
	release(&clone);
	check_int(*region_page(&source, 0), 1);
	region_close(&clone);
	region_close(&source);
}

/* Counts in the region first, and in memory of its own afterwards. */
struct counting {
	const struct region *region;
	AO_t outside;
	AO_t end;
};

static volatile uint64_t *counter_in(const struct region *region, size_t page)
{
	return (volatile uint64_t *)region_page(region, page);
}

static void *count(void *arg)
{
	struct counting *counting = arg;

	for (AO_t i = 1; !AO_load(&counting->end); i++) {
		*counter_in(counting->region, i % PAGES) = i;
		AO_store_release(&counting->outside, i);
	}
	return NULL;
}

struct forked {
	struct region clone;
	struct counting *counting;
};

/* What was counted outside of the region before the fork, was counted in it before the
 * copy. */
static void must_be_of_one_time(void *arg)
{
	const struct forked *forked = arg;
	AO_t outside = AO_load_acquire(&forked->counting->outside);
	struct region own;

	region_map(&own, forked->clone.fd, PAGES, forked->clone.bitmap_bytes);
	for (size_t i = 0; i < PAGES && i < outside; i++)
		check_int(*counter_in(&own, (outside - i) % PAGES), outside - i);
}

static void forked_with_threads(unsigned kind)
{
	struct counting counting = {.region = NULL};
	struct region source;
	pthread_t thread;

	region_open(&source, kind, PAGES);
	counting.region = &source;
	check_int(pthread_create(&thread, NULL, count, &counting), 0);
	for (size_t i = 0; i < scaled(300) + 20; i++) {
		struct forked forked = {.counting = &counting};
		pid_t child;

		clone_region(&forked.clone, &source, PGBARRIER_CLONE_HOLD);
		child = child_start(must_be_of_one_time, &forked);
		release(&forked.clone);
		check_int(child_wait(child), 0);
		region_close(&forked.clone);
	}
	AO_store(&counting.end, 1);
	check_int(pthread_join(thread, NULL), 0);
	region_close(&source);
}

/* The user's quota is for clones as for any other. */
static void charged(unsigned kind)
{
	struct pgbarrier_info before, with, after;
	struct region source, clone;
	int fd = region_device();

	region_open(&source, kind, PAGES);
	before = region_info(fd);
	clone_region(&clone, &source, 0);
	with = region_info(fd);
	check(with.used >= before.used + PAGES * source.page);
	region_close(&clone);
	after = region_info(fd);
	check_int(after.used, before.used);
	close(fd);
	region_close(&source);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("equal, and new", equal),
	IN_EACH_KIND("the source's account stays", account_of_the_source_stays),
	IN_EACH_KIND("apart from each other", apart),
	IN_EACH_KIND("clones of clones", again),
	IN_EACH_MODE("mode and flags", mode_and_flags),
	IN_EACH_KIND("held until it is released", held),
	IN_EACH_KIND("held until it is closed", held_until_closed),
	IN_EACH_KIND("held by two", held_twice),
	IN_EACH_KIND("the kernel is not held", kernel_is_not_held),
	IN_EACH_KIND("a signal while held", signalled_while_held),
	IN_EACH_KIND("killed while held", killed_while_held),
	IN_EACH_KIND("fork, and threads that go on", forked_with_threads),
	IN_EACH_KIND("charged to the user", charged),
};

REGION_MAIN("clone", cases)

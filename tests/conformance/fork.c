/* SPDX-License-Identifier: MIT */
/*
 * fork.c - parent and child each own a barrier after fork(2).
 *
 * The child's reports all its memory once; the parent loses nothing, while the child
 * lives as well as after it.
 */
#include <atomic_ops.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "os/inject.h"
#include "watch.h"

#define PAGES 64

/* What a process finds that was forked while the whole area was armed. */
static void child_starts_over(void *arg)
{
	struct watch *watch = arg;
	struct pgb_stats stats;

	watch_write(watch, 9);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	stats = watch_stats(watch);
	check_int(stats.forks, 1);
	check_int(stats.pages_watched, PAGES);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static void in_the_child(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	child_run(child_starts_over, &watch);
	/* Copies of pages that the child made are no writes of the parent. */
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

struct conversation {
	struct watch *watch;
	struct gate to_child, to_parent;
};

static void conversation_open(struct conversation *conversation, struct watch *watch)
{
	conversation->watch = watch;
	gate_make(&conversation->to_child);
	gate_make(&conversation->to_parent);
}

static void conversation_close(struct conversation *conversation)
{
	gate_destroy(&conversation->to_child);
	gate_destroy(&conversation->to_parent);
}

static void child_takes_turns(void *arg)
{
	struct conversation *talk = arg;
	struct watch *watch = talk->watch;

	gate_pass(&talk->to_child);
	watch_write(watch, 30);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	gate_open(&talk->to_parent);

	gate_pass(&talk->to_child);
	watch_write(watch, 31);
	watch_harvest(watch);
	watch_must_report_only(watch, 31, 1);
	gate_open(&talk->to_parent);

	gate_pass(&talk->to_child);
	watch_close(watch);
	gate_open(&talk->to_parent);
	gate_pass(&talk->to_child);
}

/* The parent, at every stage of the child's life. */
static void in_the_parent(const struct pgb_backend_info *backend)
{
	struct conversation talk;
	struct watch watch;
	pid_t child;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 1);
	conversation_open(&talk, &watch);
	child = child_start(child_takes_turns, &talk);
	watch_write(&watch, 2);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 1, 2);
	for (size_t stage = 0; stage < 3; stage++) {
		watch_write(&watch, 10 + stage);
		gate_open(&talk.to_child);
		gate_pass(&talk.to_parent);
		watch_harvest(&watch);
		watch_must_report_only(&watch, 10 + stage, 1);
		watch_must_work(&watch, 0, PAGES);
	}
	gate_open(&talk.to_child);
	check_int(child_wait(child), 0);
	watch_must_work(&watch, 0, PAGES);
	check_int(watch_stats(&watch).forks, 0);
	conversation_close(&talk);
	watch_close(&watch);
}

static void child_forks_in_turn(void *arg)
{
	struct watch *watch = arg;

	watch_write(watch, 9);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_write(watch, 11);
	in_the_child(&(struct pgb_backend_info){.name = watch->backend,
						.capabilities = watch->capabilities});
	watch_harvest(watch);
	watch_must_report_only(watch, 11, 1);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static void grandchild(void *arg)
{
	struct watch *watch = arg;

	watch_write(watch, 9);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

/* A child that never calls the library before it forks. */
static void silent_child(void *arg)
{
	struct watch *watch = arg;

	watch_write(watch, 5);
	child_run(grandchild, watch);
	watch_write(watch, 6);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_must_work(watch, 0, PAGES);
	child_run(grandchild, watch);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
}

static void nested(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	child_run(child_forks_in_turn, &watch);
	child_run(silent_child, &watch);
	watch_write(&watch, 3);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 3, 1);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Each call can be the child's first. */
static void child_harvests_part(void *arg)
{
	struct watch *watch = arg;

	watch_harvest_range(watch, 8, 8);
	watch_must_report(watch, 8, 8);
	watch_write(watch, 10);
	watch_write(watch, 20);
	watch_harvest(watch);
	watch_must_report(watch, 0, 8);
	watch_must_report(watch, 10, 1);
	watch_must_report(watch, 16, PAGES - 16);
	watch_must_work(watch, 0, PAGES);
}

static void child_adds(void *arg)
{
	struct watch *watch = arg;

	watch_remove(watch, 8, 8);
	watch_add(watch, 8, 8);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_must_work(watch, 0, PAGES);
}

static void child_pins(void *arg)
{
	struct watch *watch = arg;

	watch_pin(watch, 8, 2);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_harvest(watch);
	watch_must_report_only(watch, 8, 2);
}

static void child_closes(void *arg)
{
	struct watch *watch = arg;

	watch_close_barrier(watch);
	watch_reopen(watch);
	watch_add(watch, 0, PAGES);
	watch_settle(watch);
	watch_must_work(watch, 0, PAGES);
}

static void child_counts(void *arg)
{
	struct watch *watch = arg;

	check_int(watch_stats(watch).pages_watched, PAGES);
	watch_write(watch, 1);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
}

static void any_first_call(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	child_run(child_harvests_part, &watch);
	child_run(child_adds, &watch);
	child_run(child_pins, &watch);
	child_run(child_closes, &watch);
	child_run(child_counts, &watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void child_finds_pins(void *arg)
{
	struct watch *watch = arg;

	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	watch_harvest(watch);
	watch_must_report_only(watch, 12, 3);
	watch_unpin(watch, 12, 3);
	watch_harvest(watch);
	watch_must_report_only(watch, 12, 3);
	watch_harvest(watch);
	watch_must_not_report(watch, 0, PAGES);
}

static void pins_are_inherited(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_pin(&watch, 12, 3);
	child_run(child_finds_pins, &watch);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 12, 3);
	watch_close(&watch);
}

/*
 * Other threads are busy in the library while one forks, so that the child is born with
 * locks held, and handlers running, of threads that it does not have.
 */
static AO_t busy;

static void *change_ranges(void *arg)
{
	struct watch *watch = arg;

	while (AO_load_acquire(&busy)) {
		pgb_add(watch->barrier, watch_page(watch, 48), 8 * watch->page);
		pgb_pin(watch->barrier, watch_page(watch, 50), watch->page);
		pgb_unpin(watch->barrier, watch_page(watch, 50), watch->page);
		pgb_remove(watch->barrier, watch_page(watch, 48), 8 * watch->page);
	}
	return NULL;
}

static void *write_pages(void *arg)
{
	struct watch *watch = arg;

	while (AO_load_acquire(&busy))
		watch_write_range(watch, 16, 16);
	return NULL;
}

static void *open_and_close(void *arg)
{
	struct watch *watch = arg;
	struct pgb_barrier *barrier;

	while (AO_load_acquire(&busy))
		if (!pgb_open(&barrier, watch->backend))
			pgb_close(barrier);
	return NULL;
}

static void *harvest_often(void *arg)
{
	struct watch *watch = arg;

	while (AO_load_acquire(&busy))
		pgb_harvest(watch->barrier, NULL, NULL);
	return NULL;
}

static void child_of_a_busy_parent(void *arg)
{
	struct watch *watch = arg;
	struct watch second;

	watch_write(watch, 9);
	watch_harvest(watch);
	watch_must_report(watch, 0, 32);
	watch_add(watch, 32, 32);
	watch_harvest(watch);
	watch_must_report(watch, 32, 32);
	watch_remove(watch, 32, 32);
	watch_must_work(watch, 0, 32);
	watch_open(&second,
		   &(struct pgb_backend_info){.name = watch->backend,
					      .capabilities = watch->capabilities},
		   4);
	watch_close(watch);
	watch_close(&second);
}

static void forks_beside(const struct pgb_backend_info *backend, void *(*body)(void *))
{
	size_t forks = scaled(25);
	struct watch watch;
	pthread_t thread;

	watch_open(&watch, backend, PAGES);
	watch_add(&watch, 0, 32);
	watch_harvest(&watch);
	AO_store_full(&busy, 1);
	check_int(pthread_create(&thread, NULL, body, &watch), 0);
	for (size_t i = 0; i < forks; i++) {
		child_run(child_of_a_busy_parent, &watch);
		if (body == harvest_often)
			continue;
		watch_write(&watch, i % 16);
		watch_harvest(&watch);
		watch_must_report(&watch, i % 16, 1);
	}
	AO_store_full(&busy, 0);
	check_int(pthread_join(thread, NULL), 0);
	watch_close(&watch);
}

static void beside_changes(const struct pgb_backend_info *backend)
{
	forks_beside(backend, change_ranges);
}

static void beside_writes(const struct pgb_backend_info *backend)
{
	forks_beside(backend, write_pages);
}

static void beside_opens(const struct pgb_backend_info *backend)
{
	forks_beside(backend, open_and_close);
}

static void beside_harvests(const struct pgb_backend_info *backend)
{
	forks_beside(backend, harvest_often);
}

/* A child that outlives its parent's barrier, and the other way round. */
static void child_stays(void *arg)
{
	struct conversation *talk = arg;

	gate_pass(&talk->to_child);
	child_starts_over(talk->watch);
}

static void parent_closes_first(const struct pgb_backend_info *backend)
{
	struct conversation talk;
	struct watch watch;
	pid_t child;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	conversation_open(&talk, &watch);
	child = child_start(child_stays, &talk);
	watch_close(&watch);
	gate_open(&talk.to_child);
	check_int(child_wait(child), 0);
	conversation_close(&talk);
}

/* In the child: a thread that sets the barrier up is held there while another adds. */
static struct {
	AO_t set_up_begins, set_up_ends, added;
} held;

static int hold(enum pgb_os_call call)
{
	(void)call;
	/* Not for ever: who adds may have to wait for us. */
	if (AO_load_full(&held.set_up_begins) == 1) {
		AO_store_full(&held.set_up_begins, 2);
		for (int i = 0; i < 50 && !AO_load_full(&held.added); i++)
			usleep(2000);
	}
	return 0;
}

static void *add_meanwhile(void *arg)
{
	struct watch *watch = arg;

	while (AO_load_full(&held.set_up_begins) < 2 && !AO_load_full(&held.set_up_ends))
		sched_yield();
	watch_add(watch, 1, 1);
	AO_store_full(&held.added, 1);
	return NULL;
}

static void child_adds_meanwhile(void *arg)
{
	struct watch *watch = arg;
	struct pgb_move moved;
	pthread_t adder;

	pgb_os_set_hook(hold);
	check_int(pthread_create(&adder, NULL, add_meanwhile, watch), 0);
	AO_store_full(&held.set_up_begins, 1);
	check_int(pgb_move_pages(watch->barrier, watch_page(watch, 40),
				 watch_page(watch, 50), watch->page, &moved),
		  0);
	AO_store_full(&held.set_up_ends, 1);
	check_int(pthread_join(adder, NULL), 0);
	pgb_os_set_hook(NULL);
	watch_try_harvest(watch);
	watch_must_report(watch, 0, 3);
	watch_must_work(watch, 0, 3);
	watch_close(watch);
}

static void set_up_beside_changes(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	for (size_t i = 0; i < PAGES / 2; i += 2)
		watch_add(&watch, i, 1);
	watch_harvest(&watch);
	child_run(child_adds_meanwhile, &watch);
	watch_close(&watch);
}

/* Not the first: a backend may protect a page of its own. */
static int deny_memory(enum pgb_os_call call)
{
	static int calls;

	if (call != PGB_OS_UFFD_UNREGISTER && call != PGB_OS_UFFD_PROTECT)
		return 0;
	return calls++ ? -ENOMEM : 0;
}

static size_t threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	size_t count = 0;

	check(tasks != NULL);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* What was set up before its ranges could be added is not set up once more. */
static void child_tries_twice(void *arg)
{
	struct watch *watch = arg;
	size_t before = threads();

	pgb_os_set_hook(deny_memory);
	watch_try_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	pgb_os_set_hook(NULL);
	watch_harvest(watch);
	watch_must_work(watch, 0, PAGES);
	watch_close(watch);
	/* The kernel takes a thread that was joined out of the list a moment later. */
	for (int i = 0; i < 1000 && threads() != before; i++)
		usleep(1000);
	check_int(threads(), before);
}

static void set_up_in_two_tries(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	child_run(child_tries_twice, &watch);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"in the child", in_the_child, 0},
	{"in the parent, while the child lives", in_the_parent, 0},
	{"in children of children", nested, 0},
	{"any call can be the child's first", any_first_call, 0},
	{"pins are inherited", pins_are_inherited, 0},
	{"while another thread changes ranges", beside_changes, 0},
	{"while another thread writes", beside_writes, 0},
	{"while another thread opens and closes barriers", beside_opens, 0},
	{"while another thread harvests", beside_harvests, 0},
	{"the parent closes first", parent_closes_first, 0},
	{"one thread sets up, another changes ranges", set_up_beside_changes, 0},
	{"set up in two tries", set_up_in_two_tries, 0},
};

CONFORMANCE_MAIN("fork", cases)

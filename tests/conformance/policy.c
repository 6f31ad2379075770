/* SPDX-License-Identifier: MIT */
/* policy.c - pages that are written in every cycle are left unarmed, and none is lost. */
#include <atomic_ops.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "os/huge_pages.h"
#include "os/inject.h"
#include "watch.h"

#define CHUNKS 4
#define PERIOD 16 /* harvests, after which everything is armed again */

static size_t chunk_pages(void)
{
	size_t huge = pgb_huge_page_size() / (size_t)sysconf(_SC_PAGESIZE);

	return huge > 64 ? huge : 64;
}

static void open_with_policy(struct watch *watch, const struct pgb_backend_info *backend,
			     enum pgb_policy policy)
{
	size_t pages = CHUNKS * chunk_pages();

	watch_open_aligned(watch, backend, pages,
			   chunk_pages() * (size_t)sysconf(_SC_PAGESIZE));
	check_int(pgb_set_policy(watch->barrier, policy), 0);
	watch_arm(watch);
}

/* Write [first, first + pages) in some cycles, and see all of it reported in each. */
static void rewrite(struct watch *watch, size_t first, size_t pages, int cycles)
{
	while (cycles--) {
		watch_write_range(watch, first, pages);
		watch_harvest(watch);
		watch_must_report(watch, first, pages);
	}
}

/* Cycles until nothing is reported any more. */
static int cool_down(struct watch *watch)
{
	int cycles = 0;

	do {
		check(++cycles <= 2 * PERIOD);
		watch_harvest(watch);
	} while (watch->reported_pages);
	return cycles;
}

static void hot_pages_are_dirty(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, chunk, 2 * chunk, 4);
	/* Not written, but nobody can know. */
	watch_harvest(&watch);
	watch_must_report_only(&watch, chunk, 2 * chunk);
	check(watch_stats(&watch).pages_unarmed >= 2 * chunk);
	cool_down(&watch);
	watch_must_work(&watch, 0, watch.pages);
	watch_close(&watch);
}

/* Three quarters are written; the others are dirty for the sake of those. */
static void nearly_all_is_enough(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages(), written = chunk / 4 * 3;
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, chunk, written - 1, 4);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 0);
	rewrite(&watch, chunk, written, 4);
	watch_harvest(&watch);
	watch_must_report_only(&watch, chunk, chunk);
	watch_close(&watch);
}

/* Chunks become hot and cool down while others are written here and there. */
static void nothing_is_lost(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	for (size_t cycle = 0; cycle < scaled(3 * PERIOD); cycle++) {
		size_t hot = cycle / 5 % CHUNKS, page = cycle * 37 % watch.pages;

		watch_write_range(&watch, hot * chunk, chunk);
		watch_write(&watch, page);
		watch_harvest(&watch);
		watch_must_report(&watch, hot * chunk, chunk);
		watch_must_report(&watch, page, 1);
	}
	watch_close(&watch);
}

static void changed_while_hot(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, 0, chunk, 4);
	watch_write(&watch, 5);
	watch_write(&watch, chunk + 5);
	check_int(pgb_set_policy(watch.barrier, PGB_POLICY_PLAIN), 0);
	watch_harvest(&watch);
	watch_must_report(&watch, 5, 1);
	watch_must_report(&watch, chunk + 5, 1);
	watch_harvest(&watch);
	check_int(watch.reported_pages, 0);
	watch_must_work(&watch, 0, watch.pages);
	watch_close(&watch);
}

static void removed_while_hot(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, 0, watch.pages, 4);
	watch_remove(&watch, chunk, chunk);
	watch_harvest(&watch);
	watch_must_report(&watch, 0, chunk);
	watch_must_not_report(&watch, chunk, chunk);
	watch_add(&watch, chunk, chunk);
	watch_harvest(&watch);
	watch_harvest(&watch);
	watch_must_not_report(&watch, chunk, chunk);
	watch_must_report(&watch, 2 * chunk, chunk);
	watch_close(&watch);
}

/* Of two chunks that are hot, the middle: what is left of each was unarmed until now. */
static void removed_in_part(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, 0, 2 * chunk, 4);
	watch_write(&watch, 5);
	watch_write(&watch, 2 * chunk - 5);
	watch_remove(&watch, chunk / 2, chunk);
	watch_harvest(&watch);
	watch_must_report(&watch, 5, 1);
	watch_must_report(&watch, 2 * chunk - 5, 1);
	watch_must_not_report(&watch, chunk / 2, chunk);
	cool_down(&watch);
	watch_must_work(&watch, 0, chunk / 2);
	watch_must_work(&watch, chunk + chunk / 2, watch.pages - chunk - chunk / 2);
	watch_close(&watch);
}

static void in_part(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, chunk, chunk, 4);
	watch_write(&watch, 3 * chunk);
	for (int i = 0; i < 2 * PERIOD; i++) {
		watch_harvest_range(&watch, chunk / 2, chunk);
		watch_must_report_only(&watch, chunk, chunk / 2);
	}
	watch_harvest(&watch);
	watch_must_report(&watch, 3 * chunk, 1);
	watch_close(&watch);
}

static void write_in_child(void *arg)
{
	struct watch *watch = arg;
	size_t chunk = chunk_pages();

	watch_write(watch, 1);
	watch_write(watch, chunk + 1);
	watch_harvest(watch);
	watch_must_report(watch, 1, 1);
	watch_must_report(watch, chunk + 1, 1);
	cool_down(watch);
	watch_must_work(watch, 0, watch->pages);
}

static void forked_while_hot(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	rewrite(&watch, 0, chunk, 4);
	check_int(child_wait(child_start(write_in_child, &watch)), 0);
	rewrite(&watch, 0, chunk, 4);
	watch_close(&watch);
}

static void *set_policies(void *arg)
{
	struct pgb_barrier *barrier = arg;

	for (int i = 0; i < 200; i++)
		if (pgb_set_policy(barrier, i % 2 ? PGB_POLICY_PLAIN : PGB_POLICY_HOT))
			return barrier;
	return NULL;
}

/* Harvests neither wait for that nor fail. */
static void changed_beside_harvests(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages();
	struct watch watch;
	pthread_t thread;
	void *failed;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	check_int(pthread_create(&thread, NULL, set_policies, watch.barrier), 0);
	while (pthread_tryjoin_np(thread, &failed))
		rewrite(&watch, 0, chunk, 1);
	check(!failed);
	check_int(pgb_set_policy(watch.barrier, PGB_POLICY_PLAIN), 0);
	watch_settle(&watch);
	watch_must_work(&watch, 0, watch.pages);
	watch_close(&watch);
}

struct tail {
	struct pgb_barrier *barrier;
	void *start;
	size_t length;
	AO_t harvests;
};

/* So many make the chunk hot and find it so: its removal falls on one that does. */
static void wait_for_harvests(struct tail *tail, size_t count)
{
	AO_t now = AO_load_acquire(&tail->harvests);

	while (AO_load_acquire(&tail->harvests) - now < count)
		sched_yield();
}

static void *add_and_remove(void *arg)
{
	struct tail *tail = arg;
	bool failed = false;

	for (size_t i = 0; i < scaled(200) && !failed; i++) {
		failed = pgb_add(tail->barrier, tail->start, tail->length);
		wait_for_harvests(tail, 4);
		failed = failed || pgb_remove(tail->barrier, tail->start, tail->length);
	}
	return failed ? arg : NULL;
}

/* The last quarter of a chunk comes and goes, while the rest is hot and harvested. */
static void removed_beside_harvests(const struct pgb_backend_info *backend)
{
	size_t chunk = chunk_pages(), rest = chunk / 4 * 3;
	struct watch watch;
	struct tail tail;
	pthread_t thread;
	void *failed;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	tail = (struct tail){.barrier = watch.barrier,
			     .start = watch_page(&watch, rest),
			     .length = (chunk - rest) * watch.page};
	check_int(pthread_create(&thread, NULL, add_and_remove, &tail), 0);
	while (pthread_tryjoin_np(thread, &failed)) {
		watch_write_range(&watch, 0, rest);
		watch_harvest(&watch);
		watch_must_report(&watch, 0, rest);
		AO_fetch_and_add1_full(&tail.harvests);
	}
	check(!failed);
	check(watch_stats(&watch).pages_unarmed > chunk);
	watch_close(&watch);
}

static void refused(const struct pgb_backend_info *backend)
{
	bool is_local = backend->capabilities & PGB_CAP_LOCAL;
	struct watch watch;

	watch_open(&watch, backend, 8);
	watch_arm(&watch);
	check_int(pgb_set_policy(NULL, PGB_POLICY_PLAIN), -EINVAL);
	check_int(pgb_set_policy(watch.barrier, (enum pgb_policy)3), -EINVAL);
	check_int(pgb_set_policy(watch.barrier, PGB_POLICY_HOT), is_local ? 0 : -ENOTSUP);
	check_int(pgb_set_policy(watch.barrier, PGB_POLICY_AUTO), 0);
	watch_must_work(&watch, 0, watch.pages);
	watch_close(&watch);
}

/* To try what a fault costs would end the process. */
static void without_signals(const struct pgb_backend_info *backend)
{
	struct watch watch;
	sigset_t blocked, before;

	watch_open(&watch, backend, 8);
	watch_arm(&watch);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGSEGV);
	sigaddset(&blocked, SIGBUS);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	check_int(pgb_set_policy(watch.barrier, PGB_POLICY_AUTO), 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	watch_must_work(&watch, 0, watch.pages);
	watch_close(&watch);
}

static unsigned maps_left;

static int refuse_a_map(enum pgb_os_call call)
{
	return call == PGB_OS_MMAP && !maps_left-- ? -ENOMEM : 0;
}

/* Whichever of its mappings is refused, what stands is PLAIN. */
static void without_memory(const struct pgb_backend_info *backend)
{
	pgb_os_hook *hook = pgb_os_hook_in_force;
	struct watch watch;
	int err = -ENOMEM;

	open_with_policy(&watch, backend, PGB_POLICY_HOT);
	for (unsigned refused = 0; err; refused++) {
		rewrite(&watch, 0, chunk_pages(), 2);
		maps_left = refused;
		pgb_os_set_hook(refuse_a_map);
		err = pgb_set_policy(watch.barrier, PGB_POLICY_HOT);
		pgb_os_set_hook(hook);
		check(refused ? err == 0 || err == -ENOMEM : err == -ENOMEM);
		watch_settle(&watch);
		watch_must_work(&watch, 0, watch.pages);
	}
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"pages of hot chunks are dirty until they cool down", hot_pages_are_dirty,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"three quarters of a chunk make it hot", nearly_all_is_enough,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"nothing is lost as chunks become hot and cool down", nothing_is_lost,
	 PGB_CAP_LOCAL},
	{"the policy changes while chunks are hot", changed_while_hot,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"a hot range is removed and added again", removed_while_hot,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"a part of what is hot is removed", removed_in_part,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"partial harvests report what is hot", in_part,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"in a thread that takes no signals", without_signals, 0},
	{"fork while chunks are hot", forked_while_hot,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"there is no memory for a policy", without_memory,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"the policy changes beside harvests", changed_beside_harvests,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"a part of what is hot is removed beside harvests", removed_beside_harvests,
	 PGB_CAP_LOCAL | PGB_CAP_PAGE_PRECISE},
	{"policies that cannot be had", refused, 0},
};

CONFORMANCE_MAIN("policy", cases)

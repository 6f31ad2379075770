/* SPDX-License-Identifier: MIT */
/*
 * verify.c - the oracle of PGBARRIER_VERIFY=1 ends a run whose harvests lose a write, and
 * no other.
 */
#include <atomic_ops.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "barrier.h"
#include "os/inject.h"
#include "watch.h"

#define PAGES 32

#define CHANGED "changed without being reported"
#define UNHEARD "was added and never reported"

static void open_verified(struct watch *watch, const struct pgb_backend_info *backend,
			  size_t pages)
{
	check_int(setenv("PGBARRIER_VERIFY", "1", 1), 0);
	watch_open(watch, backend, pages);
}

/* A child that the oracle has to end, and what it says before. */
struct doomed {
	const struct pgb_backend_info *backend;
	void (*run)(struct doomed *doomed);
	size_t pages;	     /* for some */
	struct watch *watch; /* for others: their parent's */
	int expected[2], said[2];
};

/* The next harvest, the `harvest`-th, is to find that `page` is lost. */
static void expect_end(struct doomed *doomed, const struct watch *watch, size_t page,
		       const char *what, unsigned harvest)
{
	const struct rlimit no_core = {0, 0};

	check(dprintf(doomed->expected[1],
		      "pgbarrier: lost write: page %p %s (harvest %u, backend %s)\n",
		      (void *)watch_page(watch, page), what, harvest, watch->backend) > 0);
	setrlimit(RLIMIT_CORE, &no_core);
	check_int(dup2(doomed->said[1], STDERR_FILENO), STDERR_FILENO);
}

static void run_doomed(void *arg)
{
	struct doomed *doomed = arg;

	doomed->run(doomed);
}

/* Close the pipe's other end, and read all that was written there. */
static void take_text(int fds[2], char *text, size_t size)
{
	ssize_t got;

	close(fds[1]);
	got = read(fds[0], text, size - 1);
	text[got > 0 ? got : 0] = '\0';
	close(fds[0]);
}

static void must_be_ended(struct doomed doomed)
{
	char expected[200], said[1000];
	int status;

	check_int(pipe(doomed.expected), 0);
	check_int(pipe(doomed.said), 0);
	status = child_wait(child_start(run_doomed, &doomed));
	take_text(doomed.expected, expected, sizeof(expected));
	take_text(doomed.said, said, sizeof(said));
	if (!expected[0] || strcmp(said, expected))
		note("it said \"%s\", expected \"%s\"", said, expected);
	check(expected[0] && !strcmp(said, expected));
	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGABRT);
}

/* All pages are dirty, and the last of them is not reported. */
static void lose_the_last(struct doomed *doomed)
{
	size_t pages = doomed->pages;
	struct watch watch;

	open_verified(&watch, doomed->backend, pages);
	watch_arm(&watch);
	/* What is not reported and has not changed is no loss. */
	pgb_barrier_inject_loss(watch.barrier, (unsigned)pages);
	for (int round = 0; round < 3; round++)
		watch_settle(&watch);
	pgb_barrier_inject_loss(watch.barrier, (unsigned)pages);
	watch_write_range(&watch, 0, pages);
	expect_end(doomed, &watch, pages - 1, CHANGED, 5);
	watch_settle(&watch);
}

static void every_nth_page_lost(const struct pgb_backend_info *backend)
{
	static const size_t pages[] = {2, 10, 100};

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		must_be_ended((struct doomed){
			.backend = backend,
			.run = lose_the_last,
			.pages = pages[i],
		});
}

static void lose_in_a_range(struct doomed *doomed)
{
	struct watch watch;

	open_verified(&watch, doomed->backend, PAGES);
	watch_arm(&watch);
	watch_write_range(&watch, 0, PAGES);
	/* Where nothing is lost nothing is said, whatever waits elsewhere. */
	watch_harvest_range(&watch, 0, 8);
	pgb_barrier_inject_loss(watch.barrier, 5);
	expect_end(doomed, &watch, 12, CHANGED, 3);
	watch_harvest_range(&watch, 8, 8);
}

static void lost_in_a_partial_harvest(const struct pgb_backend_info *backend)
{
	must_be_ended((struct doomed){.backend = backend, .run = lose_in_a_range});
}

static void lose_what_is_new(struct doomed *doomed)
{
	struct watch watch;

	open_verified(&watch, doomed->backend, PAGES);
	watch_write_range(&watch, 0, PAGES);
	watch_add(&watch, 0, PAGES);
	pgb_barrier_inject_loss(watch.barrier, PAGES);
	expect_end(doomed, &watch, PAGES - 1, UNHEARD, 1);
	watch_settle(&watch);
}

static void lose_what_was_watched_before(struct doomed *doomed)
{
	struct watch watch;

	open_verified(&watch, doomed->backend, PAGES);
	watch_arm(&watch);
	watch_remove(&watch, 0, PAGES);
	watch_add(&watch, 0, PAGES);
	pgb_barrier_inject_loss(watch.barrier, PAGES);
	expect_end(doomed, &watch, PAGES - 1, UNHEARD, 2);
	watch_settle(&watch);
}

static void never_reported(const struct pgb_backend_info *backend)
{
	must_be_ended((struct doomed){.backend = backend, .run = lose_what_is_new});
	must_be_ended(
		(struct doomed){.backend = backend, .run = lose_what_was_watched_before});
}

static void lose_in_a_child(struct doomed *doomed)
{
	struct watch *watch = doomed->watch;

	watch_write(watch, 3);
	watch_settle(watch);
	watch_settle(watch);
	watch_write_range(watch, 0, PAGES);
	pgb_barrier_inject_loss(watch->barrier, PAGES);
	expect_end(doomed, watch, PAGES - 1, CHANGED, 4);
	watch_settle(watch);
}

static void lost_in_a_child(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_verified(&watch, backend, PAGES);
	watch_arm(&watch);
	must_be_ended((struct doomed){
		.backend = backend,
		.run = lose_in_a_child,
		.watch = &watch,
	});
	/* Its losses are not its parent's. */
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

struct racer {
	struct watch *watch;
	AO_t over;
};

static void *write_all_the_time(void *arg)
{
	struct racer *racer = arg;

	while (!AO_load_acquire(&racer->over))
		watch_write_range(racer->watch, 0, racer->watch->pages);
	return NULL;
}

static void racing_writes(const struct pgb_backend_info *backend)
{
	struct watch watch;
	struct racer racer = {.watch = &watch};
	pthread_t thread;

	open_verified(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(pthread_create(&thread, NULL, write_all_the_time, &racer), 0);
	for (size_t i = 0; i < scaled(2000); i++)
		watch_harvest(&watch);
	AO_store_release(&racer.over, 1);
	check_int(pthread_join(thread, NULL), 0);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void discarded_memory(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_verified(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(madvise(watch_page(&watch, 8), 8 * watch.page, MADV_DONTNEED), 0);
	watch_harvest(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void unreadable_memory(const struct pgb_backend_info *backend)
{
	struct watch watch;

	open_verified(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(mprotect(watch_page(&watch, 8), watch.page, PROT_NONE), 0);
	watch_harvest(&watch);
	check_int(mprotect(watch_page(&watch, 8), watch.page, PROT_READ | PROT_WRITE), 0);
	watch_must_work(&watch, 0, PAGES);
	check_int(munmap(watch_page(&watch, 20), 4 * watch.page), 0);
	watch_try_harvest(&watch); /* may fail */
	watch_map_anew(&watch, 20, 4);
	watch_write_range(&watch, 20, 4);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 20, 4);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static int answer;

static int refuse_to_read(enum pgb_os_call call)
{
	return call == PGB_OS_PEEK ? answer : 0;
}

static void reading_refused(const struct pgb_backend_info *backend)
{
	static const int answers[] = {-EPERM, -ENOMEM, -EFAULT, PGB_OS_SHORT};
	struct watch watch;

	open_verified(&watch, backend, PAGES);
	watch_arm(&watch);
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		answer = answers[i];
		watch_write(&watch, i);
		pgb_os_set_hook(refuse_to_read);
		watch_harvest(&watch);
		watch_must_report_only(&watch, i, 1);
		/* What is written now cannot be compared with what was not read. */
		watch_write_range(&watch, 0, PAGES);
		watch_harvest(&watch);
		watch_must_report(&watch, 0, PAGES);
		pgb_os_set_hook(NULL);
		watch_must_work(&watch, 0, PAGES);
	}
	watch_close(&watch);
}

static void only_if_asked_for(const struct pgb_backend_info *backend)
{
	static const char *const wrong[] = {"", "2", "-1", "yes", "01"};
	struct pgb_barrier *barrier;
	struct watch watch;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		check_int(setenv("PGBARRIER_VERIFY", wrong[i], 1), 0);
		check_int(pgb_open(&barrier, backend->name), -EINVAL);
	}
	for (int given = 0; given < 2; given++) {
		check_int(given ? setenv("PGBARRIER_VERIFY", "0", 1)
				: unsetenv("PGBARRIER_VERIFY"),
			  0);
		watch_open(&watch, backend, PAGES);
		watch_arm(&watch);
		pgb_barrier_inject_loss(watch.barrier, 2);
		watch_write_range(&watch, 0, PAGES);
		watch_harvest(&watch);
		check_int(watch.reported_pages, PAGES / 2);
		watch_close(&watch);
	}
}

/*
 * Losses are injected between the backend and the oracle, which asks once more.  A backend
 * that reports what was not written reports the page then, and nothing is lost.
 */
static const struct conformance_case cases[] = {
	{"a lost page ends the run", every_nth_page_lost, PGB_CAP_PAGE_PRECISE},
	{"also in a harvest of a part", lost_in_a_partial_harvest, PGB_CAP_PAGE_PRECISE},
	{"a page that is never reported ends the run", never_reported,
	 PGB_CAP_PAGE_PRECISE},
	{"a page lost in a child of fork ends the child", lost_in_a_child,
	 PGB_CAP_PAGE_PRECISE},
	{"writes that race with harvests raise no alarm", racing_writes,
	 PGB_CAP_CONCURRENT},
	{"discarded memory raises no alarm", discarded_memory, 0},
	{"memory that cannot be read raises no alarm", unreadable_memory,
	 PGB_CAP_REMAP_SAFE},
	{"a refusal to read raises no alarm", reading_refused, 0},
	{"nothing is verified unless asked for", only_if_asked_for, 0},
};

CONFORMANCE_MAIN("verify", cases)

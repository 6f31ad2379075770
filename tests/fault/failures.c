/* SPDX-License-Identifier: MIT */
/*
 * failures.c - whatever the kernel says to a channel, it says so, and nobody stays stopped.
 *
 * Each system call is made to fail in turn, with each errno, by the hook in src/os.
 */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "os/inject.h"
#include "stage.h"

#define PAGES 8

static const int errors[] = {-ENOMEM, -EAGAIN, -EPERM,	-EINVAL,     -EINTR,
			     -EBUSY,  -EEXIST, -ENOENT, PGB_OS_SHORT};
#define ERRORS (sizeof(errors) / sizeof(errors[0]))

/* The `when`-th call of a kind fails, and `times` in all. */
static enum pgb_os_call denied;
static int denial;
static AO_t when, times, seen;

static int deny(enum pgb_os_call call)
{
	AO_t now;

	if (call != denied)
		return 0;
	now = AO_fetch_and_add1_full(&seen);
	return now >= when && now < when + times ? denial : 0;
}

static void start_denying(enum pgb_os_call call, int error, AO_t first, AO_t count)
{
	denied = call;
	denial = error;
	when = first;
	times = count;
	AO_store_full(&seen, 0);
	pgb_os_set_hook(deny);
}

/* Returns whether there was something to deny. */
static bool stop_denying(void)
{
	pgb_os_set_hook(NULL);
	return AO_load_full(&seen) > when;
}

/*
 * A thread is stopped; the answer is made to fail; then the reader goes on as it would.
 * That the thread gets through at all is what is tested.
 */
static void answer_fails(const struct stage *stage, unsigned kind,
			 enum pgb_ack_action action, const void *source,
			 enum pgb_os_call call, int error, AO_t count)
{
	uint64_t errors_before = stage_stats(stage).errors;
	struct actor actor;
	int result;

	actor_start(&actor, stage->base, true);
	stage_expect(stage, kind, 0);
	start_denying(call, error, 0, count);
	result = stage_ack(stage, action, 0, 1, source);
	check(stop_denying());
	/* What may pass is tried again. */
	if ((error == -EAGAIN || error == -EINTR) && count == 1)
		check_int(result, 0);
	if (result == -EEXIST) {
		check_int(error, -EEXIST);
	} else if (result) {
		check_int(stage_stats(stage).errors, errors_before + 1);
		check_int(stage_stats(stage).last_error, result);
	}
	if (result) {
		stage_expect(stage, kind, 0);
		check_int(stage_ack(stage, action, 0, 1, source), 0);
	}
	actor_join(&actor);
	check_int(stage->base[0], 7);
	stage_quiet(stage);
}

static void each_error(const struct stage *stage, unsigned kind, enum pgb_ack_action action,
		       const void *source, enum pgb_os_call call)
{
	for (size_t i = 0; i < ERRORS; i++) {
		/* Once, and for as long as it lasts. */
		for (int lasting = 0; lasting < 2; lasting++) {
			/* What a signal interrupts is made again for ever. */
			if (errors[i] == -EINTR && lasting && call == PGB_OS_UFFD_PROTECT)
				continue;
			if (kind == PGB_FAULT_ABSENT)
				check_int(madvise(stage->base, stage->page, MADV_DONTNEED),
					  0);
			else
				stage_protect(stage, kind, 0, 1);
			answer_fails(stage, kind, action, source, call, errors[i],
				     lasting ? 1000 : 1);
		}
	}
}

static void allow_fails(void)
{
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	each_error(&stage, PGB_FAULT_WRITE, PGB_ACK_ALLOW, NULL, PGB_OS_UFFD_PROTECT);
	stage_close(&stage);
}

static void fill_fails(void)
{
	unsigned char content[65536] = {0};
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	each_error(&stage, PGB_FAULT_ABSENT, PGB_ACK_FILL, content, PGB_OS_UFFD_COPY);
	stage_close(&stage);
}

static void zero_fails(void)
{
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	each_error(&stage, PGB_FAULT_ABSENT, PGB_ACK_ZERO, NULL, PGB_OS_UFFD_ZERO);
	stage_close(&stage);
}

static void map_fails(void)
{
	struct stage stage;

	stage_open_shared(&stage, PAGES, PGB_FAULT_ACCESS);
	each_error(&stage, PGB_FAULT_ACCESS, PGB_ACK_MAP, NULL, PGB_OS_UFFD_CONTINUE);
	stage_close(&stage);
}

static void move_fails(void)
{
	struct stage stage, from;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, 1);
	for (size_t i = 0; i < ERRORS; i++) {
		struct actor actor;
		int result;

		memset(from.base, 3, from.page);
		check_int(madvise(stage.base, stage.page, MADV_DONTNEED), 0);
		actor_start(&actor, stage.base, false);
		stage_expect(&stage, PGB_FAULT_ABSENT, 0);
		start_denying(PGB_OS_UFFD_MOVE, errors[i], 0, 1000);
		result = stage_ack(&stage, PGB_ACK_MOVE, 0, 1, from.base);
		stop_denying();
		if (result) {
			/* The page is where it was. */
			check_int(from.base[0], 3);
			stage_expect(&stage, PGB_FAULT_ABSENT, 0);
			check_int(stage_ack(&stage, PGB_ACK_MOVE, 0, 1, from.base), 0);
		}
		actor_join(&actor);
		check_int(actor.seen, 3);
		check_int(from.base[0], 0);
	}
	stage_close(&from);
	stage_close(&stage);
}

/* Some pages of a run are done, then it fails: the rest is not given up. */
static void short_answers(void)
{
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	start_denying(PGB_OS_UFFD_ZERO, PGB_OS_SHORT, 0, 3);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, PAGES, NULL), 0);
	check(stop_denying());
	for (size_t i = 0; i < PAGES; i++)
		check_int(stage_page(&stage, i)[0], 0);
	stage_close(&stage);
}

static void protect_fails(void)
{
	struct pgb_page_run runs[2];
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	runs[0] = stage_run(&stage, 0, 1);
	runs[1] = stage_run(&stage, 2, 1);
	for (size_t i = 0; i < ERRORS; i++) {
		int err;

		if (errors[i] > 0)
			continue;
		start_denying(PGB_OS_UFFD_PROTECT, errors[i], 0, 1);
		err = pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2);
		check(stop_denying());
		/* What may pass is tried again. */
		check_int(err, errors[i] == -EAGAIN || errors[i] == -EINTR ? 0 : errors[i]);
		/* The other run was done. */
		actor_start(&actor, stage_page(&stage, 2), true);
		stage_expect(&stage, PGB_FAULT_WRITE, 2);
		if (err)
			check_int(stage_stats(&stage).last_error, err);
		start_denying(PGB_OS_UFFD_PROTECT, errors[i], 0, 1);
		pgb_fault_unprotect(stage.channel, PGB_FAULT_WRITE, runs + 1, 1);
		check(stop_denying());
		check_int(pgb_fault_unprotect(stage.channel, PGB_FAULT_WRITE, runs, 2), 0);
		actor_join(&actor);
		stage.base[0] = 1;
	}
	stage_close(&stage);
}

static void remove_fails(void)
{
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	for (size_t i = 0; i < ERRORS; i++) {
		actor_start(&actor, stage.base, true);
		stage_expect(&stage, PGB_FAULT_ABSENT, 0);
		start_denying(PGB_OS_UFFD_UNREGISTER, errors[i], 0, 1);
		check_int(pgb_fault_remove(stage.channel, stage.base, PAGES * stage.page),
			  0);
		check(stop_denying());
		actor_join(&actor);
		check_int(stage_page(&stage, 1)[0], 0);
		check_int(madvise(stage.base, PAGES * stage.page, MADV_DONTNEED), 0);
		check_int(pgb_fault_add(stage.channel, stage.base, PAGES * stage.page,
					PGB_FAULT_ABSENT),
			  0);
	}
	stage_close(&stage);
}

static size_t open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	check(directory != NULL);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* Add memory of both sorts, and take it out again; the first failure. */
static int use(struct pgb_fault_channel *channel, const struct stage *plain,
	       const struct stage *shared)
{
	int err = pgb_fault_add(channel, plain->base, plain->page, PGB_FAULT_ABSENT);

	if (!err)
		err = pgb_fault_add(channel, shared->base, shared->page, PGB_FAULT_ACCESS);
	if (!err)
		err = pgb_fault_remove(channel, plain->base, plain->page);
	return err;
}

/* Every call, at every place, until it goes through without reaching that place. */
static void opening_fails(void)
{
	struct stage plain, shared;
	size_t before;

	stage_need(PGB_FAULT_ABSENT | PGB_FAULT_ACCESS, 0);
	stage_map(&plain, 1);
	stage_map_shared(&shared, 1);
	before = open_descriptors();
	for (int call = 0; call < PGB_OS_CALLS; call++) {
		for (AO_t place = 0;; place++) {
			struct pgb_fault_channel *channel = NULL, *second = NULL;
			int err;

			start_denying((enum pgb_os_call)call, -ENOMEM, place, 1);
			err = pgb_fault_open(&channel, 0);
			if (!err)
				err = pgb_fault_attach(&second, pgb_fault_fd(channel));
			if (!err)
				err = use(channel, &plain, &shared);
			pgb_fault_close(second);
			pgb_fault_close(channel);
			check(err <= 0);
			/* What cannot be told to be ours is not closed. */
			if (call != PGB_OS_FSTAT)
				check_int(open_descriptors(), before);
			before = open_descriptors();
			/* Nobody is stopped. */
			check_int(plain.base[0], 0);
			check_int(shared.base[0], 0);
			check_int(madvise(plain.base, plain.page, MADV_DONTNEED), 0);
			if (!stop_denying())
				break;
		}
	}
	stage_close(&plain);
	stage_close(&shared);
}

static const struct plain_case cases[] = {
	{"ALLOW fails", allow_fails},
	{"FILL fails", fill_fails},
	{"ZERO fails", zero_fails},
	{"MAP fails", map_fails},
	{"MOVE fails", move_fails},
	{"answers that are short", short_answers},
	{"protecting fails", protect_fails},
	{"removing fails", remove_fails},
	{"opening and adding fail", opening_fails},
};

PLAIN_MAIN("failures", cases)

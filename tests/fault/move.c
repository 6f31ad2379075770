/* SPDX-License-Identifier: MIT */
/* move.c - pages are moved into a channel, and copied where they cannot be. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "fault/channel.h"
#include "os/uapi.h"
#include "stage.h"

#define PAGES 64

/* Page i is full of i + 1. */
static void mark(const struct stage *stage, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		memset(stage_page(stage, i), (int)i + 1, stage->page);
}

static void must_be_full_of(const struct stage *stage, size_t page, size_t byte)
{
	const unsigned char *bytes = stage_page(stage, page);

	check_int(bytes[0], byte);
	check_int(memcmp(bytes, bytes + 1, stage->page - 1), 0);
}

static int try_move(const struct stage *stage, size_t to, unsigned char *from, size_t pages,
		    struct pgb_move *result)
{
	int err = pgb_fault_move(stage->channel, stage_page(stage, to), from,
				 pages * stage->page, result);

	check(err || result->moved == pages * stage->page);
	check(!result->copied == !result->reason);
	return err;
}

static void into_absent_pages(void)
{
	struct pgb_move result;
	struct stage stage, from;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	mark(&from, 0, PAGES);
	actor_start(&actor, stage_page(&stage, 12), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 12);
	check_int(try_move(&stage, 10, stage_page(&from, 20), 5, &result), 0);
	actor_join(&actor);
	check_int(actor.seen, 23);
	for (size_t i = 0; i < 5; i++) {
		must_be_full_of(&stage, 10 + i, 21 + i);
		must_be_full_of(&from, 20 + i, 0);
	}
	must_be_full_of(&from, 19, 20);
	must_be_full_of(&from, 25, 26);
	/* Onto what is there, from within the channel: the source becomes absent. */
	check_int(try_move(&stage, 12, stage_page(&stage, 10), 2, &result), 0);
	must_be_full_of(&stage, 12, 21);
	must_be_full_of(&stage, 13, 22);
	must_be_full_of(&stage, 14, 25);
	actor_start(&actor, stage_page(&stage, 10), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 10);
	/* A hole comes along as one. */
	check_int(try_move(&stage, 14, stage_page(&stage, 10), 1, &result), 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 10, 5, NULL), -EEXIST);
	actor_join(&actor);
	must_be_full_of(&stage, 14, 0);
	/* Who waits where one arrives is not left to wait for a page. */
	actor_start(&actor, stage_page(&stage, 30), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 30);
	check_int(try_move(&stage, 30, stage_page(&stage, 31), 1, &result), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 30);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 30, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&from);
	stage_close(&stage);
}

static void protected_pages(void)
{
	struct pgb_move result;
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	mark(&stage, 0, 8);
	/* Armed holes too. */
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	actor_start(&actor, stage_page(&stage, 20), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 20);
	check_int(try_move(&stage, 20, stage_page(&stage, 4), 8, &result), 0);
	actor_join(&actor);
	check_int(stage_page(&stage, 20)[0], 7);
	check_int(stage_page(&stage, 20)[1], 5);
	must_be_full_of(&stage, 23, 8);
	must_be_full_of(&stage, 24, 0);
	/* Protection does not move along, and goes where pages come or were. */
	stage_page(&stage, 21)[0] = 1;
	stage_page(&stage, 4)[0] = 1;
	stage_quiet(&stage);
	stage_close(&stage);
}

static void wait_at_gate(void *arg)
{
	gate_pass(arg);
}

/* The kernel moves no page that a child shares. */
static void shared_by_fork(void)
{
	struct gate may_end;
	struct pgb_move result;
	struct stage stage, from;
	struct actor actor;
	pid_t child;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	mark(&from, 0, PAGES);
	gate_make(&may_end);
	child = child_start(wait_at_gate, &may_end);
	mark(&from, 1, 1);
	check_int(try_move(&stage, 0, from.base, 3, &result), 0);
	check(result.copied >= 2 * stage.page);
	check(result.reason == -EBUSY || result.reason == -EOPNOTSUPP);
	for (size_t i = 0; i < 3; i++) {
		must_be_full_of(&stage, i, i + 1);
		must_be_full_of(&from, i, 0);
	}
	/* The same by an acknowledgement. */
	actor_start(&actor, stage_page(&stage, 8), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 8);
	check_int(stage_ack(&stage, PGB_ACK_MOVE, 8, 2, stage_page(&from, 5)), 0);
	actor_join(&actor);
	check_int(actor.seen, 6);
	must_be_full_of(&stage, 9, 7);
	must_be_full_of(&from, 5, 0);
	must_be_full_of(&from, 6, 0);
	must_be_full_of(&from, 7, 8);
	gate_open(&may_end);
	check_int(child_wait(child), 0);
	gate_destroy(&may_end);
	stage_close(&from);
	stage_close(&stage);
}

/* What is done on a kernel that cannot move. */
static void before_6_8(void)
{
	struct pgb_move result;
	struct stage stage, from;
	struct actor actor;

	stage_need(PGB_FAULT_ABSENT, 0);
	stage_map(&stage, PAGES);
	stage_map(&from, PAGES);
	check_int(pgb_channel_open(&stage.channel, 0,
				   UFFD_FEATURE_MOVE | UFFD_FEATURE_POISON),
		  0);
	check_int(pgb_fault_add(stage.channel, stage.base, PAGES * stage.page,
				PGB_FAULT_ABSENT),
		  0);
	mark(&from, 0, 4);
	check_int(try_move(&stage, 0, from.base, 5, &result), 0);
	/* All but the hole. */
	check_int(result.reason, -EOPNOTSUPP);
	for (size_t i = 0; i < 4; i++) {
		must_be_full_of(&stage, i, i + 1);
		must_be_full_of(&from, i, 0);
	}
	/* A hole that would stop us is not read. */
	check_int(try_move(&stage, 0, stage_page(&stage, 20), 1, &result), 0);
	actor_start(&actor, stage.base, false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(try_move(&stage, 0, stage_page(&stage, 20), 1, &result), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_MOVE, 0, 1, stage_page(&stage, 21)), -ENOENT);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_POISON, 0, 1, NULL), -EOPNOTSUPP);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_MOVE, 0, 1, stage_page(&stage, 3)), 0);
	actor_join(&actor);
	check_int(actor.seen, 4);
	stage_close(&from);
	stage_close(&stage);
}

static void memory_that_ends(void)
{
	struct pgb_move result;
	struct stage stage, from;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	mark(&from, 0, PAGES);
	check_int(munmap(stage_page(&from, 3), stage.page), 0);
	check(try_move(&stage, 0, from.base, 8, &result) < 0);
	check_int(result.moved, 3 * stage.page);
	for (size_t i = 0; i < 3; i++)
		must_be_full_of(&stage, i, i + 1);
	check_int(munmap(stage_page(&stage, 12), stage.page), 0);
	check_int(try_move(&stage, 10, stage_page(&from, 20), 8, &result), -ENOENT);
	check_int(result.moved, 2 * stage.page);
	must_be_full_of(&stage, 11, 22);
	must_be_full_of(&from, 22, 23);
	check_int(stage_stats(&stage).errors, 2);
	stage_close(&from);
	stage_close(&stage);
}

static void arguments(void)
{
	struct pgb_move result;
	struct stage stage, from;
	size_t page;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	page = stage.page;
	mark(&from, 0, 4);
	check_int(pgb_fault_move(NULL, stage.base, from.base, page, &result), -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base, from.base, page, NULL),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base, from.base, 0, &result),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base + 1, from.base, page, &result),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base, from.base + 1, page, &result),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base, stage.base, page, &result),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, stage.base, stage.base + page, 2 * page,
				 &result),
		  -EINVAL);
	check_int(pgb_fault_move(stage.channel, from.base + 8 * page, from.base, page,
				 &result),
		  -ENOENT);
	check_int(pgb_fault_move(stage.channel, stage_page(&stage, PAGES - 1), from.base,
				 2 * page, &result),
		  -ENOENT);
	must_be_full_of(&from, 0, 1);
	stage_close(&from);
	stage_close(&stage);
}

static const struct plain_case cases[] = {
	{"into absent pages", into_absent_pages}, {"protected pages", protected_pages},
	{"pages shared by fork", shared_by_fork}, {"on a kernel before 6.8", before_6_8},
	{"memory that ends", memory_that_ends},	  {"arguments", arguments},
};

PLAIN_MAIN("move", cases)

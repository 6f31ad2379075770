/* SPDX-License-Identifier: MIT */
/* protect.c - sets of pages are protected and unprotected: which, in how many calls. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault/channel.h"
#include "os/inject.h"
#include "os/uapi.h"
#include "stage.h"

#define PAGES 64

/* Which pages stop a writer?  As the library sees it, by pagemap. */
static bool is_protected(const struct stage *stage, size_t page)
{
	FILE *pagemap = fopen("/proc/self/pagemap", "r");
	uint64_t entry;

	check(pagemap != NULL);
	check_int(fseek(pagemap,
			(long)((uintptr_t)stage_page(stage, page) / stage->page *
			       sizeof(entry)),
			SEEK_SET),
		  0);
	check_int(fread(&entry, sizeof(entry), 1, pagemap), 1);
	fclose(pagemap);
	return entry >> 57 & 1;
}

static void must_be_protected(const struct stage *stage, const char *expected)
{
	for (size_t i = 0; expected[i]; i++)
		check_int(is_protected(stage, i), expected[i] == '#');
}

static void runs_are_joined(void)
{
	struct pgb_page_run runs[8];
	struct stage stage;
	struct pgb_fault_stats stats;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	/* Neighbours, in no order; one twice; one that overlaps. */
	runs[0] = stage_run(&stage, 9, 1);
	runs[1] = stage_run(&stage, 2, 1);
	runs[2] = stage_run(&stage, 7, 2);
	runs[3] = stage_run(&stage, 3, 1);
	runs[4] = stage_run(&stage, 2, 1);
	runs[5] = stage_run(&stage, 12, 3);
	runs[6] = stage_run(&stage, 8, 2);
	runs[7] = stage_run(&stage, 0, 1);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 8), 0);
	must_be_protected(&stage, "#.##...###..###..");
	stats = stage_stats(&stage);
	check_int(stats.flushing_calls, 4);
	check_int(stats.pages_protected, 9);
	check_int(pgb_fault_unprotect(stage.channel, PGB_FAULT_WRITE, runs + 1, 3), 0);
	must_be_protected(&stage, "#........#..###..");
	stats = stage_stats(&stage);
	check_int(stats.flushing_calls, 6);
	check_int(stats.pages_unprotected, 4);
	check_int(stats.errors, 0);
	/* Nothing is left behind for the next. */
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs + 3, 1), 0);
	must_be_protected(&stage, "#..#.....#..###..");
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 0), 0);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, NULL, 0), 0);
	check_int(stage_stats(&stage).flushing_calls, 7);
	stage_close(&stage);
}

static void runs_of_several_ranges(void)
{
	struct pgb_page_run runs[2];
	struct stage stage, far;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	stage_map(&far, PAGES);
	check_int(pgb_fault_add(stage.channel, far.base, PAGES * far.page, PGB_FAULT_WRITE),
		  0);
	memset(stage.base, 1, PAGES * stage.page);
	memset(far.base, 1, PAGES * far.page);
	runs[0] = stage_run(&far, 1, 2);
	runs[1] = stage_run(&stage, 62, 2);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), 0);
	must_be_protected(&far, ".##.");
	check(is_protected(&stage, 63));
	check_int(stage_stats(&stage).flushing_calls, 2);
	/* Neighbouring ranges are one. */
	check_int(pgb_fault_remove(stage.channel, stage_page(&stage, 20), 4 * stage.page),
		  0);
	check_int(pgb_fault_add(stage.channel, stage_page(&stage, 20), 4 * stage.page,
				PGB_FAULT_WRITE),
		  0);
	stage_protect(&stage, PGB_FAULT_WRITE, 16, 16);
	check_int(stage_stats(&stage).flushing_calls, 3);
	check_int(stage_stats(&stage).ranges, 2);
	stage_close(&stage);
	stage_close(&far);
}

/* Which before 6.4 the kernel does not do in one call. */
static void across_mappings(void)
{
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	check_int(madvise(stage_page(&stage, 3), 2 * stage.page, MADV_DONTFORK), 0);
	check_int(stage_mappings(&stage), 3);
	stage_protect(&stage, PGB_FAULT_WRITE, 1, 13);
	must_be_protected(&stage, ".#############..");
	stage_unprotect(&stage, PGB_FAULT_WRITE, 2, 4);
	must_be_protected(&stage, ".#....########..");
	stage_protect(&stage, PGB_FAULT_WRITE, 2, 4);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 2, 8, NULL), 0);
	must_be_protected(&stage, ".#........####..");
	stage_close(&stage);
}

static void bad_runs(void)
{
	struct pgb_page_run runs[2];
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	check_int(pgb_fault_remove(stage.channel, stage_page(&stage, 8), stage.page), 0);
	runs[0] = stage_run(&stage, 0, 1);
	check_int(pgb_fault_protect(NULL, PGB_FAULT_WRITE, runs, 1), -EINVAL);
	check_int(pgb_fault_protect(stage.channel, 0, runs, 1), -EINVAL);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_ABSENT, runs, 1), -EINVAL);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE | PGB_FAULT_ACCESS, runs,
				    1),
		  -EINVAL);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, NULL, 1), -EINVAL);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_ACCESS, runs, 1), -ENOENT);
	runs[1] = (struct pgb_page_run){runs[0].start, runs[0].start};
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), -EINVAL);
	runs[1] = (struct pgb_page_run){runs[0].end, runs[0].start};
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), -EINVAL);
	runs[1] = (struct pgb_page_run){runs[0].start + 1, runs[0].end};
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), -EINVAL);
	/* Before, across and behind what was added. */
	runs[1] = stage_run(&stage, 7, 2);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), -ENOENT);
	check_int(pgb_fault_unprotect(stage.channel, PGB_FAULT_WRITE, runs, 2), -ENOENT);
	runs[1] = stage_run(&stage, PAGES, 1);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, 2), -ENOENT);
	/* And nothing was done. */
	must_be_protected(&stage, "..........");
	check_int(stage_stats(&stage).flushing_calls, 0);
	stage_close(&stage);
}

static void access_is_protected(void)
{
	struct pgb_page_run runs[2];
	struct actor actor;
	struct stage stage;

	stage_open_shared(&stage, PAGES, PGB_FAULT_ACCESS);
	memset(stage.alias, 1, PAGES * stage.page);
	runs[0] = stage_run(&stage, 4, 2);
	runs[1] = stage_run(&stage, 6, 2);
	/* Everything is mapped once, so that only what is protected stops. */
	stage_unprotect(&stage, PGB_FAULT_ACCESS, 0, PAGES);
	stage.base[0] = 2;
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_ACCESS, runs, 2), 0);
	check_int(stage_page(&stage, 3)[0], 1);
	check_int(stage_page(&stage, 8)[0], 1);
	actor_start(&actor, stage_page(&stage, 7), false);
	stage_expect(&stage, PGB_FAULT_ACCESS, 7);
	/* To unprotect lets go. */
	check_int(pgb_fault_unprotect(stage.channel, PGB_FAULT_ACCESS, runs, 2), 0);
	actor_join(&actor);
	check_int(stage_page(&stage, 4)[0], 1);
	stage_quiet(&stage);
	/* Where the file has no page there is none to map. */
	check_int(madvise(stage_page(&stage, 5), stage.page, MADV_REMOVE), 0);
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_ACCESS, runs, 2), 0);
	check_int(pgb_fault_unprotect(stage.channel, PGB_FAULT_ACCESS, runs, 2), 0);
	check_int(stage_page(&stage, 6)[0], 1);
	stage_close(&stage);
}

static void unprotecting_lets_go(void)
{
	struct actor actor;
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	actor_start(&actor, stage_page(&stage, 7), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 7);
	stage_unprotect(&stage, PGB_FAULT_WRITE, 4, 8);
	actor_join(&actor);
	stage_close(&stage);
}

/* One run of pages that the kernel has as two mappings. */
static void runs_beyond_a_mapping(void)
{
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	stage_split(&stage, 5);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	check(is_protected(&stage, 4) && is_protected(&stage, PAGES - 1));
	stage_unprotect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	check(!is_protected(&stage, 4) && !is_protected(&stage, PAGES - 1));
	stage_close(&stage);
	stage_need(PGB_FAULT_ACCESS, 0);
	stage_open_shared(&stage, PAGES, PGB_FAULT_ACCESS);
	stage_split(&stage, 5);
	stage_protect(&stage, PGB_FAULT_ACCESS, 0, PAGES);
	actor_start(&actor, stage_page(&stage, PAGES - 1), false);
	stage_expect(&stage, PGB_FAULT_ACCESS, PAGES - 1);
	stage_unprotect(&stage, PGB_FAULT_ACCESS, 0, PAGES);
	actor_join(&actor);
	check_int(stage_stats(&stage).errors, 0);
	stage_close(&stage);
}

/* What is done on a kernel that protects no holes. */
static void holes_before_6_4(void)
{
	struct stage stage, both;
	struct actor actor;

	stage_need(PGB_FAULT_WRITE | PGB_FAULT_ABSENT, 0);
	stage_map(&stage, PAGES);
	check_int(pgb_channel_open(&stage.channel, 0, UFFD_FEATURE_WP_UNPOPULATED), 0);
	check_int(pgb_fault_add(stage.channel, stage.base, PAGES * stage.page,
				PGB_FAULT_WRITE),
		  0);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	actor_start(&actor, stage_page(&stage, 7), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 7);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 7, 1, NULL), 0);
	actor_join(&actor);
	/* Where a hole stops as such, it is left one, and the caller is not stopped. */
	stage_map(&both, PAGES);
	check_int(pgb_fault_add(stage.channel, both.base, PAGES * both.page,
				PGB_FAULT_WRITE | PGB_FAULT_ABSENT),
		  0);
	both.channel = stage.channel;
	stage_protect(&both, PGB_FAULT_WRITE, 0, PAGES);
	actor_start(&actor, stage_page(&both, 7), true);
	stage_expect(&both, PGB_FAULT_ABSENT, 7);
	check_int(stage_ack(&both, PGB_ACK_ZERO, 7, 1, NULL), 0);
	actor_join(&actor);
	both.channel = NULL;
	stage_close(&stage);
	stage_close(&both);
}

static struct stage *in_progress;
static int seen_while_busy;

/* In the middle of one call, another one. */
static int call_again(enum pgb_os_call call)
{
	struct pgb_page_run run = stage_run(in_progress, 0, 1);

	if (call == PGB_OS_UFFD_PROTECT)
		seen_while_busy =
			pgb_fault_unprotect(in_progress->channel, PGB_FAULT_WRITE, &run, 1);
	return 0;
}

static void one_at_a_time(void)
{
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	in_progress = &stage;
	pgb_os_set_hook(call_again);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, 4);
	pgb_os_set_hook(NULL);
	check_int(seen_while_busy, -EBUSY);
	must_be_protected(&stage, "####.");
	stage_unprotect(&stage, PGB_FAULT_WRITE, 0, 4);
	stage_close(&stage);
}

static void shuffle(uint32_t *order, size_t count)
{
	uint64_t random = 11;

	for (size_t i = 0; i < count; i++)
		order[i] = (uint32_t)i;
	for (size_t i = count - 1; i; i--) {
		size_t j = random_next(&random) % (i + 1);
		uint32_t swapped = order[i];

		order[i] = order[j];
		order[j] = swapped;
	}
}

/*
 * A million pages in random order: half of them page by page, the other half in calls of
 * a thousand.  As mappings they would be far past vm.max_map_count.
 */
static void protections_split_nothing(void)
{
	size_t pages = scaled(1000000), in_one = 1000, done = 0;
	uint32_t *order = malloc(pages * sizeof(*order));
	struct pgb_page_run runs[1000];
	struct stage stage;

	check(order != NULL);
	stage_open(&stage, pages, PGB_FAULT_WRITE);
	shuffle(order, pages);
	/* Every other page stays as it is, or all would be one in the end. */
	for (size_t i = 0; i < pages; i++) {
		if (order[i] % 2)
			continue;
		if (i < pages / 2) {
			stage_protect(&stage, PGB_FAULT_WRITE, order[i], 1);
			continue;
		}
		runs[done++] = stage_run(&stage, order[i], 1);
		if (done < in_one)
			continue;
		check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, done), 0);
		done = 0;
	}
	check_int(pgb_fault_protect(stage.channel, PGB_FAULT_WRITE, runs, done), 0);
	check_int(stage_stats(&stage).pages_protected, (pages + 1) / 2);
	for (size_t i = 0; i < 16 && i < pages; i++)
		check_int(is_protected(&stage, i), i % 2 == 0);
	check_int(stage_mappings(&stage), 1);
	stage_close(&stage);
	free(order);
}

static const struct plain_case cases[] = {
	{"runs are joined", runs_are_joined},
	{"runs of several ranges", runs_of_several_ranges},
	{"runs across mappings", across_mappings},
	{"bad runs", bad_runs},
	{"ACCESS", access_is_protected},
	{"to unprotect lets go", unprotecting_lets_go},
	{"runs beyond a mapping", runs_beyond_a_mapping},
	{"holes on a kernel before 6.4", holes_before_6_4},
	{"one call at a time", one_at_a_time},
	{"a million pages are one mapping", protections_split_nothing},
};

PLAIN_MAIN("protect", cases)

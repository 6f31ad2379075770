/* SPDX-License-Identifier: MIT */
/* counts.c - how many faults a cycle takes, and how many processors a harvest interrupts.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic_ops.h>

#include "region.h"

#define PAGES 2048

static long faults_so_far(void)
{
	struct rusage usage;

	check_int(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage.ru_minflt + usage.ru_majflt;
}

/*
 * Faults of this thread for a write to each of the pages.  Nothing is read: an emulated
 * processor adds to a byte by two accesses, either of which may fault.
 */
static long faults_of_writes(const struct region *region, size_t pages)
{
	long before = faults_so_far();

	for (size_t i = 0; i < pages; i++)
		*(volatile unsigned char *)region_page(region, i) = 1;
	return faults_so_far() - before;
}

static void faults(unsigned kind)
{
	struct region region;
	bool zaps;

	region_open(&region, kind, PAGES);
	zaps = region_info(region.fd).flags & PGBARRIER_INFO_ZAP;
	region_settle(&region);
	region_harvest(&region);
	/* Our own first ones. */
	faults_of_writes(&region, 1);
	for (size_t pages = 1; pages <= PAGES; pages *= 8) {
		long expected = kind != REGION_DIRTY || zaps ? (long)pages : 0;

		region_harvest(&region);
		check_int(faults_of_writes(&region, pages), expected);
		check_int(faults_of_writes(&region, pages), 0);
		check_int(region_harvest(&region), pages);
	}
	region_close(&region);
}

/* A harvest without writes makes no fault come again, where it drops no entries. */
static void reads(unsigned kind)
{
	struct region region;
	long before;

	region_need_helpers("a harvest has every page fault");
	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_read(&region, 0, PAGES);
	before = faults_so_far();
	for (int i = 0; i < 3; i++) {
		region_harvest(&region);
		region_read(&region, 0, PAGES);
	}
	check_int(faults_so_far() - before, 0);
	region_close(&region);
}

/* TLB shootdowns that processors have taken, of all of them. */
static long shootdowns(void)
{
	FILE *interrupts = fopen("/proc/interrupts", "r");
	char line[4096], *at, *end;
	long sum = -1;

	check(interrupts != NULL);
	while (sum < 0 && fgets(line, sizeof(line), interrupts)) {
		at = strstr(line, "TLB:");
		if (!at)
			continue;
		sum = 0;
		for (at += 4;; at = end) {
			long value = strtol(at, &end, 10);

			if (end == at)
				break;
			sum += value;
		}
	}
	fclose(interrupts);
	if (sum < 0)
		skip_because("/proc/interrupts counts no TLB shootdowns");
	return sum;
}

static void run_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		skip_because("no processor %d: %s", processor, strerror(errno));
}

struct spinner {
	const struct region *region;
	AO_t turns;
	AO_t end;
};

static void *spin(void *arg)
{
	struct spinner *spinner = arg;

	run_on(1);
	while (!AO_load(&spinner->end)) {
		region_read(spinner->region, 0, 1);
		AO_fetch_and_add1(&spinner->turns);
	}
	return NULL;
}

/* It is on its processor, and in user mode. */
static void wait_for(const struct spinner *spinner)
{
	AO_t before = AO_load(&spinner->turns);

	while (AO_load(&spinner->turns) < before + 100)
		sched_yield();
}

static void interruptions(unsigned kind)
{
	struct spinner spinner = {.turns = 0};
	struct region region;
	pthread_t thread;

	region_need_helpers("a harvest flushes for every page table");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip_because("there is no second processor");
	region_open(&region, kind, PAGES);
	region_settle(&region);
	spinner.region = &region;
	run_on(0);
	check_int(pthread_create(&thread, NULL, spin, &spinner), 0);
	wait_for(&spinner);
	/* The first look maps memory and unmaps it, which counts. */
	shootdowns();
	for (size_t pages = 1; pages <= PAGES; pages *= 8) {
		long before, taken;

		region_write(&region, 0, pages);
		wait_for(&spinner);
		before = shootdowns();
		check_int(region_harvest(&region), pages);
		taken = shootdowns() - before;
		note("%zu pages: %ld shootdowns", pages, taken);
		/* The other processor has the entries, or this would say nothing. */
		check(taken >= 1);
		check(taken <= 2);
	}
	AO_store(&spinner.end, 1);
	check_int(pthread_join(thread, NULL), 0);
	region_close(&region);
}

#define WITHOUT_A_READER(text, run)                                                        \
	{"dirty: " text, run, REGION_DIRTY}, {"wp: " text, run, REGION_WP},                \
		{"sync: " text, run, REGION_SYNC},                                         \
	{                                                                                  \
		"logged: " text, run, REGION_LOGGED                                        \
	}

static const struct moded_case cases[] = {
	WITHOUT_A_READER("as many faults as first writes, or none", faults),
	IN_EACH_KIND("no fault for reads", reads),
	IN_EACH_KIND("two shootdowns for a harvest, at most", interruptions),
};

REGION_MAIN("counts", cases)

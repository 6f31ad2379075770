/* SPDX-License-Identifier: MIT */
/*
 * advice.c - madvise(2) of every kind, taken or refused, loses no write and no content.
 *
 * MADV_HWPOISON, which takes memory from the machine for good, only in a guest.
 */
#include <atomic_ops.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"

#define PAGES 64

/* That this C library's headers may not have. */
#define ADVICE_COLLAPSE	     25
#define ADVICE_GUARD_INSTALL 102
#define ADVICE_GUARD_REMOVE  103

static const struct advice {
	const char *name;
	int advice;
} advices[] = {
	{"MADV_NORMAL", MADV_NORMAL},
	{"MADV_RANDOM", MADV_RANDOM},
	{"MADV_SEQUENTIAL", MADV_SEQUENTIAL},
	{"MADV_WILLNEED", MADV_WILLNEED},
	{"MADV_DONTNEED", MADV_DONTNEED},
	{"MADV_FREE", MADV_FREE},
	{"MADV_REMOVE", MADV_REMOVE},
	{"MADV_DONTFORK", MADV_DONTFORK},
	{"MADV_DOFORK", MADV_DOFORK},
	{"MADV_MERGEABLE", MADV_MERGEABLE},
	{"MADV_UNMERGEABLE", MADV_UNMERGEABLE},
	{"MADV_HUGEPAGE", MADV_HUGEPAGE},
	{"MADV_NOHUGEPAGE", MADV_NOHUGEPAGE},
	{"MADV_DONTDUMP", MADV_DONTDUMP},
	{"MADV_DODUMP", MADV_DODUMP},
	{"MADV_WIPEONFORK", MADV_WIPEONFORK},
	{"MADV_KEEPONFORK", MADV_KEEPONFORK},
	{"MADV_COLD", MADV_COLD},
	{"MADV_PAGEOUT", MADV_PAGEOUT},
	{"MADV_POPULATE_READ", MADV_POPULATE_READ},
	{"MADV_POPULATE_WRITE", MADV_POPULATE_WRITE},
	{"MADV_DONTNEED_LOCKED", MADV_DONTNEED_LOCKED},
	{"MADV_COLLAPSE", ADVICE_COLLAPSE},
};

#define ADVICES (sizeof(advices) / sizeof(advices[0]))

static void must_have(const struct region *region, const unsigned char *expected)
{
	for (size_t i = 0; i < region->pages; i++)
		check_int(*region_page(region, i), expected[i]);
}

static void must_find(const struct region *region, const struct advice *advice, size_t page)
{
	if (!region_found(region, page))
		note("%s: page %zu was not found", advice->name, page);
	check(region_found(region, page));
}

/* Written before it, written after it, and written both before and after. */
static void advise(const struct region *region, const struct advice *advice)
{
	unsigned char expected[PAGES];
	size_t found;

	region_harvest(region);
	for (size_t i = 0; i < PAGES; i++)
		expected[i] = *region_page(region, i);
	region_write(region, 10, 2);
	madvise(region->base, PAGES * region->page, advice->advice);
	region_write(region, 11, 2);
	expected[10]++;
	expected[11] += 2;
	expected[12]++;
	must_have(region, expected);
	found = region_harvest(region);
	for (size_t i = 10; i < 13; i++)
		must_find(region, advice, i);
	/* No page is written by advice, but to be had for writing is what one of them
	 * wants. */
	if (found != 3)
		note("%s: %zu pages were found", advice->name, found);
	check(found == 3 || advice->advice == MADV_POPULATE_WRITE);
}

static void one_after_the_other(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	for (size_t i = 0; i < ADVICES; i++)
		advise(&region, &advices[i]);
	region_must_work(&region, 0, PAGES);
	region_close(&region);
}

/* The same where no page is there yet. */
static void on_nothing(unsigned kind)
{
	struct region region;

	for (size_t i = 0; i < ADVICES; i++) {
		region_open(&region, kind, PAGES);
		madvise(region.base, PAGES * region.page, advices[i].advice);
		check_int(*region_page(&region, 20), 0);
		region_write(&region, 21, 1);
		region_harvest(&region);
		must_find(&region, &advices[i], 21);
		region_must_work(&region, 20, 2);
		region_close(&region);
	}
}

/* Pages behind a guard cannot be touched, and are as they were when it is gone. */
static void guarded(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, 10, 2);
	madvise(region_page(&region, 10), region.page, ADVICE_GUARD_INSTALL);
	region_must_find_only(&region, 10, 2);
	madvise(region_page(&region, 10), region.page, ADVICE_GUARD_REMOVE);
	check_int(*region_page(&region, 10), 2);
	region_must_work(&region, 9, 4);
	region_close(&region);
}

/* Entries are dropped again and again while pages are dirty: what they knew is kept. */
static void dropped_while_dirty(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	for (size_t i = 0; i < PAGES; i++) {
		region_write(&region, i, 1);
		check_int(madvise(region.base, PAGES * region.page, MADV_DONTNEED), 0);
	}
	region_must_find_only(&region, 0, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		check_int(*region_page(&region, i), 2);
	check_int(region_harvest(&region), 0);
	region_close(&region);
}

/*
 * The first page of a region is written to until a harvest has returned, and once more
 * then: that write is the next harvest's, though entries are dropped all the time, and the
 * processor that writes is told later than the harvest.
 */
struct meanwhile {
	struct region region;
	AO_t has_returned, end;
};

/* Others are dirty too, so that it takes a while. */
static void *drop_until_end(void *arg)
{
	struct meanwhile *meanwhile = arg;
	const struct region *region = &meanwhile->region;

	while (!AO_load_acquire(&meanwhile->end)) {
		region_write(region, 1, PAGES - 1);
		check_int(madvise(region->base, PAGES * region->page, MADV_DONTNEED), 0);
	}
	return NULL;
}

static void *write_once_more(void *arg)
{
	struct meanwhile *meanwhile = arg;
	volatile unsigned char *byte = meanwhile->region.base;

	while (!AO_load_acquire(&meanwhile->has_returned))
		*byte = 1;
	*byte = 2;
	return NULL;
}

static void harvest_meanwhile(struct meanwhile *meanwhile)
{
	pthread_t writer, dropper;

	meanwhile->has_returned = meanwhile->end = 0;
	check_int(pthread_create(&writer, NULL, write_once_more, meanwhile), 0);
	check_int(pthread_create(&dropper, NULL, drop_until_end, meanwhile), 0);
	usleep(1000);
	region_harvest(&meanwhile->region);
	AO_store_release(&meanwhile->has_returned, 1);
	check_int(pthread_join(writer, NULL), 0);
	AO_store_release(&meanwhile->end, 1);
	check_int(pthread_join(dropper, NULL), 0);
	region_must_find(&meanwhile->region, 0, 1);
}

static void drop_meanwhile(void *arg)
{
	unsigned kind = *(const unsigned *)arg;
	/* Only with delays is the window wide enough to be met, and not each time. */
	int rounds =
		kind == REGION_DIRTY && module_parameter("test_delay_us") >= 0 ? 100 : 10;
	struct meanwhile meanwhile;

	region_open(&meanwhile.region, kind, PAGES);
	for (int i = 0; i < rounds; i++)
		harvest_meanwhile(&meanwhile);
	region_close(&meanwhile.region);
}

static void dropped_meanwhile(unsigned kind)
{
	close(region_device());
	/* Otherwise that write is a fault, and no delay lets it get through. */
	if (kind == REGION_DIRTY)
		with_delays(drop_meanwhile, &kind);
	else
		child_run(drop_meanwhile, &kind);
}

static void use_pipe_as_source(const unsigned char *page, ssize_t expected)
{
	int fds[2];

	check_int(pipe2(fds, O_CLOEXEC), 0);
	check_int(write(fds[1], page, 1), expected);
	if (expected < 0)
		check_int(errno, EFAULT);
	close(fds[0]);
	close(fds[1]);
}

/* Memory that a machine check has found to be bad: gone, and nothing else is. */
static void poisoned(unsigned kind)
{
	struct region region;

	if (!getenv("PGB_TEST_GUEST"))
		skip_because("this machine would lose memory until it is restarted");
	region_open(&region, kind, PAGES);
	region_settle(&region);
	use_pipe_as_source(region_page(&region, 10), 1);
	/* It says that the page could not be taken out of use, having marked it. */
	if (madvise(region_page(&region, 10), region.page, MADV_HWPOISON) &&
	    errno == EINVAL)
		skip_because("this kernel does not know of bad memory");
	check_int(madvise(region.base, PAGES * region.page, MADV_DONTNEED), 0);
	for (int i = 0; i < 2; i++)
		use_pipe_as_source(region_page(&region, 10), -1);
	region_write(&region, 9, 1);
	/* Linux 6.1 keeps a reference, so that it passes for pinned. */
	region_must_find(&region, 9, 1);
	check_int(region_discard(&region, 10, 1), 0);
	check_int(*region_page(&region, 10), 0);
	region_must_find(&region, 10, 1);
	region_must_work(&region, 8, 4);
	region_close(&region);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("every advice", one_after_the_other),
	IN_EACH_KIND("every advice, before there are pages", on_nothing),
	IN_EACH_KIND("guards", guarded),
	IN_EACH_KIND("MADV_DONTNEED while dirty", dropped_while_dirty),
	IN_EACH_KIND("MADV_DONTNEED beside a harvest", dropped_meanwhile),
	IN_EACH_KIND("MADV_HWPOISON", poisoned),
};

REGION_MAIN("advice", cases)

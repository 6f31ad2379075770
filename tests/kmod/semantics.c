/* SPDX-License-Identifier: MIT */
/* semantics.c - what a region is, and what a harvest of it says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "region.h"

/* The bitmap's third word is not full. */
#define PAGES 150

static void zeros(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	for (size_t i = 0; i < PAGES * region.page; i++)
		check_int(region.base[i], 0);
	region_close(&region);
}

static void reads(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_read(&region, 0, PAGES);
	check_int(region_harvest(&region), 0);
	region_settle(&region);
	region_read(&region, 0, PAGES);
	check_int(region_harvest(&region), 0);
	region_close(&region);
}

static void writes(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	/* Pages that were not there, and then pages that were. */
	region_must_work(&region, 60, 10);
	region_must_work(&region, 60, 10);
	/* A page read first, and the last byte of one. */
	region_read(&region, 80, 1);
	region_write(&region, 80, 1);
	region_must_find_only(&region, 80, 1);
	region_page(&region, 81)[region.page - 1] = 1;
	region_must_find_only(&region, 81, 1);
	check_int(region_page(&region, 81)[region.page - 1], 1);
	region_close(&region);
}

static void across_a_boundary(unsigned kind)
{
	struct region region;
	uint64_t value = 0x0123456789abcdefu;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	memcpy(region_page(&region, 64) - 3, &value, sizeof(value));
	region_must_find_only(&region, 63, 2);
	check(!memcmp(region_page(&region, 64) - 3, &value, sizeof(value)));
	region_close(&region);
}

static void partial(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, 3, 1);
	region_write(&region, 130, 1);
	check_int(region_harvest_part(&region, 2, 100), 1);
	check(region_found(&region, 3));
	check_int(region_harvest_part(&region, 2, 100), 0);
	check_int(region_harvest_part(&region, 102, PAGES - 102), 1);
	check(region_found(&region, 130));
	check_int(region_harvest(&region), 0);
	/* At each border of a part, within a word and between two. */
	region_write(&region, 60, 10);
	check_int(region_harvest_part(&region, 61, 2), 2);
	check_int(region_harvest_part(&region, 63, 2), 2);
	check_int(region_harvest_part(&region, 65, 4), 4);
	region_must_find(&region, 60, 1);
	check(region_found(&region, 69));
	check_int(region_harvest(&region), 0);
	region_close(&region);
}

/* A cycle is a page's own. */
static void other_words_stay(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, 5, 1);
	region_write(&region, 140, 1);
	region_must_find(&region, 5, 1);
	region_write(&region, 70, 1);
	check_int(region_harvest_part(&region, 64, 64), 1);
	check(region_found(&region, 5));
	check(region_found(&region, 70));
	check(region_found(&region, 140));
	region_close(&region);
}

static void discarded(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	check_int(region_discard(&region, 20, 3), 0);
	region_must_find_only(&region, 20, 3);
	for (size_t i = 0; i < 3 * region.page; i++)
		check_int(region_page(&region, 20)[i], 0);
	check_int(*region_page(&region, 19), 1);
	check_int(*region_page(&region, 23), 1);
	check_int(region_harvest(&region), 0);
	region_must_work(&region, 19, 5);
	region_close(&region);
}

/* What was written to a page that is gone is not lost, and what comes after it is not
 * either. */
static void discarded_while_dirty(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, 30, 2);
	check_int(region_discard(&region, 30, 1), 0);
	region_write(&region, 30, 1);
	check_int(*region_page(&region, 30), 1);
	region_must_find_only(&region, 30, 2);
	check_int(region_harvest(&region), 0);
	region_close(&region);
}

/* No page of a large region but those that are used costs anything, or is reported. */
static void sparse(unsigned kind)
{
	const size_t pages = 1 << 16;
	struct region region;

	region_open(&region, kind, pages);
	for (size_t i = 1; i < pages; i *= 3)
		region_write(&region, i, 1);
	check_int(region_harvest(&region), 11);
	for (size_t i = 1; i < pages; i *= 3)
		check(region_found(&region, i));
	check_int(region_harvest(&region), 0);
	region_write(&region, pages - 1, 1);
	region_must_find_only(&region, pages - 1, 1);
	region_close(&region);
}

static void regions_are_apart(unsigned kind)
{
	struct region one, other;

	region_open(&one, kind, PAGES);
	region_open(&other, kind, PAGES);
	region_settle(&one);
	region_settle(&other);
	region_write(&one, 7, 1);
	check_int(region_harvest(&other), 0);
	check_int(*region_page(&other, 7), 1);
	region_must_find_only(&one, 7, 1);
	region_close(&one);
	region_must_work(&other, 7, 2);
	region_close(&other);
}

/* What a caller does not get to know is not lost. */
static void untold(unsigned kind)
{
	struct pgbarrier_harvest *harvest;
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	harvest = mmap(NULL, region.page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(harvest != MAP_FAILED);
	harvest->len = PAGES * region.page;
	check_int(mprotect(harvest, region.page, PROT_READ), 0);
	region_write(&region, 60, 10);
	check_int(region_call(region.fd, PGBARRIER_IOC_HARVEST, harvest), -EFAULT);
	region_must_find_only(&region, 60, 10);
	check_int(region_harvest(&region), 0);
	region_must_work(&region, 60, 10);
	check_int(munmap(harvest, region.page), 0);
	region_close(&region);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("pages are zeros", zeros),
	IN_EACH_KIND("reads are not reported", reads),
	IN_EACH_KIND("writes are reported, once", writes),
	IN_EACH_KIND("a write to two pages", across_a_boundary),
	IN_EACH_KIND("harvests of parts", partial),
	IN_EACH_KIND("a harvest whose answer cannot be written", untold),
	IN_EACH_KIND("words of other parts stay", other_words_stay),
	IN_EACH_KIND("discarded pages are zeros, and reported", discarded),
	IN_EACH_KIND("discarded while dirty", discarded_while_dirty),
	IN_EACH_KIND("a large region with few pages", sparse),
	IN_EACH_KIND("regions have nothing to do with each other", regions_are_apart),
};

REGION_MAIN("semantics", cases)

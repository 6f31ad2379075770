/* SPDX-License-Identifier: MIT */
/*
 * appel_li_bare.c - mprotect(2) and a handler of SIGSEGV as Appel and Li's operations, and
 * a second mapping as the last of them.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "appel_li.h"
#include "bare.h"
#include "os/memory.h"

static int protect_all(struct pages *pages)
{
	size_t found;

	(void)pages;
	return bare_harvest(&found);
}

static int begin(struct pages *pages)
{
	int err = bare_begin(pages->region.start, pages->region.bytes);

	if (err)
		return err;
	if (pages->also_protect)
		bare_handle(BARE_ALSO_PROTECTS);
	err = protect_all(pages);
	if (err)
		bare_end();
	return err;
}

static void end(struct pages *pages)
{
	(void)pages;
	bare_end();
}

/* One write that traps as often as there are pages, and is let through at the last. */
static int time_trap(struct pages *pages, struct stopwatch *watch)
{
	_Static_assert(BARE_RETURNS_N + 1 == APPEL_LI_PAGES, "a trap for each page");
	bare_handle(BARE_RETURNS);
	stopwatch_start(watch);
	region_write(&pages->region, pages->order[0], pgb_page_size());
	stopwatch_stop(watch);
	return 0;
}

static int protect_page(struct pages *pages, size_t page)
{
	(void)pages;
	return bare_protect(page);
}

static int unprotect_page(struct pages *pages, size_t page)
{
	(void)pages;
	return bare_unprotect(page);
}

const struct mechanism bare_mechanism = {
	.begin = begin,
	.end = end,
	.protect_all = protect_all,
	.protect_page = protect_page,
	.unprotect_page = unprotect_page,
	.can_also_protect = true,
	.time = {[TRAP] = time_trap},
	.why_not =
		{
			[DIRTY] = "its handler hears of each page, and keeps the list",
			[MAP2] = "it is the same without protection: see none",
		},
};

/* Map each page a second time, read-only, read it there and unmap it. */
static int time_second_mapping(int memfd, size_t page_size, struct stopwatch *watch)
{
	int err = 0;

	stopwatch_start(watch);
	for (off_t i = 0; !err && i < APPEL_LI_PAGES; i++) {
		volatile char *second = mmap(NULL, page_size, PROT_READ, MAP_SHARED, memfd,
					     i * (off_t)page_size);

		if (second == MAP_FAILED)
			return -errno;
		err = *second == 1 ? 0 : -EIO;
		munmap((void *)second, page_size);
	}
	stopwatch_stop(watch);
	return err;
}

static int time_map2(struct pages *pages, struct stopwatch *watch)
{
	size_t page_size = pgb_page_size();
	int memfd = memfd_create("pages", MFD_CLOEXEC);
	char *first = MAP_FAILED;
	int err = -ENOMEM;

	(void)pages;
	if (memfd < 0)
		return -errno;
	if (!ftruncate(memfd, (off_t)(APPEL_LI_PAGES * page_size)))
		first = mmap(NULL, APPEL_LI_PAGES * page_size, PROT_READ | PROT_WRITE,
			     MAP_SHARED, memfd, 0);
	if (first != MAP_FAILED) {
		for (size_t i = 0; i < APPEL_LI_PAGES; i++)
			first[i * page_size] = 1;
		err = time_second_mapping(memfd, page_size, watch);
		munmap(first, APPEL_LI_PAGES * page_size);
	}
	close(memfd);
	return err;
}

const struct mechanism second_mapping = {.time = {[MAP2] = time_map2}};

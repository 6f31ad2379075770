/* SPDX-License-Identifier: MIT */
/* mappings.c - what programs do with mappings of a region: none of it loses a write. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "region.h"

#define PAGES 150

static void second_mapping(unsigned kind)
{
	struct region region;
	unsigned char *other;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	other = region_map_part(&region, 33, 7);
	check_int(other[0], 1);
	other[0] = 2;
	other[6 * region.page] = 3;
	check_int(*region_page(&region, 33), 2);
	check_int(*region_page(&region, 39), 3);
	check_int(region_harvest(&region), 2);
	check(region_found(&region, 33) && region_found(&region, 39));
	/* Written by both in one cycle, and by each in the next. */
	other[region.page]++;
	region_write(&region, 34, 1);
	region_must_find_only(&region, 34, 1);
	other[region.page]++;
	region_must_find_only(&region, 34, 1);
	region_write(&region, 34, 1);
	region_must_find_only(&region, 34, 1);
	/* What the mapping was used for outlives it. */
	other[2 * region.page]++;
	check_int(munmap(other, 7 * region.page), 0);
	region_must_find_only(&region, 35, 1);
	region_must_work(&region, 33, 7);
	region_close(&region);
}

static void moved(unsigned kind)
{
	struct region region;
	unsigned char *place, *other;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	other = region_map_part(&region, 64, 4);
	region_write(&region, 64, 1);
	other[region.page]++;
	place = mmap(NULL, 4 * region.page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(place != MAP_FAILED);
	check(mremap(other, 4 * region.page, 4 * region.page, MREMAP_MAYMOVE | MREMAP_FIXED,
		     place) == place);
	place[2 * region.page]++;
	region_must_find_only(&region, 64, 3);
	place[2 * region.page]++;
	place[3 * region.page]++;
	region_must_find_only(&region, 66, 2);
	/* It does not grow, and shrinks as any other. */
	check(mremap(place, 4 * region.page, 8 * region.page, MREMAP_MAYMOVE) ==
	      MAP_FAILED);
	check(mremap(place, 4 * region.page, 2 * region.page, 0) == place);
	place[region.page]++;
	region_must_find_only(&region, 65, 1);
	check_int(munmap(place, 2 * region.page), 0);
	region_close(&region);
}

/* mremap() with an old size of 0 makes a second mapping. */
static void doubled(unsigned kind)
{
	struct region region;
	unsigned char *other;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	other = mremap(region_page(&region, 8), 0, 4 * region.page, MREMAP_MAYMOVE);
	if (other != MAP_FAILED) {
		*other = 9;
		check_int(*region_page(&region, 8), 9);
		region_must_find_only(&region, 8, 1);
		check_int(munmap(other, 4 * region.page), 0);
	}
	region_must_work(&region, 8, 4);
	region_close(&region);
}

static void unmapped_in_part(unsigned kind)
{
	struct region region;
	unsigned char *other;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	other = region_map_part(&region, 0, PAGES);
	for (size_t i = 40; i < 50; i++)
		other[i * region.page]++;
	check_int(munmap(other + 42 * region.page, 3 * region.page), 0);
	other[41 * region.page]++;
	other[45 * region.page]++;
	region_must_find_only(&region, 40, 10);
	other[41 * region.page]++;
	region_must_find_only(&region, 41, 1);
	other[45 * region.page]++;
	region_must_find_only(&region, 45, 1);
	check_int(munmap(other, 42 * region.page), 0);
	check_int(munmap(other + 45 * region.page, (PAGES - 45) * region.page), 0);
	region_close(&region);
}

/* Unmapped and mapped again: the pages and their account are the region's. */
static void mapped_again(unsigned kind)
{
	struct region region;
	unsigned char *again;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	region_write(&region, 20, 1);
	check_int(munmap(region.base, PAGES * region.page), 0);
	again = mmap(region.base, PAGES * region.page, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, region.fd, 0);
	check(again == region.base);
	check_int(*region_page(&region, 20), 2);
	region_write(&region, 22, 1);
	check_int(region_harvest(&region), 2);
	check(region_found(&region, 20) && region_found(&region, 22));
	region_must_work(&region, 20, 3);
	region_close(&region);
}

/*
 * The kernel gives write access back without a fault to an entry that is dirty
 * (can_change_pte_writable()), which is why a harvest leaves none.
 */
static void protected_and_back(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ), 0);
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ | PROT_WRITE), 0);
	region_write(&region, 0, PAGES);
	region_must_find_only(&region, 0, PAGES);
	/* Dirty when it loses its write access. */
	region_write(&region, 50, 2);
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ), 0);
	region_must_find_only(&region, 50, 2);
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ | PROT_WRITE), 0);
	region_must_work(&region, 49, 4);
	/* And no access at all. */
	region_write(&region, 60, 1);
	check_int(mprotect(region.base, PAGES * region.page, PROT_NONE), 0);
	region_must_find_only(&region, 60, 1);
	check_int(mprotect(region.base, PAGES * region.page, PROT_READ | PROT_WRITE), 0);
	region_must_work(&region, 59, 3);
	region_close(&region);
}

static void without_write_access(unsigned kind)
{
	struct region region;
	unsigned char *other;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	other = mmap(NULL, 4 * region.page, PROT_READ, MAP_SHARED, region.fd,
		     (off_t)(4 * region.page));
	check(other != MAP_FAILED);
	check_int(other[0], 1);
	check_int(region_harvest(&region), 0);
	check_int(mprotect(other, 4 * region.page, PROT_READ | PROT_WRITE), 0);
	other[region.page]++;
	region_must_find_only(&region, 5, 1);
	check_int(munmap(other, 4 * region.page), 0);
	region_close(&region);
}

static void populated(unsigned kind)
{
	struct region region;
	unsigned char *other;

	region_open(&region, kind, PAGES);
	other = mmap(NULL, 8 * region.page, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, region.fd, 0);
	check(other != MAP_FAILED);
	region_harvest(&region);
	other[region.page]++;
	region_must_find_only(&region, 1, 1);
	check_int(munmap(other, 8 * region.page), 0);
	region_close(&region);
}

static void locked(unsigned kind)
{
	struct region region;

	region_open(&region, kind, PAGES);
	region_write(&region, 2, 2);
	check_int(mlock(region.base, PAGES * region.page), 0);
	region_must_find(&region, 2, 2);
	region_must_work(&region, 0, 8);
	check_int(munlock(region.base, PAGES * region.page), 0);
	region_must_work(&region, 0, 8);
	check_int(mlock2(region.base, PAGES * region.page, MLOCK_ONFAULT), 0);
	region_must_work(&region, 100, 8);
	region_close(&region);
}

static void touch(void *arg)
{
	++*(volatile unsigned char *)arg;
}

/* fork() leaves mappings out of the child; what it asks for in spite of that, is shared. */
static void forked(unsigned kind)
{
	struct region region;
	int status;

	region_open(&region, kind, PAGES);
	region_settle(&region);
	status = child_wait(child_start(touch, region_page(&region, 9)));
	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGSEGV);
	check_int(region_harvest(&region), 0);
	/* Later kernels (7.3) refuse that for a mapping that cannot grow. */
	if (madvise(region.base, PAGES * region.page, MADV_DOFORK)) {
		check_int(errno, EINVAL);
		region_close(&region);
		return;
	}
	child_run(touch, region_page(&region, 9));
	check_int(*region_page(&region, 9), 2);
	region_must_find_only(&region, 9, 1);
	child_run(touch, region_page(&region, 9));
	region_must_find_only(&region, 9, 1);
	region_write(&region, 9, 1);
	region_must_find_only(&region, 9, 1);
	region_close(&region);
}

static long map_errno(const struct region *region, size_t bytes, int protection, int flags,
		      uint64_t offset)
{
	void *mapped = mmap(NULL, bytes, protection, flags, region->fd, (off_t)offset);

	if (mapped == MAP_FAILED)
		return errno;
	munmap(mapped, bytes);
	return 0;
}

static void refused(unsigned mode)
{
	const int both = PROT_READ | PROT_WRITE;
	struct region region;
	size_t page;

	region_create(&region, mode, 0, PAGES);
	page = region.page;
	/* Copies would have no account. */
	check_int(map_errno(&region, page, both, MAP_PRIVATE, 0), EINVAL);
	check_int(map_errno(&region, page, PROT_READ, MAP_PRIVATE, 0), EINVAL);
	/* Past the end, across it, and between what there is. */
	check(map_errno(&region, page, both, MAP_SHARED, PAGES * page) != 0);
	check(map_errno(&region, 2 * page, both, MAP_SHARED, (PAGES - 1) * page) != 0);
	check(map_errno(&region, (PAGES + 1) * page, both, MAP_SHARED, 0) != 0);
	check(map_errno(&region, page, PROT_READ, MAP_SHARED,
			PGBARRIER_OFFSET_HARVEST - page) != 0);
	check(map_errno(&region, region.bitmap_bytes + page, PROT_READ, MAP_SHARED,
			PGBARRIER_OFFSET_HARVEST) != 0);
	check(map_errno(&region, page, PROT_READ, MAP_SHARED,
			PGBARRIER_OFFSET_HARVEST + region.bitmap_bytes) != 0);
	/* There is no log. */
	check(map_errno(&region, page, PROT_READ, MAP_SHARED, PGBARRIER_OFFSET_LOG) != 0);
	check_int(map_errno(&region, page, both, MAP_SHARED, 1), EINVAL);
	check_int(map_errno(&region, page, both, MAP_SHARED, 0), 0);
	region_close(&region);
}

static void bitmap_is_read_only(unsigned mode)
{
	struct region region;
	int status;

	region_create(&region, mode, 0, PAGES);
	check(map_errno(&region, region.page, PROT_READ | PROT_WRITE, MAP_SHARED,
			PGBARRIER_OFFSET_HARVEST) != 0);
	check(map_errno(&region, region.page, PROT_WRITE, MAP_SHARED,
			PGBARRIER_OFFSET_HARVEST) != 0);
	check_int(mprotect((void *)region.found, region.page, PROT_READ | PROT_WRITE), -1);
	check_int(errno, EACCES);
	status = child_wait(child_start(touch, (void *)region.found));
	check(WIFSIGNALED(status));
	region_close(&region);
}

/* /proc/self/mem writes where the program may not, but not into the harvest. */
static void bitmap_is_not_forced(unsigned mode)
{
	struct region region;
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	uint64_t ones = UINT64_MAX;

	check(fd >= 0);
	region_create(&region, mode, 0, PAGES);
	check(pwrite(fd, &ones, sizeof(ones), (off_t)(uintptr_t)region.found) < 0);
	check_int(region.found[0], 0);
	close(fd);
	region_close(&region);
}

static void before_there_is_a_region(unsigned mode)
{
	struct region region = {.fd = region_device()};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)mode;
	check_int(map_errno(&region, page, PROT_READ, MAP_SHARED, 0), ENXIO);
	check_int(map_errno(&region, page, PROT_READ, MAP_SHARED, PGBARRIER_OFFSET_HARVEST),
		  ENXIO);
	close(region.fd);
}

static const struct moded_case cases[] = {
	IN_EACH_KIND("a second mapping of a part", second_mapping),
	IN_EACH_KIND("mremap", moved),
	IN_EACH_KIND("mremap that doubles", doubled),
	IN_EACH_KIND("munmap of a part", unmapped_in_part),
	IN_EACH_KIND("unmapped and mapped again", mapped_again),
	IN_EACH_KIND("mprotect, and back", protected_and_back),
	IN_EACH_KIND("a mapping to read gets write access", without_write_access),
	IN_EACH_KIND("MAP_POPULATE", populated),
	IN_EACH_KIND("mlock", locked),
	IN_EACH_KIND("fork", forked),
	IN_EACH_MODE("mappings that are refused", refused),
	IN_EACH_MODE("the bitmap is read-only", bitmap_is_read_only),
	IN_EACH_MODE("the bitmap is not written by force", bitmap_is_not_forced),
	{"no mapping before there is a region", before_there_is_a_region, 0},
};

REGION_MAIN("mappings", cases)

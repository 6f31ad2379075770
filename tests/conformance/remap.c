/* SPDX-License-Identifier: MIT */
/*
 * remap.c - memory that is discarded, unmapped, moved or mapped anew.
 *
 * With PGB_CAP_REMAP_SAFE this happens behind the barrier's back; on other backends the
 * memory is removed before and added after.
 */
#include <atomic_ops.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "watch.h"

#define PAGES 64

static void discarded_then_written(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(madvise(watch_page(&watch, 10), 20 * watch.page, MADV_DONTNEED), 0);
	watch_write_range(&watch, 12, 4);
	watch_write(&watch, 40);
	watch_harvest(&watch);
	watch_must_report(&watch, 12, 4);
	watch_must_report(&watch, 40, 1);
	watch_must_not_report(&watch, 0, 10);
	watch_must_not_report(&watch, 41, PAGES - 41);
	/* What is left unpopulated is watched as well. */
	watch_write(&watch, 20);
	watch_harvest(&watch);
	watch_must_report(&watch, 20, 1);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* The content has changed, though nobody wrote. */
static void discarded_is_reported(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(madvise(watch_page(&watch, 10), 20 * watch.page, MADV_DONTNEED), 0);
	watch_harvest(&watch);
	watch_must_report(&watch, 10, 20);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Where the kernel takes the page table back too, nothing is left to say what is armed. */
static void discarded_by_the_table(const struct pgb_backend_info *backend)
{
	size_t size = (size_t)2 << 20, table = size / (size_t)sysconf(_SC_PAGESIZE);
	struct watch watch;

	watch_open_aligned(&watch, backend, 3 * table, size);
	watch_arm(&watch);
	check_int(madvise(watch_page(&watch, table), size, MADV_DONTNEED), 0);
	watch_write(&watch, table + 10);
	watch_write(&watch, 2 * table + 20);
	watch_harvest(&watch);
	watch_must_report(&watch, table + 10, 1);
	watch_must_report(&watch, 2 * table + 20, 1);
	watch_must_not_report(&watch, 0, table);
	check_int(madvise(watch_page(&watch, table), size, MADV_DONTNEED), 0);
	watch_harvest(&watch);
	/* It may have been armed, and may not; what is read first is the zero page. */
	check_int(*watch_page(&watch, table + 30), 0);
	watch_write(&watch, table + 30);
	watch_write(&watch, table + 40);
	watch_harvest(&watch);
	watch_must_report(&watch, table + 30, 1);
	watch_must_report(&watch, table + 40, 1);
	watch_must_not_report(&watch, 0, table);
	watch_must_work(&watch, table - 32, 64);
	watch_close(&watch);
}

static void freed_then_written(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(madvise(watch_page(&watch, 10), 20 * watch.page, MADV_FREE), 0);
	watch_write_range(&watch, 12, 4);
	watch_harvest(&watch);
	watch_must_report(&watch, 12, 4);
	watch_must_not_report(&watch, 0, 10);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void swapped_out(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_write_range(&watch, 5, 5);
	/* Without swap the pages stay, and the case is an ordinary one. */
	madvise(watch.base, PAGES * watch.page, MADV_PAGEOUT);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 5, 5);
	watch_write(&watch, 20);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 20, 1);
	watch_close(&watch);
}

/* After a range was lost once, the barrier finds its feet within two harvests. */
static void must_recover(struct watch *watch)
{
	watch_try_harvest(watch);
	watch_try_harvest(watch);
	watch_must_work(watch, 0, watch->pages);
}

static void mapped_anew_in_the_middle(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 3);
	check_int(munmap(watch_page(&watch, 20), 10 * watch.page), 0);
	watch_map_anew(&watch, 20, 10);
	watch_write(&watch, 25);
	watch_write(&watch, 50);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_must_report(&watch, 20, 10);
	watch_must_report(&watch, 50, 1);
	/* At the very next harvest nothing is lost either. */
	watch_write(&watch, 4);
	watch_write(&watch, 26);
	watch_write(&watch, 51);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 4, 1);
	watch_must_report(&watch, 26, 1);
	watch_must_report(&watch, 51, 1);
	must_recover(&watch);
	watch_close(&watch);
}

static void mapped_anew_as_a_whole(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_map_anew(&watch, 0, PAGES);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 0, PAGES);
	watch_write(&watch, 7);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 7, 1);
	must_recover(&watch);
	watch_close(&watch);
}

/* A hole stays where memory was; what lies around it is served as before. */
static void unmapped_and_left_so(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	check_int(munmap(watch_page(&watch, 20), 10 * watch.page), 0);
	for (int round = 0; round < 3; round++) {
		watch_write(&watch, 19);
		watch_write(&watch, 30);
		watch_write(&watch, PAGES - 1);
		watch_try_harvest(&watch);
		watch_must_report(&watch, 19, 1);
		watch_must_report(&watch, 30, 1);
		watch_must_report(&watch, PAGES - 1, 1);
	}
	watch_map_anew(&watch, 20, 10);
	watch_write(&watch, 22);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 20, 10);
	must_recover(&watch);
	watch_close(&watch);
}

static void moved_away(const struct pgb_backend_info *backend)
{
	struct watch watch, elsewhere;

	watch_open(&watch, backend, PAGES);
	watch_map(&elsewhere, PAGES, watch.page);
	watch_arm(&watch);
	check(mremap(watch_page(&watch, 16), 16 * watch.page, 16 * watch.page,
		     MREMAP_MAYMOVE | MREMAP_FIXED,
		     watch_page(&elsewhere, 8)) == watch_page(&elsewhere, 8));
	/* Armed pages have to be writable in their new place. */
	watch_write_range(&elsewhere, 8, 16);
	check_int(*watch_page(&elsewhere, 8), 2);
	watch_write(&watch, 15);
	watch_write(&watch, 32);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 15, 1);
	watch_must_report(&watch, 32, 1);
	watch_remove(&watch, 16, 16);
	watch_map_anew(&watch, 16, 16);
	watch_add(&watch, 16, 16);
	must_recover(&watch);
	watch_unmap(&elsewhere);
	watch_close(&watch);
}

static void moved_into(const struct pgb_backend_info *backend)
{
	struct watch watch, elsewhere;

	watch_open(&watch, backend, PAGES);
	watch_map(&elsewhere, PAGES, watch.page);
	watch_arm(&watch);
	watch_write_range(&elsewhere, 0, PAGES);
	check(mremap(watch_page(&elsewhere, 8), 16 * watch.page, 16 * watch.page,
		     MREMAP_MAYMOVE | MREMAP_FIXED,
		     watch_page(&watch, 20)) == watch_page(&watch, 20));
	watch_write(&watch, 3);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_must_report(&watch, 20, 16);
	watch_write(&watch, 30);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 30, 1);
	must_recover(&watch);
	watch_unmap(&elsewhere);
	watch_close(&watch);
}

/* The program's own protection comes and goes. */
static void protected_and_back(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_write(&watch, 21);
	check_int(mprotect(watch_page(&watch, 20), 10 * watch.page, PROT_NONE), 0);
	watch_write(&watch, 5);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 5, 1);
	watch_must_report(&watch, 21, 1);
	check_int(mprotect(watch_page(&watch, 20), 10 * watch.page, PROT_READ | PROT_WRITE),
		  0);
	watch_write(&watch, 25);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 25, 1);
	must_recover(&watch);
	watch_close(&watch);
}

static void removed_unmapped_mapped_added(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_remove(&watch, 20, 10);
	check_int(munmap(watch_page(&watch, 20), 10 * watch.page), 0);
	watch_map_anew(&watch, 20, 10);
	watch_add(&watch, 20, 10);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 20, 10);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void removed_moved_added(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_remove(&watch, 0, 32);
	check(mremap(watch_page(&watch, 0), 8 * watch.page, 8 * watch.page,
		     MREMAP_MAYMOVE | MREMAP_FIXED,
		     watch_page(&watch, 16)) == watch_page(&watch, 16));
	watch_map_anew(&watch, 0, 8);
	watch_add(&watch, 0, 32);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 0, 32);
	check_int(*watch_page(&watch, 16), 1);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* pgb_add() over what is watched says that it was mapped anew, without a pgb_remove(). */
static void mapped_anew_and_added_again(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_map_anew(&watch, 20, 10);
	watch_write(&watch, 22);
	watch_write(&watch, 2);
	watch_add(&watch, 20, 10);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 2, 1);
	watch_must_report(&watch, 20, 10);
	must_recover(&watch);
	watch_close(&watch);
}

/* A write that was stopped at a page which is then unmapped goes on, to its SIGSEGV. */
static struct {
	struct watch *watch;
	sigjmp_buf landing;
	AO_t over, writes;
} writer;

static void land(int signal)
{
	(void)signal;
	siglongjmp(writer.landing, 1);
}

static void *write_what_comes_and_goes(void *arg)
{
	(void)arg;
	while (!AO_load(&writer.over)) {
		if (!sigsetjmp(writer.landing, 1))
			watch_write(writer.watch, PAGES / 2);
		AO_fetch_and_add1(&writer.writes);
	}
	return NULL;
}

static void unmapped_under_a_writer(const struct pgb_backend_info *backend)
{
	size_t rounds = scaled(3000);
	struct watch watch;
	pthread_t thread;

	check(signal(SIGSEGV, land) != SIG_ERR);
	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	writer.watch = &watch;
	check_int(pthread_create(&thread, NULL, write_what_comes_and_goes, NULL), 0);
	for (size_t i = 0; i < rounds; i++) {
		AO_t before = AO_load(&writer.writes);

		watch_try_harvest(&watch);
		check_int(munmap(watch_page(&watch, PAGES / 2), watch.page), 0);
		watch_map_anew(&watch, PAGES / 2, 1);
		watch_try_harvest(&watch);
		while (i % 16 == 0 && AO_load(&writer.writes) == before)
			sched_yield();
	}
	AO_store(&writer.over, 1);
	check_int(pthread_join(thread, NULL), 0);
	watch_try_harvest(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Not all of the range can be watched now, but all of it can be given up. */
static void a_file_in_the_middle(const struct pgb_backend_info *backend)
{
	struct watch watch;
	int fd;

	watch_open(&watch, backend, PAGES);
	watch_arm(&watch);
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	check(fd >= 0);
	check(mmap(watch_page(&watch, 30), watch.page, PROT_READ, MAP_PRIVATE | MAP_FIXED,
		   fd, 0) == watch_page(&watch, 30));
	close(fd);
	watch_write(&watch, 3);
	watch_try_harvest(&watch);
	watch_must_report(&watch, 3, 1);
	watch_remove(&watch, 0, PAGES);
	watch_write_range(&watch, 0, 30);
	watch_write_range(&watch, 31, PAGES - 31);
	watch_map_anew(&watch, 30, 1);
	watch_add(&watch, 0, PAGES);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"discarded, then written", discarded_then_written, 0},
	{"discarded content is reported", discarded_is_reported, PGB_CAP_REMAP_SAFE},
	{"discarded by the page table", discarded_by_the_table, PGB_CAP_ANY_MEMORY},
	{"freed lazily, then written", freed_then_written, PGB_CAP_ANY_MEMORY},
	{"swapped out", swapped_out, 0},
	{"mapped anew in the middle", mapped_anew_in_the_middle, PGB_CAP_REMAP_SAFE},
	{"mapped anew as a whole", mapped_anew_as_a_whole, PGB_CAP_REMAP_SAFE},
	{"unmapped and left so", unmapped_and_left_so, PGB_CAP_REMAP_SAFE},
	{"moved away", moved_away, PGB_CAP_REMAP_SAFE},
	{"moved into", moved_into, PGB_CAP_REMAP_SAFE},
	{"a file mapped in the middle", a_file_in_the_middle, PGB_CAP_REMAP_SAFE},
	{"unmapped under a writer", unmapped_under_a_writer, PGB_CAP_REMAP_SAFE},
	{"protected by the program and back", protected_and_back, PGB_CAP_REMAP_SAFE},
	{"removed, unmapped, mapped, added", removed_unmapped_mapped_added,
	 PGB_CAP_ANY_MEMORY},
	{"removed, moved, added", removed_moved_added, PGB_CAP_ANY_MEMORY},
	{"mapped anew and added again", mapped_anew_and_added_again, 0},
};

CONFORMANCE_MAIN("remap", cases)

/* SPDX-License-Identifier: MIT */
/* os.c - tests of src/os: what the kernel does, through our wrappers. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "os/descriptor.h"
#include "os/inject.h"
#include "os/kernel.h"
#include "os/memory.h"
#include "os/pagemap.h"
#include "os/peek.h"
#include "os/uapi.h"
#include "os/userfaultfd.h"
#include "os/vmas.h"

#define PAGES 2000

static void memory(void **state)
{
	size_t size = 10 * pgb_page_size();
	unsigned char *memory = pgb_memory_map(size);

	(void)state;
	assert_non_null(memory);
	assert_int_equal((uintptr_t)memory % pgb_page_size(), 0);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(memory[i], 0);
	memset(memory, 1, size);
	pgb_memory_unmap(memory, size);
	assert_int_equal(madvise(memory, size, MADV_NORMAL), -1);
	assert_int_equal(errno, ENOMEM);
	pgb_memory_unmap(NULL, size);
	assert_null(pgb_memory_map((size_t)1 << 62));
}

static void peeks_as_far_as_it_can(void **state)
{
	size_t page = pgb_page_size();
	unsigned char *memory = pgb_memory_map(4 * page), *copy = malloc(4 * page);
	uintptr_t start = (uintptr_t)memory;

	(void)state;
	assert_non_null(memory);
	assert_non_null(copy);
	memset(memory, 7, page);
	memset(copy, 1, 4 * page);
	assert_int_equal(pgb_peek(start, copy, 4 * page), 4 * page);
	assert_memory_equal(copy, memory, 4 * page);
	assert_int_equal(mprotect(memory + 2 * page, page, PROT_NONE), 0);
	assert_int_equal(pgb_peek(start, copy, 4 * page), 2 * page);
	assert_int_equal(pgb_peek(start + 2 * page, copy, page), 0);
	assert_int_equal(pgb_peek(start + 3 * page, copy, page), page);
	pgb_memory_unmap(memory, 4 * page);
	assert_int_equal(pgb_peek(start, copy, 4 * page), 0);
	free(copy);
}

/* What a child finds: 0 if `wiped` is zero and `kept` is not. */
static int in_a_child(const unsigned char *wiped, const unsigned char *kept)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(wiped[0] == 0 && kept[0] == 5 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void memory_wiped_on_fork(void **state)
{
	size_t size = pgb_page_size();
	unsigned char *wiped = pgb_memory_map_wiped_on_fork(size);
	unsigned char *kept = pgb_memory_map(size);

	(void)state;
	assert_non_null(wiped);
	assert_non_null(kept);
	wiped[0] = kept[0] = 5;
	assert_int_equal(in_a_child(wiped, kept), 0);
	assert_int_equal(wiped[0], 5);
	pgb_memory_unmap(wiped, size);
	pgb_memory_unmap(kept, size);
}

static void descriptor(void **state)
{
	struct pgb_descriptor descriptor = PGB_DESCRIPTOR_NONE;
	int low = open("/dev/null", O_RDONLY | O_CLOEXEC), high;

	(void)state;
	assert_false(pgb_descriptor_is_ours(&descriptor));
	pgb_descriptor_close(&descriptor);
	assert_int_equal(pgb_descriptor_adopt(&descriptor, low), 0);
	assert_true(pgb_descriptor_is_ours(&descriptor));
	high = descriptor.fd;
	assert_true(fcntl(high, F_GETFD) & FD_CLOEXEC);
	/* The low number is free again. */
	assert_true(high == low || fcntl(low, F_GETFD) < 0);
	pgb_descriptor_close(&descriptor);
	assert_int_equal(descriptor.fd, -1);
	assert_int_equal(fcntl(high, F_GETFD), -1);
}

static void descriptor_of_nothing(void **state)
{
	struct pgb_descriptor descriptor = PGB_DESCRIPTOR_NONE;

	(void)state;
	assert_int_equal(pgb_descriptor_adopt(&descriptor, -1), -EBADF);
	assert_int_equal(descriptor.fd, -1);
}

/* Closed by somebody else, and the number given to another file: that one stays open. */
static void descriptor_taken_away(void **state)
{
	struct pgb_descriptor descriptor;
	int number, other;

	(void)state;
	assert_int_equal(pgb_descriptor_adopt(&descriptor, open("/dev/null", O_RDONLY)), 0);
	number = descriptor.fd;
	close(number);
	assert_false(pgb_descriptor_is_ours(&descriptor));
	assert_true(pgb_descriptor_is_lost(&descriptor));
	other = open("/dev/zero", O_RDONLY);
	assert_int_equal(dup2(other, number), number);
	assert_false(pgb_descriptor_is_ours(&descriptor));
	pgb_descriptor_close(&descriptor);
	assert_int_equal(descriptor.fd, -1);
	assert_true(fcntl(number, F_GETFD) >= 0);
	close(number);
	if (other != number)
		close(other);
}

static void descriptor_under_a_low_limit(void **state)
{
	struct pgb_descriptor descriptor;
	struct rlimit saved, low;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &saved), 0);
	low = saved;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(pgb_descriptor_adopt(&descriptor, open("/dev/null", O_RDONLY)), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &saved), 0);
	assert_true(descriptor.fd < 64);
	assert_true(pgb_descriptor_is_ours(&descriptor));
	pgb_descriptor_close(&descriptor);
}

static void mappings(void **state)
{
	uint64_t before = pgb_vmas_count();
	size_t page = pgb_page_size();
	char *memory = mmap(NULL, 101 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(before > 3);
	assert_ptr_not_equal(memory, MAP_FAILED);
	for (size_t i = 1; i < 101; i += 2)
		assert_int_equal(mprotect(memory + i * page, page, PROT_NONE), 0);
	assert_in_range(pgb_vmas_count(), before + 99, before + 103);
	munmap(memory, 101 * page);
	assert_in_range(pgb_vmas_count(), before - 1, before + 1);
}

/* What is to be visited next. */
struct expected {
	uintptr_t start, page;
	size_t visited;
};

static bool expect_vma(void *arg, uintptr_t start, uintptr_t end, bool shared)
{
	struct expected *expected = arg;
	uintptr_t size = expected->visited ? 2 : 1;

	assert_int_equal(start, expected->start);
	assert_int_equal(end, start + size * expected->page);
	assert_int_equal(shared, expected->visited == 1);
	expected->start = end + (expected->visited == 2 ? expected->page : 0);
	return ++expected->visited < 4;
}

/* Private, shared, private, nothing, private: each two pages, cut at both ends. */
static void visiting_mappings(void **state)
{
	size_t page = pgb_page_size();
	char *memory = mmap(NULL, 10 * page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct expected expected = {(uintptr_t)memory + page, page, 0};

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	assert_ptr_not_equal(mmap(memory + 2 * page, 2 * page, PROT_READ,
				  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			     MAP_FAILED);
	assert_int_equal(mprotect(memory + 4 * page, 2 * page, PROT_NONE), 0);
	assert_int_equal(munmap(memory + 6 * page, page), 0);
	assert_int_equal(pgb_vmas_visit((uintptr_t)memory + page,
					(uintptr_t)memory + 9 * page, expect_vma,
					&expected),
			 0);
	assert_int_equal(expected.visited, 4);
	munmap(memory, 10 * page);
}

static void discarding(void **state)
{
	size_t page = pgb_page_size();
	unsigned char *memory = pgb_memory_map(4 * page);
	uintptr_t start = (uintptr_t)memory;

	(void)state;
	assert_non_null(memory);
	memset(memory, 1, 4 * page);
	assert_int_equal(pgb_memory_discard(start, start + page), 0);
	assert_int_equal(memory[0], 0);
	assert_int_equal(memory[page], 1);
	if (!mlock(memory + 2 * page, page)) {
		assert_int_equal(pgb_memory_discard(start, start + 3 * page), 0);
		assert_int_equal(memory[2 * page], 0);
	}
	munmap(memory + page, page);
	assert_int_equal(pgb_memory_discard(start, start + 2 * page), -ENOMEM);
	munmap(memory, 4 * page);
}

/* Memory under userfaultfd, and what reads it. */
struct tracked {
	int uffd, pagemap;
	unsigned char *memory;
	uintptr_t start, end;
};

static int track_with(uint64_t features, void **state)
{
	static struct tracked tracked;
	char reason[160] = "";

	tracked.uffd = pgb_uffd_open(PGB_UFFD_USER, features, NULL, reason, sizeof(reason));
	*state = NULL;
	if (tracked.uffd < 0) {
		assert_true(reason[0] != '\0');
		printf("# %s\n", reason);
		return 0;
	}
	tracked.pagemap = pgb_pagemap_open();
	assert_true(tracked.pagemap >= 0);
	tracked.memory = pgb_memory_map(PAGES * pgb_page_size());
	assert_non_null(tracked.memory);
	tracked.start = (uintptr_t)tracked.memory;
	tracked.end = tracked.start + PAGES * pgb_page_size();
	*state = &tracked;
	return 0;
}

static int track(void **state)
{
	return track_with(UFFD_FEATURE_WP_ASYNC | UFFD_FEATURE_WP_UNPOPULATED, state);
}

static int track_by_signals(void **state)
{
	return track_with(UFFD_FEATURE_SIGBUS | UFFD_FEATURE_WP_UNPOPULATED, state);
}

static int untrack(void **state)
{
	struct tracked *tracked = *state;

	if (!tracked)
		return 0;
	pgb_memory_unmap(tracked->memory, tracked->end - tracked->start);
	close(tracked->pagemap);
	close(tracked->uffd);
	return 0;
}

typedef int scanner(int pagemap, uintptr_t *start, uintptr_t end,
		    struct page_region *regions, size_t count);

/* Scans with vectors of `count`; returns how many pages were written, or an errno. */
static long walk(const struct tracked *tracked, scanner *scan, size_t count,
		 unsigned char seen[PAGES])
{
	struct page_region regions[PAGES] = {0};
	uintptr_t at = tracked->start;
	long pages = 0;

	memset(seen, 0, PAGES);
	while (at < tracked->end) {
		uintptr_t before = at;
		int filled = scan(tracked->pagemap, &at, tracked->end, regions, count);

		if (filled < 0)
			return filled;
		assert_true(at > before);
		for (int i = 0; i < filled; i++) {
			size_t page = (regions[i].start - tracked->start) / pgb_page_size();
			size_t end = (regions[i].end - tracked->start) / pgb_page_size();

			for (; page < end; page++) {
				/* Each page comes once. */
				assert_int_equal(seen[page], 0);
				seen[page] = 1;
				pages++;
			}
		}
	}
	return pages;
}

static long take(const struct tracked *tracked, size_t count, unsigned char seen[PAGES])
{
	return walk(tracked, pgb_pagemap_take_written, count, seen);
}

static long find(const struct tracked *tracked, size_t count, unsigned char seen[PAGES])
{
	return walk(tracked, pgb_pagemap_find_written, count, seen);
}

static void unregistered_memory_is_an_error(void **state)
{
	const struct tracked *tracked = *state;
	unsigned char seen[PAGES];

	if (!tracked) {
		skip();
		return;
	}
	tracked->memory[0] = 1;
	assert_int_equal(take(tracked, 16, seen), -EPERM);
	assert_int_equal(pgb_uffd_register(tracked->uffd, tracked->start, tracked->end), 0);
	assert_int_equal(take(tracked, 16, seen), PAGES);
	assert_int_equal(take(tracked, 16, seen), 0);
	assert_int_equal(pgb_uffd_unregister(tracked->uffd, tracked->start, tracked->end),
			 0);
	assert_int_equal(take(tracked, 16, seen), -EPERM);
	assert_int_equal(pgb_uffd_register(tracked->uffd, tracked->start + 1, tracked->end),
			 -EINVAL);
	assert_int_equal(pgb_uffd_register(-1, tracked->start, tracked->end), -EBADF);
	assert_int_equal(pgb_uffd_unregister(-1, tracked->start, tracked->end), -EBADF);
}

/* Vectors that are too small, just right, and more than the kernel's own buffer. */
static void vectors_of_all_sizes(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 100, 499, 500, 501, 512, 999, 1000, PAGES};
	const struct tracked *tracked = *state;
	unsigned char seen[PAGES];

	if (!tracked) {
		skip();
		return;
	}
	assert_int_equal(pgb_uffd_register(tracked->uffd, tracked->start, tracked->end), 0);
	assert_int_equal(take(tracked, PAGES, seen), PAGES);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t page = 0; page < PAGES; page += 2)
			tracked->memory[page * pgb_page_size()]++;
		/* To look changes nothing. */
		assert_int_equal(find(tracked, sizes[i], seen), PAGES / 2);
		assert_int_equal(take(tracked, sizes[i], seen), PAGES / 2);
		for (size_t page = 0; page < PAGES; page++)
			assert_int_equal(seen[page], page % 2 == 0);
		assert_int_equal(take(tracked, sizes[i], seen), 0);
	}
}

static void set_protection(const struct tracked *tracked, size_t page, size_t count,
			   int (*set)(int uffd, uintptr_t start, uintptr_t end))
{
	uintptr_t start = tracked->start + page * pgb_page_size();

	assert_int_equal(set(tracked->uffd, start, start + count * pgb_page_size()), 0);
}

static void finds_what_is_not_protected(void **state)
{
	const struct tracked *tracked = *state;
	unsigned char seen[PAGES];
	uintptr_t at;
	long found;

	if (!tracked) {
		skip();
		return;
	}
	memset(tracked->memory, 1, PAGES * pgb_page_size());
	assert_int_equal(pgb_uffd_register(tracked->uffd, tracked->start, tracked->end), 0);
	found = find(tracked, PAGES, seen);
	if (found == -ENOTTY) {
		puts("# PAGEMAP_SCAN came with Linux 6.7");
		skip();
		return;
	}
	assert_int_equal(found, PAGES);
	set_protection(tracked, 0, PAGES, pgb_uffd_protect);
	assert_int_equal(find(tracked, PAGES, seen), 0);
	for (size_t page = 0; page < PAGES; page += 2)
		set_protection(tracked, page, 1, pgb_uffd_unprotect);
	assert_int_equal(find(tracked, 100, seen), PAGES / 2);
	for (size_t page = 0; page < PAGES; page++)
		assert_int_equal(seen[page], page % 2 == 0);
	/* A hole is not, until it is. */
	at = tracked->start + 101 * pgb_page_size();
	assert_int_equal(pgb_memory_discard(at, at + pgb_page_size()), 0);
	assert_int_equal(find(tracked, PAGES, seen), PAGES / 2 + 1);
	assert_int_equal(seen[101], 1);
	set_protection(tracked, 100, 3, pgb_uffd_protect);
	assert_int_equal(find(tracked, PAGES, seen), PAGES / 2 - 2);
}

static void features_that_there_are_not(void **state)
{
	char reason[160] = "";

	(void)state;
	assert_true(pgb_uffd_open(PGB_UFFD_USER, (uint64_t)1 << 63, NULL, reason,
				  sizeof(reason)) < 0);
	assert_true(reason[0] != '\0');
	/* The reason is not needed, and may be cut. */
	assert_true(pgb_uffd_open(PGB_UFFD_USER, (uint64_t)1 << 63, NULL, NULL, 0) < 0);
	assert_true(pgb_uffd_open(PGB_UFFD_USER, (uint64_t)1 << 63, NULL, reason, 5) < 0);
	assert_true(strlen(reason) < 5);
}

/* What the hook does: fail `call` with `error` the next `times` times; 0: short. */
static struct {
	enum pgb_os_call call;
	int error;
	unsigned times, asked;
} injected;

static int inject(enum pgb_os_call call)
{
	if (call != injected.call)
		return 0;
	injected.asked++;
	if (!injected.times)
		return 0;
	injected.times--;
	return injected.error ? -injected.error : PGB_OS_SHORT;
}

static void next_calls_fail(enum pgb_os_call call, int error, unsigned times)
{
	injected.call = call;
	injected.error = error;
	injected.times = times;
	injected.asked = 0;
	pgb_os_set_hook(inject);
}

static int no_hook(void **state)
{
	(void)state;
	pgb_os_set_hook(NULL);
	return 0;
}

static void calls_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < PGB_OS_CALLS; i++) {
		assert_non_null(pgb_os_call_name(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(pgb_os_call_name(i), pgb_os_call_name(j));
	}
}

static void calls_are_made_to_fail(void **state)
{
	void *memory;

	(void)state;
	next_calls_fail(PGB_OS_MMAP, ENOMEM, 1);
	assert_null(pgb_memory_map(pgb_page_size()));
	assert_int_equal(errno, ENOMEM);
	memory = pgb_memory_map(pgb_page_size());
	assert_non_null(memory);
	assert_int_equal(injected.asked, 2);
	next_calls_fail(PGB_OS_MPROTECT, EPERM, 1);
	assert_int_equal(pgb_memory_protect((uintptr_t)memory,
					    (uintptr_t)memory + pgb_page_size(), PROT_READ),
			 -EPERM);
	*(volatile char *)memory = 1;
	pgb_memory_unmap(memory, pgb_page_size());
	next_calls_fail(PGB_OS_MAPS_READ, EPERM, 1);
	assert_int_equal(pgb_vmas_count(), 0);
	next_calls_fail(PGB_OS_PAGEMAP_OPEN, ENOENT, 1);
	assert_int_equal(pgb_pagemap_open(), -ENOENT);
}

/* No telling what it names: it is not closed, and not given up either. */
static void descriptor_in_doubt(void **state)
{
	struct pgb_descriptor descriptor;
	int number;

	(void)state;
	assert_int_equal(pgb_descriptor_adopt(&descriptor, open("/dev/null", O_RDONLY)), 0);
	number = descriptor.fd;
	next_calls_fail(PGB_OS_FSTAT, EIO, 3);
	assert_false(pgb_descriptor_is_ours(&descriptor));
	assert_false(pgb_descriptor_is_lost(&descriptor));
	pgb_descriptor_close(&descriptor);
	assert_int_equal(injected.times, 0);
	assert_true(pgb_descriptor_is_lost(&descriptor));
	assert_int_equal(close(number), 0);
}

static void interrupted_calls_are_made_again(void **state)
{
	struct pgb_descriptor descriptor;
	uint64_t mappings = pgb_vmas_count();
	void *memory;

	(void)state;
	next_calls_fail(PGB_OS_MMAP, EINTR, 3);
	memory = pgb_memory_map(pgb_page_size());
	assert_non_null(memory);
	assert_int_equal(injected.asked, 4);
	next_calls_fail(PGB_OS_MUNMAP, EINTR, 3);
	pgb_memory_unmap(memory, pgb_page_size());
	assert_int_equal(injected.asked, 4);
	next_calls_fail(PGB_OS_MAPS_READ, EINTR, 3);
	assert_in_range(pgb_vmas_count(), mappings - 1, mappings + 1);
	next_calls_fail(PGB_OS_FSTAT, EINTR, 3);
	assert_int_equal(pgb_descriptor_adopt(&descriptor, open("/dev/null", O_RDONLY)), 0);
	assert_int_equal(injected.asked, 4);
	pgb_descriptor_close(&descriptor);
}

static void short_reads_go_on(void **state)
{
	uint64_t mappings = pgb_vmas_count();

	(void)state;
	next_calls_fail(PGB_OS_MAPS_READ, 0, UINT_MAX);
	assert_in_range(pgb_vmas_count(), mappings - 1, mappings + 1);
	assert_true(injected.asked > mappings);
}

static void versions(void **state)
{
	(void)state;
	assert_true(pgb_kernel_release_has("6.9.0", 6, 9));
	assert_true(pgb_kernel_release_has("6.12.117+deb13-amd64", 6, 9));
	assert_true(pgb_kernel_release_has("6.9-rc1", 6, 9));
	assert_true(pgb_kernel_release_has("7.0", 6, 9));
	assert_true(pgb_kernel_release_has("10.1.2", 6, 9));
	assert_false(pgb_kernel_release_has("6.8.0-31-generic", 6, 9));
	assert_false(pgb_kernel_release_has("5.15.0", 6, 9));
	assert_false(pgb_kernel_release_has("6", 6, 9));
	assert_false(pgb_kernel_release_has("", 6, 9));
}

/* A scan that ends early is gone on with; one that was interrupted is not made again. */
static void scans_are_cut_short(void **state)
{
	const struct tracked *tracked = *state;
	unsigned char seen[PAGES];

	if (!tracked) {
		skip();
		return;
	}
	assert_int_equal(pgb_uffd_register(tracked->uffd, tracked->start, tracked->end), 0);
	assert_int_equal(take(tracked, PAGES, seen), PAGES);
	for (size_t page = 0; page < PAGES; page += 2)
		tracked->memory[page * pgb_page_size()]++;
	next_calls_fail(PGB_OS_PAGEMAP_SCAN, 0, UINT_MAX);
	assert_int_equal(take(tracked, PAGES, seen), PAGES / 2);
	assert_true(injected.asked >= PAGES / 2);
	next_calls_fail(PGB_OS_PAGEMAP_SCAN, EINTR, 1);
	assert_int_equal(take(tracked, PAGES, seen), -EINTR);
	assert_int_equal(injected.asked, 1);
}

static int untrack_without_hook(void **state)
{
	no_hook(state);
	return untrack(state);
}

#define INJECTED_TEST(test) cmocka_unit_test_teardown(test, no_hook)
#define TRACKED_TEST(test)  cmocka_unit_test_setup_teardown(test, track, untrack)

int main(void)
{
	const struct CMUnitTest os[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(memory_wiped_on_fork),
		cmocka_unit_test(peeks_as_far_as_it_can),
		cmocka_unit_test(descriptor),
		cmocka_unit_test(descriptor_of_nothing),
		cmocka_unit_test(descriptor_taken_away),
		cmocka_unit_test(descriptor_under_a_low_limit),
		cmocka_unit_test(mappings),
		cmocka_unit_test(visiting_mappings),
		cmocka_unit_test(discarding),
		TRACKED_TEST(unregistered_memory_is_an_error),
		TRACKED_TEST(vectors_of_all_sizes),
		cmocka_unit_test_setup_teardown(finds_what_is_not_protected,
						track_by_signals, untrack),
		cmocka_unit_test(features_that_there_are_not),
		cmocka_unit_test(versions),
		cmocka_unit_test(calls_have_names),
		INJECTED_TEST(calls_are_made_to_fail),
		INJECTED_TEST(descriptor_in_doubt),
		INJECTED_TEST(interrupted_calls_are_made_again),
		INJECTED_TEST(short_reads_go_on),
		cmocka_unit_test_setup_teardown(scans_are_cut_short, track,
						untrack_without_hook),
	};

	return cmocka_run_group_tests(os, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* alloc.c - memory that a barrier gives, and takes back. */
#include <atomic_ops.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/inject.h"
#include "watch.h"

#define PAGES 64

static bool is_zero(const unsigned char *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

static bool is_mapped(const void *start, size_t size)
{
	return !msync((void *)start, size, MS_ASYNC);
}

static void *must_alloc(struct watch *watch, size_t pages)
{
	void *start = NULL;

	check_int(pgb_alloc_range(watch->barrier, pages * watch->page, &start), 0);
	check((uintptr_t)start % watch->page == 0);
	check(is_zero(start, pages * watch->page));
	return start;
}

static void must_free(struct watch *watch, void *start, size_t pages)
{
	check_int(pgb_free_range(watch->barrier, start, pages * watch->page), 0);
}

static void watched_from_the_start(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	check_int(watch_stats(&watch).pages_watched, PAGES);
	check_int(watch_stats(&watch).ranges, 1);
	check(is_zero(watch.base, PAGES * watch.page));
	watch_harvest(&watch);
	watch_must_report(&watch, 0, PAGES);
	watch_write_range(&watch, 0, PAGES);
	watch_harvest(&watch);
	watch_must_report(&watch, 0, PAGES);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void bad_arguments(const struct pgb_backend_info *backend)
{
	void *untouched = (void *)1, *start = untouched;
	struct watch watch;

	watch_open(&watch, backend, PAGES);
	check_int(pgb_alloc_range(NULL, watch.page, &start), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, watch.page, NULL), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, 0, &start), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, 1, &start), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, watch.page - 1, &start), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, SIZE_MAX, &start), -EINVAL);
	check_int(pgb_alloc_range(watch.barrier, -watch.page, &start), -EINVAL);
	check(start == untouched);
	check_int(watch_stats(&watch).pages_watched, 0);
	watch_close(&watch);
}

/* Of what is not the barrier's to give back, nothing is touched. */
static void not_its_own(const struct pgb_backend_info *backend)
{
	unsigned char *start, *foreign;
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	start = watch.base;
	foreign = mmap(NULL, watch.page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(foreign != MAP_FAILED);
	check_int(pgb_add(watch.barrier, foreign, watch.page), 0);
	check_int(pgb_free_range(watch.barrier, foreign, watch.page), -EINVAL);
	check_int(pgb_free_range(watch.barrier, start + 1, watch.page), -EINVAL);
	check_int(pgb_free_range(watch.barrier, start, watch.page + 1), -EINVAL);
	check_int(pgb_free_range(watch.barrier, start, 0), -EINVAL);
	check_int(pgb_free_range(watch.barrier, start, (PAGES + 1) * watch.page), -EINVAL);
	check_int(pgb_free_range(watch.barrier, start - watch.page, 2 * watch.page),
		  -EINVAL);
	check_int(pgb_free_range(NULL, start, watch.page), -EINVAL);
	*foreign = 1;
	check_int(pgb_remove(watch.barrier, foreign, watch.page), 0);
	check_int(watch_stats(&watch).pages_watched, PAGES);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	check_int(munmap(foreign, watch.page), 0);
	watch_close(&watch);
}

static void freed_in_parts(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	watch_arm(&watch);
	must_free(&watch, watch_page(&watch, 8), 8);
	check_int(pgb_free_range(watch.barrier, watch_page(&watch, 8), watch.page),
		  -EINVAL);
	check_int(pgb_free_range(watch.barrier, watch_page(&watch, 7), 2 * watch.page),
		  -EINVAL);
	check_int(watch_stats(&watch).pages_watched, PAGES - 8);
	check_int(watch_stats(&watch).ranges, 2);
	watch_must_work(&watch, 0, 8);
	watch_must_work(&watch, 16, PAGES - 16);
	/* Whether it is watched has nothing to do with whose it is. */
	watch_remove(&watch, 0, 8);
	must_free(&watch, watch_page(&watch, 0), 8);
	watch_remove(&watch, 16, 4);
	must_free(&watch, watch_page(&watch, 16), 8);
	check_int(watch_stats(&watch).pages_watched, PAGES - 24);
	watch_must_work(&watch, 24, PAGES - 24);
	must_free(&watch, watch_page(&watch, 24), PAGES - 24);
	check_int(watch_stats(&watch).pages_watched, 0);
	check_int(watch_stats(&watch).ranges, 0);
	watch_close(&watch);
}

static void removed_and_added(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	watch_arm(&watch);
	watch_remove(&watch, 8, 8);
	watch_write_range(&watch, 4, 8);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 4, 4);
	watch_add(&watch, 8, 8);
	watch_harvest(&watch);
	watch_must_report_only(&watch, 8, 8);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void gone_when_closed(const struct pgb_backend_info *backend)
{
	struct watch watch;
	void *start;

	watch_open_allocated(&watch, backend, PAGES);
	start = watch.base;
	check(is_mapped(start, PAGES * watch.page));
	must_free(&watch, watch_page(&watch, 3), 2);
	watch_close(&watch);
	check(!is_mapped(start, (size_t)sysconf(_SC_PAGESIZE)));
}

static void discarded(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	memset(watch.base, 7, PAGES * watch.page);
	watch_settle(&watch);
	check_int(pgb_discard_range(watch.barrier, watch_page(&watch, 8), 8 * watch.page),
		  0);
	check(is_zero(watch_page(&watch, 8), 8 * watch.page));
	check_int(*watch_page(&watch, 7), 7);
	check_int(*watch_page(&watch, 16), 7);
	check_int(watch_stats(&watch).pages_watched, PAGES);
	watch_harvest(&watch);
	watch_must_not_report(&watch, 0, 8);
	watch_must_not_report(&watch, 16, PAGES - 16);
	watch_must_work(&watch, 0, PAGES);
	check_int(pgb_discard_range(watch.barrier, watch.base + 1, watch.page), -EINVAL);
	check_int(pgb_discard_range(watch.barrier, watch.base, 0), -EINVAL);
	check_int(pgb_discard_range(NULL, watch.base, watch.page), -EINVAL);
	watch_close(&watch);
}

/* Pieces of many sizes come and go; none lies in another one, none has another's content.
 */
struct piece {
	unsigned char *start;
	size_t pages;
	unsigned char mark;
};

static void take_piece(struct watch *watch, struct piece *piece, uint64_t *random)
{
	size_t size;

	piece->pages = 1 + random_next(random) % (random_next(random) % 8 ? 16 : 4096);
	piece->start = must_alloc(watch, piece->pages);
	piece->mark = (unsigned char)(1 + random_next(random) % 255);
	size = piece->pages * watch->page;
	memset(piece->start, piece->mark, size);
}

static void drop_piece(struct watch *watch, struct piece *piece)
{
	size_t size = piece->pages * watch->page;

	check_int(*piece->start, piece->mark);
	check_int(memcmp(piece->start, piece->start + 1, size - 1), 0);
	must_free(watch, piece->start, piece->pages);
	piece->pages = 0;
}

static void many_pieces(const struct pgb_backend_info *backend)
{
	struct piece pieces[16] = {0};
	size_t steps = scaled(2000), pages = PAGES;
	uint64_t random = 4;
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	while (steps--) {
		struct piece *piece = &pieces[random_next(&random) % 16];

		pages -= piece->pages;
		if (piece->pages)
			drop_piece(&watch, piece);
		else
			take_piece(&watch, piece, &random);
		pages += piece->pages;
		check_int(watch_stats(&watch).pages_watched, pages);
		if (steps % 64 == 0)
			watch_settle(&watch);
	}
	for (size_t i = 0; i < 16; i++)
		if (pieces[i].pages)
			drop_piece(&watch, &pieces[i]);
	watch_harvest(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Memory is given and taken beside harvests, and nothing that was written there is lost. */
static AO_t busy;

static void *give_and_take(void *arg)
{
	struct watch *watch = arg;
	uint64_t random = 8;

	while (AO_load_acquire(&busy)) {
		size_t pages = 1 + random_next(&random) % 64;
		unsigned char *start = must_alloc(watch, pages);

		memset(start, 1, pages * watch->page);
		must_free(watch, start, pages);
	}
	return NULL;
}

static void count_page_3(void *arg, uintptr_t start, uintptr_t end)
{
	struct watch *watch = arg;
	uintptr_t page = (uintptr_t)watch_page(watch, 3);

	watch->reported[3] |= start <= page && page < end;
}

static void beside_harvests(const struct pgb_backend_info *backend)
{
	size_t rounds = scaled(500);
	struct watch watch;
	pthread_t thread;

	watch_open_allocated(&watch, backend, PAGES);
	AO_store_full(&busy, 1);
	check_int(pthread_create(&thread, NULL, give_and_take, &watch), 0);
	while (rounds--) {
		watch_write(&watch, 3);
		watch.reported[3] = 0;
		pgb_harvest(watch.barrier, count_page_3, &watch);
		check_int(watch.reported[3], 1);
	}
	AO_store_full(&busy, 0);
	check_int(pthread_join(thread, NULL), 0);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

static void child_owns_a_copy(void *arg)
{
	struct watch *watch = arg;
	unsigned char *start;

	for (size_t i = 0; i < PAGES; i++)
		check_int(*watch_page(watch, i), i % 2);
	memset(watch->base, 9, PAGES * watch->page);
	watch_harvest(watch);
	watch_must_report(watch, 0, PAGES);
	start = must_alloc(watch, 5);
	*start = 1;
	must_free(watch, start, 5);
	must_free(watch, watch_page(watch, 0), PAGES / 2);
	watch_settle(watch);
	watch_must_work(watch, PAGES / 2, PAGES / 2);
	watch_close(watch);
}

/* What one of them writes, frees or harvests is nothing to the other. */
static void forked(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	for (size_t i = 1; i < PAGES; i += 2)
		*watch_page(&watch, i) = 1;
	watch_settle(&watch);
	for (int round = 0; round < 3; round++) {
		child_run(child_owns_a_copy, &watch);
		for (size_t i = 0; i < PAGES; i++)
			check_int(*watch_page(&watch, i), i % 2);
		watch_harvest(&watch);
		watch_must_not_report(&watch, 0, PAGES);
	}
	watch_must_work(&watch, 0, PAGES);
	must_free(&watch, must_alloc(&watch, 3), 3);
	watch_close(&watch);
}

static void exhausted(const struct pgb_backend_info *backend)
{
	struct pgb_stats before, after;
	struct rlimit limit;
	struct watch watch;
	void *start = NULL;
	int err;

	watch_open_allocated(&watch, backend, PAGES);
	watch_arm(&watch);
	before = watch_stats(&watch);
	check_int(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = watch.page;
	check_int(setrlimit(RLIMIT_AS, &limit), 0);
	/* More than anybody has set aside. */
	err = pgb_alloc_range(watch.barrier, (size_t)1 << 40, &start);
	check(err == -ENOMEM || err == -EFBIG);
	check_int(pgb_free_range(watch.barrier, watch.base, watch.page), -ENOMEM);
	check(start == NULL);
	after = watch_stats(&watch);
	check_int(memcmp(&before, &after, sizeof(before)), 0);
	watch_must_work(&watch, 0, PAGES);
	limit.rlim_cur = limit.rlim_max;
	check_int(setrlimit(RLIMIT_AS, &limit), 0);
	must_free(&watch, must_alloc(&watch, 3), 3);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* Every system call that is made is denied once: either all is done, or nothing. */
static struct {
	enum pgb_os_call call;
	size_t place, asked;
} denied;

static int deny_one(enum pgb_os_call call)
{
	return call == denied.call && ++denied.asked == denied.place ? -ENOMEM : 0;
}

/* Was there a call to deny? */
static bool deny_in(struct watch *watch, size_t place, int (*body)(struct watch *watch))
{
	int err;

	denied.place = place;
	denied.asked = 0;
	pgb_os_set_hook(deny_one);
	err = body(watch);
	pgb_os_set_hook(NULL);
	check(!err || err == -ENOMEM);
	return denied.asked >= place;
}

static int alloc_once(struct watch *watch)
{
	size_t pages = watch_stats(watch).pages_watched;
	void *start;
	int err = pgb_alloc_range(watch->barrier, 3 * watch->page, &start);

	pgb_os_set_hook(NULL);
	check_int(watch_stats(watch).pages_watched, pages + (err ? 0 : 3));
	if (err)
		return err;
	check(is_zero(start, 3 * watch->page));
	memset(start, 1, 3 * watch->page);
	must_free(watch, start, 3);
	return 0;
}

static int free_once(struct watch *watch)
{
	static unsigned char *start;
	size_t pages = watch_stats(watch).pages_watched;
	int err;

	if (!start) {
		pgb_os_hook *hook = pgb_os_hook_in_force;

		pgb_os_set_hook(NULL);
		start = must_alloc(watch, 3);
		memset(start, 1, 3 * watch->page);
		pgb_os_set_hook(hook);
		pages += 3;
	}
	err = pgb_free_range(watch->barrier, start, 3 * watch->page);
	check_int(watch_stats(watch).pages_watched, pages - (err ? 0 : 3));
	if (!err)
		start = NULL;
	return err;
}

static void calls_denied(const struct pgb_backend_info *backend)
{
	struct watch watch;

	watch_open_allocated(&watch, backend, PAGES);
	for (denied.call = 0; denied.call < PGB_OS_CALLS; denied.call++) {
		for (size_t place = 1; deny_in(&watch, place, alloc_once); place++)
			;
		for (size_t place = 1; deny_in(&watch, place, free_once); place++)
			;
		alloc_once(&watch);
	}
	free_once(&watch);
	watch_settle(&watch);
	watch_must_work(&watch, 0, PAGES);
	watch_close(&watch);
}

/* A backend that cannot watch memory of others says so, and takes it for dirty. */
static void memory_of_others(const struct pgb_backend_info *backend)
{
	struct pgb_stats before;
	struct watch watch;

	memset(&watch, 0, sizeof(watch));
	watch_map(&watch, PAGES, (size_t)sysconf(_SC_PAGESIZE));
	check_int(pgb_open(&watch.barrier, backend->name), 0);
	watch.capabilities = backend->capabilities;
	watch_arm(&watch);
	watch_write(&watch, 5);
	before = watch_stats(&watch);
	watch_harvest(&watch);
	if (backend->capabilities & PGB_CAP_ANY_MEMORY) {
		watch_must_report_only(&watch, 5, 1);
	} else {
		watch_must_report(&watch, 0, PAGES);
		check_int(watch_stats(&watch).pages_unsure, before.pages_unsure + PAGES);
	}
	watch_remove(&watch, 0, PAGES);
	watch_close(&watch);
}

static const struct conformance_case cases[] = {
	{"watched from the start", watched_from_the_start, 0},
	{"bad arguments", bad_arguments, 0},
	{"memory of others is not given back", not_its_own, 0},
	{"memory of others reads dirty, or is watched", memory_of_others, 0},
	{"freed in parts", freed_in_parts, 0},
	{"removed, and added again", removed_and_added, 0},
	{"gone when the barrier is closed", gone_when_closed, 0},
	{"discarded", discarded, 0},
	{"many pieces", many_pieces, 0},
	{"beside harvests", beside_harvests, 0},
	{"after fork, each has its own", forked, 0},
	{"no memory is left", exhausted, 0},
	{"system calls are denied", calls_denied, 0},
};

CONFORMANCE_MAIN("alloc", cases)

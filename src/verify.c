/* SPDX-License-Identifier: MIT */
/* verify.c - checksums of the pages watched, to find writes that were not reported. */
#include "verify.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* All of it inline, so that nothing has to be linked. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "config.h"
#include "os/memory.h"
#include "os/peek.h"
#include "pagebits.h"
#include "sparse.h"

/* The kernel copies so many without allocating. */
#define BATCH_PAGES 16

/* What stands in the place of a sum; no sum is so small. */
enum {
	NEVER_GIVEN, /* since it was added */
	UNREADABLE,  /* when it was last looked at */
	FIRST_SUM,
};

struct pgb_verify {
	struct pgb_sparse sums;
	size_t page;
	uint64_t sum_of_zeros;
	struct pgb_pagebits given; /* all clear between harvests */
	struct pgb_pagebits suspect;
	unsigned char *batch; /* BATCH_PAGES, as they were read */
	pgb_visitor *visit;   /* of the harvest that is running; may be NULL */
	void *arg;
};

int pgb_verify_is_wanted(void)
{
	const struct pgb_setting *setting = pgb_settings;
	const char *value = secure_getenv("PGBARRIER_VERIFY");
	char error[PGB_CONFIG_ERROR_SIZE];
	struct pgb_config config = {0};
	int err;

	if (!value)
		return 0;
	while (setting->offset != offsetof(struct pgb_config, verify))
		setting++;
	err = pgb_config_set(&config, setting, setting->variable, value, error);
	return err ? err : (int)config.verify;
}

static uint64_t sum_of(const struct pgb_verify *verify, const void *page)
{
	uint64_t sum = XXH3_64bits(page, verify->page);

	return sum < FIRST_SUM ? sum + FIRST_SUM : sum;
}

static int open_tables(struct pgb_verify *verify)
{
	int err = pgb_pagebits_init(&verify->given);

	if (!err)
		err = pgb_pagebits_init(&verify->suspect);
	if (!err)
		err = pgb_sparse_init(&verify->sums, PGB_SPARSE_PAGES * sizeof(uint64_t));
	verify->batch = pgb_memory_map(BATCH_PAGES * verify->page);
	return verify->batch ? err : -ENOMEM;
}

/* Read the batch itself, untouched so far: zeros. */
static int try_to_read(struct pgb_verify *verify)
{
	unsigned char *page = verify->batch;
	ssize_t got = pgb_peek((uintptr_t)page + verify->page, page, verify->page);

	verify->sum_of_zeros = sum_of(verify, page);
	return got < 0 ? (int)got : 0;
}

int pgb_verify_open(struct pgb_verify **out)
{
	struct pgb_verify *verify = pgb_memory_map(sizeof(*verify));
	int err;

	if (!verify)
		return -ENOMEM;
	verify->page = pgb_page_size();
	err = open_tables(verify);
	if (!err)
		err = try_to_read(verify);
	if (err)
		pgb_verify_close(verify);
	else
		*out = verify;
	return err;
}

void pgb_verify_close(struct pgb_verify *verify)
{
	if (!verify)
		return;
	pgb_sparse_destroy(&verify->sums);
	pgb_pagebits_destroy(&verify->given);
	pgb_pagebits_destroy(&verify->suspect);
	pgb_memory_unmap(verify->batch, BATCH_PAGES * verify->page);
	pgb_memory_unmap(verify, sizeof(*verify));
}

int pgb_verify_make_room(struct pgb_verify *verify, uintptr_t start, uintptr_t end)
{
	int err = pgb_pagebits_reserve(&verify->given, start, end);

	if (!err)
		err = pgb_pagebits_reserve(&verify->suspect, start, end);
	return err ? err : pgb_sparse_reserve(&verify->sums, start, end);
}

/* Where the sum of a page is kept that there is room for. */
static uint64_t *place_of(const struct pgb_verify *verify, uintptr_t page)
{
	uintptr_t number = page >> verify->sums.page_shift;
	uint64_t *leaf = pgb_sparse_leaf(&verify->sums, number);

	return leaf + number % PGB_SPARSE_PAGES;
}

void pgb_verify_forget(struct pgb_verify *verify, uintptr_t start, uintptr_t end)
{
	for (uintptr_t page = start; page < end; page += verify->page) {
		uint64_t *known = place_of(verify, page);

		if (*known != NEVER_GIVEN) /* what is untouched stays so */
			*known = NEVER_GIVEN;
	}
}

void pgb_verify_begin(struct pgb_verify *verify, pgb_visitor *visit, void *arg)
{
	verify->visit = visit;
	verify->arg = arg;
}

void pgb_verify_note(void *arg, uintptr_t start, uintptr_t end)
{
	const struct pgb_verify *verify = arg;

	pgb_pagebits_set_range(&verify->given, start, end);
}

/* `content` is NULL for a page that cannot be read. */
typedef void page_visitor(struct pgb_verify *verify, uintptr_t page, const void *content);

static void read_pages(struct pgb_verify *verify, uintptr_t start, uintptr_t end,
		       page_visitor *visit)
{
	while (start < end) {
		size_t size = BATCH_PAGES * verify->page, read;
		ssize_t got;

		if (size > end - start)
			size = end - start;
		got = pgb_peek(start, verify->batch, size);
		read = got > 0 ? (size_t)got / verify->page * verify->page : 0;
		for (size_t at = 0; at < read; at += verify->page)
			visit(verify, start + at, verify->batch + at);
		start += read;
		if (read == size)
			continue;
		visit(verify, start, NULL);
		start += verify->page;
	}
}

static void compare_page(struct pgb_verify *verify, uintptr_t page, const void *content)
{
	uint64_t *known = place_of(verify, page);
	uint64_t sum = content ? sum_of(verify, content) : UNREADABLE;

	if (sum == *known || pgb_pagebits_test(&verify->given, page))
		return;
	if (sum == UNREADABLE || *known == UNREADABLE || sum == verify->sum_of_zeros)
		*known = sum;
	else
		pgb_pagebits_set(&verify->suspect, page);
}

void pgb_verify_compare(struct pgb_verify *verify, uintptr_t start, uintptr_t end)
{
	pgb_pagebits_clear_range(&verify->suspect, start, end);
	read_pages(verify, start, end, compare_page);
}

bool pgb_verify_next_suspect(const struct pgb_verify *verify, uintptr_t *start,
			     uintptr_t end, uintptr_t *run_end)
{
	return pgb_pagebits_next_run(&verify->suspect, start, end, run_end);
}

bool pgb_verify_find_lost(const struct pgb_verify *verify, uintptr_t start, uintptr_t end,
			  struct pgb_lost_write *lost)
{
	uintptr_t run_end;

	for (; pgb_verify_next_suspect(verify, &start, end, &run_end); start = run_end)
		for (; start < run_end; start += verify->page) {
			if (pgb_pagebits_test(&verify->given, start))
				continue;
			lost->page = start;
			lost->never_reported = *place_of(verify, start) == NEVER_GIVEN;
			return true;
		}
	return false;
}

static void take_sum(struct pgb_verify *verify, uintptr_t page, const void *content)
{
	*place_of(verify, page) = content ? sum_of(verify, content) : UNREADABLE;
}

void pgb_verify_give(struct pgb_verify *verify, uintptr_t start, uintptr_t end)
{
	uintptr_t run = start, run_end;

	for (; pgb_pagebits_next_run(&verify->given, &run, end, &run_end); run = run_end) {
		read_pages(verify, run, run_end, take_sum);
		if (verify->visit)
			verify->visit(verify->arg, run, run_end);
	}
	pgb_pagebits_clear_range(&verify->given, start, end);
}

_Noreturn void pgb_verify_abort(const struct pgb_lost_write *lost, uint64_t harvest,
				const char *backend)
{
	char line[160];
	/* Into memory of ours, and of integers and words alone: no stream, no lock. */
	int length = snprintf(line, sizeof(line),
			      "pgbarrier: lost write: page 0x%llx %s "
			      "(harvest %llu, backend %s)\n",
			      (unsigned long long)lost->page,
			      lost->never_reported ? "was added and never reported"
						   : "changed without being reported",
			      (unsigned long long)harvest, backend);
	ssize_t written = write(STDERR_FILENO, line, (size_t)length);

	(void)written; /* there is nobody else to tell */
	abort();
}

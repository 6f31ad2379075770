/* SPDX-License-Identifier: MIT */
/* tables.c - tests of gc-integration/bdwgc/tables.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "os/huge_pages.h"
#include "tables.h"

#define PIECE  ((size_t)64 << 10)
#define SMALL  ((size_t)2 << 20)
#define PIECES ((size_t)1024)

static int failure;
static size_t chunks;
static uintptr_t chunk_start, chunk_end;

static int follow(uintptr_t start, uintptr_t end)
{
	if (failure)
		return failure;
	chunks++;
	chunk_start = start;
	chunk_end = end;
	return 0;
}

static void begin(void)
{
	failure = 0;
	if (!pgb_huge_page_size_on_request()) {
		print_message("# this kernel has no huge pages, or none are to be had\n");
		skip();
	}
	assert_int_equal(tables_init(follow), 0);
}

static void *give(void)
{
	return tables_give(PIECE);
}

static void give_small(void)
{
	for (size_t given = 0; given < SMALL; given += PIECE)
		assert_null(give());
}

static void of_little_nothing_is_given(void **state)
{
	(void)state;
	begin();
	chunks = 0;
	give_small();
	assert_int_equal(chunks, 0);
	assert_non_null(give());
	assert_int_equal(chunks, 1);
}

static void of_other_sizes_nothing_is_given(void **state)
{
	(void)state;
	begin();
	give_small();
	assert_null(tables_give(PIECE - 4096));
	assert_null(tables_give(PIECE + 4096));
	assert_null(tables_give(2 * PIECE));
}

/* Zeroed, all different, of what has been followed, and no mapping for each. */
static void pieces_are_apart(void **state)
{
	char *before = NULL, *piece;

	(void)state;
	begin();
	give_small();
	chunks = 0;
	for (size_t i = 0; i < PIECES; i++) {
		piece = give();
		assert_non_null(piece);
		assert_true((uintptr_t)piece >= chunk_start);
		assert_true((uintptr_t)piece + PIECE <= chunk_end);
		for (size_t at = 0; at < PIECE; at += 4096)
			assert_int_equal(piece[at], 0);
		memset(piece, 1, PIECE);
		if (before && (uintptr_t)piece != chunk_start)
			assert_ptr_equal(piece, before + PIECE);
		before = piece;
	}
	assert_in_range(chunks, 1, 16);
}

static void without_room_to_follow_nothing_is_given(void **state)
{
	(void)state;
	begin();
	give_small();
	failure = -ENOMEM;
	assert_null(give());
	failure = 0;
	assert_non_null(give());
}

/* Is this the first line of a mapping?  Then say whether `address` is in it. */
static bool is_mapping(const char *line, uintptr_t address, bool *is_in)
{
	char *rest;
	uintptr_t start = strtoul(line, &rest, 16), end;

	if (rest == line || *rest != '-')
		return false;
	end = strtoul(rest + 1, &rest, 16);
	if (*rest != ' ')
		return false;
	*is_in = address >= start && address < end;
	return true;
}

static bool asks_for_huge_pages(uintptr_t address)
{
	FILE *smaps = fopen("/proc/self/smaps", "r");
	char line[512];
	bool is_in = false, asks = false;

	assert_non_null(smaps);
	while (fgets(line, sizeof(line), smaps))
		if (!is_mapping(line, address, &is_in) && is_in &&
		    !strncmp(line, "VmFlags:", 8))
			asks = strstr(line, " hg") != NULL;
	fclose(smaps);
	return asks;
}

static void they_are_on_huge_pages(void **state)
{
	void *piece;

	(void)state;
	begin();
	give_small();
	piece = give();
	assert_true(asks_for_huge_pages((uintptr_t)piece));
	assert_int_equal(chunk_start % pgb_huge_page_size_on_request(), 0);
	assert_int_equal(chunk_end % pgb_huge_page_size_on_request(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_little_nothing_is_given),
		cmocka_unit_test(of_other_sizes_nothing_is_given),
		cmocka_unit_test(pieces_are_apart),
		cmocka_unit_test(without_room_to_follow_nothing_is_given),
		cmocka_unit_test(they_are_on_huge_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

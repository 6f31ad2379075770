/* SPDX-License-Identifier: MIT */
/*
 * unmapping.c - memory that libgc gives back to the kernel is given back, and works again.
 *
 * Blocks are dropped and unmapped.  Where they were there are zeros then, if it can be read
 * at all; with their content there they would still be in memory.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <gc.h>

#define BLOCKS	   64
#define BLOCK_SIZE (256 * 1024)
#define ROUNDS	   3

/* What keeps the blocks, and their addresses in a form that does not. */
static char *volatile block[BLOCKS];
static uintptr_t hidden[BLOCKS];

static __attribute__((noinline)) void fill(void)
{
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = GC_MALLOC_ATOMIC(BLOCK_SIZE);
		if (!block[i])
			exit(EXIT_FAILURE);
		memset(block[i], 'x', BLOCK_SIZE);
		hidden[i] = ~(uintptr_t)block[i];
	}
}

/*
 * Blocks that have just become free are not unmapped yet.  A pointer left on the stack can
 * keep one for a few collections, and when that becomes free all that it is merged with
 * counts as just become free.
 */
static __attribute__((noinline)) void drop(void)
{
	for (int i = 0; i < BLOCKS; i++)
		block[i] = NULL;
	for (int i = 0; i < 10; i++)
		GC_gcollect_and_unmap();
}

/* Pages from the middle of the block on; what is left at its ends stays. */
static size_t pages_kept(uintptr_t start)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), kept = 0;

	for (size_t at = 2 * page; at < BLOCK_SIZE - 2 * page; at += page) {
		char byte = 0;
		struct iovec to = {&byte, 1}, from = {(void *)(start + at), 1};

		if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1)
			kept += byte == 'x';
	}
	return kept;
}

int main(void)
{
	size_t kept, pages = BLOCKS * (BLOCK_SIZE / (size_t)sysconf(_SC_PAGESIZE));

	GC_INIT();
	for (int round = 0; round < ROUNDS; round++) {
		fill();
		drop();
		if (!GC_get_unmapped_bytes()) {
			puts("this libgc unmaps nothing");
			return 77;
		}
		kept = 0;
		for (int i = 0; i < BLOCKS; i++)
			kept += pages_kept(~hidden[i]);
		printf("unmapped %zu bytes, %zu of %zu pages have their content\n",
		       GC_get_unmapped_bytes(), kept, pages);
		if (kept > pages / 4)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

/* SPDX-License-Identifier: MIT */
/*
 * execing.c - use the collector, then become another program.
 *
 *	execing PROGRAM ARGS
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 100000

int main(int argc, char **argv)
{
	struct shadow_heap *heap;

	if (argc < 2) {
		fputs("usage: execing PROGRAM ARGS\n", stderr);
		return 2;
	}
	GC_INIT();
	heap = shadow_heap_create(MIB, 1, 1);
	shadow_heap_mutate(heap, 0, OPERATIONS);
	shadow_heap_check(heap, 0);
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return EXIT_FAILURE;
}

/* SPDX-License-Identifier: MIT */
/*
 * exiting.c - use the collector, then end in the way that the argument names.
 *
 *	exiting exit|_exit|abort|kill
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 100000
#define STATUS	   37

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	struct rlimit no_core = {0, 0};
	struct shadow_heap *heap;

	GC_INIT();
	heap = shadow_heap_create(MIB, 1, 1);
	shadow_heap_mutate(heap, 0, OPERATIONS);
	shadow_heap_check(heap, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	if (!strcmp(how, "exit"))
		return STATUS;
	if (!strcmp(how, "_exit"))
		_exit(STATUS);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "kill"))
		raise(SIGKILL);
	fputs("usage: exiting exit|_exit|abort|kill\n", stderr);
	return 2;
}

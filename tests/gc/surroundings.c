/* SPDX-License-Identifier: MIT */
/*
 * surroundings.c - print what a program can see of its process, for comparison.
 *
 * The numbers that open(2) gives, errno after calls of the collector, the limits, the
 * signal mask, and the environment but for what `pgbarrier run` is there to set.
 */
#include <errno.h>
#include <fcntl.h>
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
#define FILES	   5

static void print_files(const char *when)
{
	int files[FILES];
	int i;

	printf("files %s:", when);
	for (i = 0; i < FILES; i++) {
		files[i] = open("/dev/null", O_RDONLY);
		printf(" %d", files[i]);
	}
	putchar('\n');
	for (i = 0; i < FILES; i++)
		close(files[i]);
}

static void print_errno(const char *when)
{
	printf("errno after %s: %d\n", when, errno);
	errno = ENOTNAM;
}

static void print_environment(void)
{
	char **entry;

	for (entry = environ; *entry; entry++)
		if (strncmp(*entry, "PGBARRIER_", 10) && strncmp(*entry, "LD_PRELOAD=", 11))
			printf("environment %s\n", *entry);
}

static void print_process(void)
{
	struct rlimit limit;
	sigset_t mask;
	int signal;

	if (!getrlimit(RLIMIT_NOFILE, &limit))
		printf("limit of files %lu\n", (unsigned long)limit.rlim_cur);
	printf("blocked signals:");
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (signal = 1; signal < SIGRTMAX; signal++)
		if (sigismember(&mask, signal) == 1)
			printf(" %d", signal);
	putchar('\n');
}

int main(void)
{
	struct shadow_heap *heap;

	print_files("at first");
	print_environment();
	errno = ENOTNAM;
	GC_INIT();
	print_errno("GC_INIT");
	print_files("after GC_INIT");
	heap = shadow_heap_create(MIB, 1, 1);
	errno = ENOTNAM;
	shadow_heap_mutate(heap, 0, OPERATIONS);
	print_errno("mutation");
	GC_gcollect();
	print_errno("a full collection");
	print_files("after collections");
	print_process();
	shadow_heap_check(heap, 0);
	return EXIT_SUCCESS;
}

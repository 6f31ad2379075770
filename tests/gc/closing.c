/* SPDX-License-Identifier: MIT */
/*
 * closing.c - close every file descriptor, also those that are not ours, and go on.
 *
 *	closing some|all
 *
 * Afterwards some or all numbers are taken by files of the program's own, and these must
 * stay what they are: nobody may read, write, seek or close them in the belief that they
 * are the old ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 150000
#define FIRST	   3
#define LIMIT	   256

static struct shadow_heap *heap;

static void work(void)
{
	shadow_heap_mutate(heap, 0, OPERATIONS);
	shadow_heap_check(heap, 0);
}

static _Noreturn void die(const char *what, int fd)
{
	fprintf(stderr, "closing: %s, file descriptor %d: %s\n", what, fd, strerror(errno));
	exit(EXIT_FAILURE);
}

/* Each file contains its own number, and its position is at the end of that. */
static int open_files(int count)
{
	int fd, last = FIRST - 1;

	while (count-- && (fd = memfd_create("closing", 0)) >= 0) {
		if (write(fd, &fd, sizeof(fd)) != sizeof(fd))
			die("write", fd);
		last = fd;
	}
	return last;
}

static void check_files(int last)
{
	int fd, content;

	for (fd = FIRST; fd <= last; fd++) {
		errno = 0;
		if (lseek(fd, 0, SEEK_END) != sizeof(fd) ||
		    pread(fd, &content, sizeof(content), 0) != sizeof(content) ||
		    content != fd)
			die("the program's own file has changed", fd);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	struct rlimit limit = {LIMIT, LIMIT};
	int count = !strcmp(how, "all") ? LIMIT : LIMIT / 4;
	int last;

	if (strcmp(how, "some") && strcmp(how, "all")) {
		fputs("usage: closing some|all\n", stderr);
		return 2;
	}
	GC_INIT();
	heap = shadow_heap_create(MIB, 1, 1);
	work();
	closefrom(FIRST);
	/* Below the limit there is no number left for anyone, if we take all. */
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit", LIMIT);
	last = open_files(count);
	work();
	check_files(last);
	closefrom(FIRST);
	work();
	puts("no damage");
	return EXIT_SUCCESS;
}

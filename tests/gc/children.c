/* SPDX-License-Identifier: MIT */
/*
 * children.c - start other programs in every way there is, between collections.
 *
 * A child of vfork(2) shares its parent's memory until it is another program: nobody may
 * take it for a process of its own and set things up anew.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 20000
#define ROUNDS	   5
#define STATUS	   3

static struct shadow_heap *heap;

static void work(void)
{
	shadow_heap_mutate(heap, 0, OPERATIONS);
	shadow_heap_check(heap, 0);
}

static void expect(const char *how, int found, int expected)
{
	if (found == expected)
		return;
	fprintf(stderr, "children: %s gave %#x, expected %#x\n", how, found, expected);
	exit(EXIT_FAILURE);
}

static int wait_for(pid_t child)
{
	int status = -1;

	if (waitpid(child, &status, 0) != child)
		perror("children: waitpid");
	return status;
}

static int by_spawn(void)
{
	char *const arguments[] = {"sh", "-c", "exit 3", NULL};
	pid_t child;

	if (posix_spawnp(&child, "sh", NULL, NULL, arguments, environ))
		return -1;
	return wait_for(child);
}

static int by_vfork(void)
{
	pid_t child = vfork(); /* NOLINT: to be tested */

	if (!child) {
		execlp("sh", "sh", "-c", "exit 3", (char *)NULL);
		_exit(127);
	}
	return child < 0 ? -1 : wait_for(child);
}

/* A vfork child that never becomes another program. */
static int by_vfork_alone(void)
{
	pid_t child = vfork(); /* NOLINT: to be tested */

	if (!child)
		_exit(STATUS);
	return child < 0 ? -1 : wait_for(child);
}

static void by_popen(void)
{
	FILE *stream = popen("echo word", "r"); /* NOLINT: to be tested */
	char line[16] = "";

	expect("popen", stream != NULL, 1);
	expect("fgets", fgets(line, sizeof(line), stream) != NULL, 1);
	expect("what popen reads", strcmp(line, "word\n"), 0);
	expect("pclose", pclose(stream), 0);
}

int main(void)
{
	int i;

	GC_INIT();
	heap = shadow_heap_create(MIB, 1, 1);
	for (i = 0; i < ROUNDS; i++) {
		work();
		expect("system", system("exit 3"), STATUS << 8); /* NOLINT: to be tested */
		work();
		expect("posix_spawn", by_spawn(), STATUS << 8);
		work();
		expect("vfork and exec", by_vfork(), STATUS << 8);
		work();
		expect("vfork and _exit", by_vfork_alone(), STATUS << 8);
		work();
		by_popen();
		work();
	}
	puts("no damage");
	return EXIT_SUCCESS;
}

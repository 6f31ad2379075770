/* SPDX-License-Identifier: MIT */
/*
 * forking.c - fork, and use the collector on both sides.
 *
 *	forking plain|nested|threads
 *
 * Every process mutates its copy of a shadowed heap and checks it; the children's exit
 * status says what they found.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 60000
#define THREADS	   3
#define FORKS	   3

/* The main thread's owner: others may be in the middle of a change when we fork. */
#define MAIN_OWNER 0

static struct shadow_heap *heap;

/* A twentieth of the work at least, or there would be nothing to lose. */
static unsigned long scaled_operations(void)
{
	const char *scale = getenv("PGB_TEST_SCALE");
	unsigned long percent = scale ? strtoul(scale, NULL, 10) : 100;

	return OPERATIONS / 100 * (percent < 5 ? 5 : percent);
}

static void work(unsigned owner)
{
	unsigned long operations = scaled_operations();

	shadow_heap_mutate(heap, owner, operations / 2);
	/* With a heap that is partly free there might be none. */
	GC_start_incremental_collection();
	shadow_heap_mutate(heap, owner, operations / 2);
	shadow_heap_check(heap, owner);
}

/* Fork `depth` generations; each child works, forks the next, and works again. */
static void fork_and_work(int depth)
{
	pid_t child;
	int status;

	if (!depth)
		return;
	fflush(stdout);
	child = fork();
	if (child < 0) {
		perror("forking: fork");
		exit(EXIT_FAILURE);
	}
	if (!child) {
		work(MAIN_OWNER);
		fork_and_work(depth - 1);
		work(MAIN_OWNER);
		exit(EXIT_SUCCESS);
	}
	work(MAIN_OWNER);
	if (waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "forking: child %d ended with wait status %#x\n", child,
			status);
		exit(EXIT_FAILURE);
	}
	work(MAIN_OWNER);
}

static atomic_bool stop;

static void *work_until_stopped(void *argument)
{
	unsigned owner = *(unsigned *)argument;

	while (!stop)
		shadow_heap_mutate(heap, owner, scaled_operations() / 50);
	shadow_heap_check(heap, owner);
	return NULL;
}

static void fork_beside_threads(void)
{
	pthread_t threads[THREADS];
	unsigned owners[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		owners[i] = MAIN_OWNER + 1 + i;
		if (pthread_create(&threads[i], NULL, work_until_stopped, &owners[i])) {
			perror("forking: pthread_create");
			exit(EXIT_FAILURE);
		}
	}
	for (i = 0; i < FORKS; i++)
		fork_and_work(1);
	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	bool threads = !strcmp(how, "threads");
	int i;

	if (!threads && strcmp(how, "plain") && strcmp(how, "nested")) {
		fputs("usage: forking plain|nested|threads\n", stderr);
		return 2;
	}
	if (threads)
		GC_set_handle_fork(1);
	GC_INIT();
	heap = shadow_heap_create(MIB, threads ? 1 + THREADS : 1, 1);
	work(MAIN_OWNER);
	if (threads)
		fork_beside_threads();
	else if (!strcmp(how, "nested"))
		fork_and_work(3);
	else
		for (i = 0; i < FORKS; i++)
			fork_and_work(1);
	puts("no damage");
	return EXIT_SUCCESS;
}

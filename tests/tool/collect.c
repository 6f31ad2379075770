/* SPDX-License-Identifier: MIT */
/*
 * collect.c - a small program that has something to collect.
 *
 * collect N makes N collections; `collect N kill` is then killed, `collect N fork` forks
 * a child that goes on for as long.
 */
#include <gc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NODES 10000

struct node {
	struct node *next;
};

static struct node *list;

static void collect(long count)
{
	for (long i = 0; i < count; i++) {
		list = NULL;
		for (int j = 0; j < NODES; j++) {
			struct node *node = GC_MALLOC(sizeof(*node));

			node->next = list;
			list = node;
		}
		GC_gcollect();
	}
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	const char *then = argc > 2 ? argv[2] : "";
	pid_t child;

	GC_set_handle_fork(1);
	GC_INIT();
	collect(count);
	if (!strcmp(then, "kill"))
		raise(SIGKILL);
	if (!strcmp(then, "fork")) {
		child = fork();
		if (child)
			return waitpid(child, NULL, 0) == child ? 0 : 1;
		collect(count);
	}
	return 0;
}

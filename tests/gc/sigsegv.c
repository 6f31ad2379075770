/* SPDX-License-Identifier: MIT */
/*
 * sigsegv.c - whose SIGSEGV handler is installed, and does it work.
 *
 *	sigsegv none|before|after
 *
 * The program installs none, or one before or after it starts the collector.  It must
 * find the very same disposition later on; its handler must get its own faults.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#include "shadow_heap.h"

#define MIB	   8
#define OPERATIONS 5000
#define FAULTS	   40

static char *page;
static long page_size;
static volatile sig_atomic_t handled;

static void repair(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_addr != page || mprotect(page, page_size, PROT_READ | PROT_WRITE))
		_exit(4);
	handled++;
}

static void install(void)
{
	struct sigaction action = {.sa_sigaction = repair, .sa_flags = SA_SIGINFO};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSEGV, &action, NULL)) {
		perror("sigsegv: sigaction");
		exit(EXIT_FAILURE);
	}
}

static void expect_disposition(int signal, int ours)
{
	struct sigaction action;

	if (sigaction(signal, NULL, &action)) {
		perror("sigsegv: sigaction");
		exit(EXIT_FAILURE);
	}
	if (ours ? action.sa_sigaction == repair : action.sa_handler == SIG_DFL)
		return;
	fprintf(stderr, "sigsegv: the handler of signal %d is not %s\n", signal,
		ours ? "the program's" : "the default");
	exit(EXIT_FAILURE);
}

static void fault_once(void)
{
	int before = handled;

	if (mprotect(page, page_size, PROT_NONE)) {
		perror("sigsegv: mprotect");
		exit(EXIT_FAILURE);
	}
	*(volatile char *)page = 1;
	if (handled == before + 1)
		return;
	fprintf(stderr, "sigsegv: %d calls of the handler for one fault\n",
		handled - before);
	exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	const char *how = argc == 2 ? argv[1] : "";
	int own = strcmp(how, "none") != 0;
	struct shadow_heap *heap;
	int i;

	page_size = sysconf(_SC_PAGESIZE);
	page = mmap(NULL, page_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		perror("sigsegv: mmap");
		return EXIT_FAILURE;
	}
	if (!strcmp(how, "before"))
		install();
	GC_INIT();
	if (!strcmp(how, "after"))
		install();
	heap = shadow_heap_create(MIB, 1, 1);
	for (i = 0; i < FAULTS; i++) {
		shadow_heap_mutate(heap, 0, OPERATIONS);
		expect_disposition(SIGSEGV, own);
		expect_disposition(SIGBUS, 0);
		if (own)
			fault_once();
	}
	shadow_heap_check(heap, 0);
	puts("no damage");
	return EXIT_SUCCESS;
}

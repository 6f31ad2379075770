/* SPDX-License-Identifier: MIT */
/*
 * debugged.c - a program for a debugger to attach to.
 *
 * debugged				prints each backend that runs here, and whether it
 *					notices writes of the kernel, as words
 * debugged BACKEND READY GO ROUNDS	arms memory, writes its process id to the file
 *					READY, waits for GO, then writes and harvests and
 *					compares
 *
 * Exits with 1 when a write was lost.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <pgbarrier.h>

#define PAGES 64

/* What the debugger looks at, stops at, and writes to. */
unsigned long rounds_done;
unsigned char *memory;
void round_is_done(void);

static unsigned char shadow[PAGES]; /* the first byte of each page */
static size_t page;

__attribute__((noinline)) void round_is_done(void)
{
	rounds_done++;
}

static void take(void *arg, uintptr_t start, uintptr_t end)
{
	(void)arg;
	for (uintptr_t at = start; at < end; at += page)
		shadow[(at - (uintptr_t)memory) / page] = *(unsigned char *)at;
}

static bool lost_a_write(void)
{
	for (size_t i = 0; i < PAGES; i++)
		if (shadow[i] != memory[i * page])
			return true;
	return false;
}

static int print_backends(void)
{
	struct pgb_backend_info info;

	for (size_t i = 0; i < pgb_backend_count(); i++)
		if (!pgb_backend_probe(i, &info, sizeof(info)) && !info.status)
			printf("%s %s\n", info.name,
			       info.capabilities & PGB_CAP_KERNEL_WRITES ? "yes" : "no");
	return 0;
}

static int say_ready(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return -1;
	fprintf(file, "%ld\n", (long)getpid());
	return fclose(file);
}

static int run(struct pgb_barrier *barrier, unsigned long rounds)
{
	for (unsigned long i = 0; i < rounds; i++) {
		for (size_t n = i % 3; n < PAGES; n += 3)
			memory[n * page]++;
		round_is_done();
		if (pgb_harvest(barrier, take, NULL) || lost_a_write())
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct pgb_barrier *barrier;
	int status;

	if (argc == 1)
		return print_backends();
	if (argc != 5)
		return 2;
	page = (size_t)sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || pgb_open(&barrier, argv[1]))
		return 2;
	memset(memory, 1, PAGES * page);
	if (pgb_add(barrier, memory, PAGES * page) || pgb_harvest(barrier, take, NULL) ||
	    say_ready(argv[2]))
		return 2;
	while (access(argv[3], F_OK))
		usleep(10000);
	status = run(barrier, strtoul(argv[4], NULL, 10));
	pgb_close(barrier);
	return status;
}

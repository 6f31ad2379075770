/* SPDX-License-Identifier: MIT */
/*
 * vmas.c - write to a large old heap at random, and print how many VMAs it took.
 *
 *	vmas MIB OPERATIONS
 *
 * One page in the middle of clean ones is a VMA of its own where pages are protected by
 * mprotect(2); there is a limit to those.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GC_THREADS
#include <gc.h>

#define OLD_WORDS 250  /* two to a page */
#define GARBAGE	  1000 /* bytes for each operation, so that collections happen */
#define SAMPLES	  200

struct young {
	uint64_t tag;
	uint64_t rest[7];
};

struct old {
	struct young *young;
	uint64_t tag;
	uint64_t rest[OLD_WORDS - 2];
};

static struct old **table;

static unsigned long count_vmas(void)
{
	static char buffer[1 << 16];
	unsigned long lines = 0;
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t length, i;

	if (maps < 0) {
		perror("vmas: /proc/self/maps");
		exit(EXIT_FAILURE);
	}
	while ((length = read(maps, buffer, sizeof(buffer))) > 0)
		for (i = 0; i < length; i++)
			lines += buffer[i] == '\n';
	close(maps);
	return lines;
}

static void *allocate(size_t size)
{
	void *object = GC_MALLOC(size);

	if (object)
		return object;
	fputs("vmas: the collector has no memory\n", stderr);
	exit(EXIT_FAILURE);
}

static uint64_t random_word(void)
{
	static uint64_t state = 1;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void fill(unsigned long count)
{
	unsigned long i;

	table = allocate(count * sizeof(void *));
	for (i = 0; i < count; i++)
		table[i] = allocate(sizeof(**table));
}

static void mutate_once(unsigned long count)
{
	struct old *old = table[random_word() % count];

	if (old->young && old->young->tag != old->tag) {
		fputs("vmas: damage: an object in use was freed\n", stderr);
		exit(EXIT_FAILURE);
	}
	GC_MALLOC_ATOMIC(GARBAGE);
	old->young = allocate(sizeof(*old->young));
	old->tag = random_word() | UINT64_C(1) << 63;
	old->young->tag = old->tag;
}

int main(int argc, char **argv)
{
	unsigned long mib = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned long operations = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	unsigned long count = (mib << 20) / sizeof(struct old);
	unsigned long peak = 0, i;

	if (!count || operations < SAMPLES) {
		fprintf(stderr, "usage: vmas MIB OPERATIONS, at least %d\n", SAMPLES);
		return 2;
	}
	GC_INIT();
	if (!GC_expand_hp((mib + mib / 4) << 20)) {
		fputs("vmas: the heap cannot be that large\n", stderr);
		return EXIT_FAILURE;
	}
	fill(count);
	/* Twice: what it has marked is old, and what was written before counts no more. */
	GC_gcollect();
	GC_gcollect();
	for (i = 0; i < operations; i++) {
		mutate_once(count);
		if (i % (operations / SAMPLES) == 0) {
			unsigned long vmas = count_vmas();

			peak = vmas > peak ? vmas : peak;
		}
	}
	printf("vmas %lu\ncollections %lu\n", peak, (unsigned long)GC_get_gc_no());
	return EXIT_SUCCESS;
}

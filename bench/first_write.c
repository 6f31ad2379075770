/* SPDX-License-Identifier: MIT */
/*
 * first_write.c - what the first write to an armed page costs.
 *
 * Every page of a stretch of memory is written once, in random order, by one thread or
 * by two that share the pages, right after a harvest has armed them.  For scale, the same
 * with pages that are writable and with pages that were never touched.  All of them take
 * turns in every round, so that a slow spell of the machine hits all alike.
 */
#include <argp.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "measure.h"
#include "measure_options.h"
#include "number_option.h"
#include "pgbarrier.h"

#define MAXIMUM_THREADS 2

struct options {
	struct measure_options measure;
	size_t pages;
};

enum subject_kind { ARMED_UFFD, ARMED_MPROTECT, WRITABLE, UNTOUCHED, SUBJECTS };

struct subject {
	const char *name;
	const char *backend; /* NULL: no barrier */
	struct pgb_barrier *barrier;
	char *memory;
	double ns_per_page[MAXIMUM_THREADS][MAXIMUM_ROUNDS];
};

static struct subject subjects[SUBJECTS] = {
	[ARMED_UFFD] = {.name = "armed by uffd-async", .backend = "uffd-async"},
	[ARMED_MPROTECT] = {.name = "armed by mprotect", .backend = "mprotect"},
	[WRITABLE] = {.name = "writable already"},
	[UNTOUCHED] = {.name = "never touched"},
};

static size_t page_size;

struct writer {
	pthread_t thread;
	pthread_barrier_t *start;
	char *memory;
	const uint32_t *order;
	size_t first, step, pages;
	uint64_t begin, end;
};

static void *write_pages(void *argument)
{
	struct writer *writer = argument;

	pthread_barrier_wait(writer->start);
	writer->begin = now_ns();
	for (size_t i = writer->first; i < writer->pages; i += writer->step) {
		size_t page = writer->order[i];
		/* Not the same cache line of every page: those share few cache sets. */
		size_t offset = page * 64 % page_size;

		*(volatile char *)(writer->memory + page * page_size + offset) = 1;
	}
	writer->end = now_ns();
	return NULL;
}

/* Give each thread a CPU of its own, as far as there are as many. */
static void place(pthread_t thread, unsigned number)
{
	cpu_set_t allowed, one;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || number--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		pthread_setaffinity_np(thread, sizeof(one), &one);
		return;
	}
}

/* Wall-clock ns, from the first thread's start to the last one's end. */
static uint64_t time_writes(char *memory, const uint32_t *order, size_t pages,
			    unsigned threads)
{
	struct writer writers[MAXIMUM_THREADS];
	uint64_t begin = UINT64_MAX, end = 0;
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, threads);
	for (unsigned i = 0; i < threads; i++) {
		writers[i] = (struct writer){.start = &start,
					     .memory = memory,
					     .order = order,
					     .first = i,
					     .step = threads,
					     .pages = pages};
		if (pthread_create(&writers[i].thread, NULL, write_pages, &writers[i]))
			fail("cannot start a thread", -EAGAIN);
		place(writers[i].thread, i);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(writers[i].thread, NULL);
		begin = writers[i].begin < begin ? writers[i].begin : begin;
		end = writers[i].end > end ? writers[i].end : end;
	}
	pthread_barrier_destroy(&start);
	return end - begin;
}

static void count_pages(void *argument, uintptr_t start, uintptr_t end)
{
	size_t *pages = argument;

	*pages += (end - start) / page_size;
}

static size_t harvest(struct subject *subject)
{
	size_t pages = 0;
	int err = pgb_harvest(subject->barrier, count_pages, &pages);

	if (err)
		fail(subject->backend, err);
	return pages;
}

static void measure_once(struct subject *subject, const uint32_t *order, unsigned threads,
			 size_t round, const struct options *options)
{
	size_t size = options->pages * page_size;
	uint64_t ns;

	if (subject->barrier)
		harvest(subject);
	else if (subject == &subjects[UNTOUCHED])
		madvise(subject->memory, size, MADV_DONTNEED);
	ns = time_writes(subject->memory, order, options->pages, threads);
	subject->ns_per_page[threads - 1][round] = (double)ns / (double)options->pages;
	if (subject->barrier && harvest(subject) != options->pages)
		fail("a harvest did not report what was written", -EIO);
}

static void set_up(struct subject *subject, size_t size)
{
	int err = 0;

	subject->memory = populated_memory(size);
	if (subject->backend)
		err = pgb_open(&subject->barrier, subject->backend);
	if (err) {
		fprintf(stderr,
			"first_write: %s cannot run here; `pgbarrier doctor` says why\n",
			subject->backend);
		exit(EXIT_FAILURE);
	}
	if (subject->barrier)
		err = pgb_add(subject->barrier, subject->memory, size);
	if (err)
		fail("cannot watch memory", err);
}

static void print_ratio(unsigned threads, double ratio, double target)
{
	printf("uffd-async / mprotect, %u thread%s: %.3f; target: at most %.3f: %s\n",
	       threads, threads > 1 ? "s" : "", ratio, target, verdict(ratio, target));
}

static void report(const struct options *options)
{
	double result[SUBJECTS][MAXIMUM_THREADS];

	printf("first write to a page, ns (wall time / pages, median of %zu rounds, %zu "
	       "pages, "
	       "random order)\n\n%-22s%12s%12s\n",
	       options->measure.rounds, options->pages, "page", "1 thread", "2 threads");
	for (unsigned i = 0; i < SUBJECTS; i++) {
		for (unsigned threads = 1; threads <= MAXIMUM_THREADS; threads++)
			result[i][threads - 1] =
				median(subjects[i].ns_per_page[threads - 1],
				       options->measure.rounds);
		printf("%-22s%12.0f%12.0f\n", subjects[i].name, result[i][0], result[i][1]);
	}
	printf("\n");
	print_ratio(1, result[ARMED_UFFD][0] / result[ARMED_MPROTECT][0], 1.0 / 4);
	print_ratio(2, result[ARMED_UFFD][1] / result[ARMED_MPROTECT][1], 1.0 / 8);
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		printf("There is one CPU here: two threads do not run at the same time.\n");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'p':
		options->pages = number_option(state, "pages", argument, 1, 1u << 24);
		return 0;
	default:
		return parse_measure_option(key, argument, state, &options->measure);
	}
}

static const struct argp_option option_table[] = {
	{"pages", 'p', "N", 0, "Pages written in each round (8192)", 0},
	{ROUNDS_OPTION("21")},
	{SEED_OPTION("order of the pages", "1")},
	{0},
};

static const struct argp argp = {
	.options = option_table,
	.parser = parse_option,
	.doc = "Measure the first write to a page armed by uffd-async and by mprotect, "
	       "with "
	       "one thread and with two.",
};

int main(int argc, char **argv)
{
	struct options options = {.pages = 8192, .measure = {.rounds = 21, .seed = 1}};
	uint32_t *order;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	order = shuffled_indices(options.pages, options.measure.seed);
	for (unsigned i = 0; i < SUBJECTS; i++)
		set_up(&subjects[i], options.pages * page_size);
	for (size_t round = 0; round < options.measure.rounds; round++) {
		for (unsigned threads = 1; threads <= MAXIMUM_THREADS; threads++) {
			for (unsigned i = 0; i < SUBJECTS; i++)
				measure_once(&subjects[i], order, threads, round, &options);
		}
	}
	report(&options);
	for (unsigned i = 0; i < SUBJECTS; i++)
		pgb_close(subjects[i].barrier);
	free(order);
	return EXIT_SUCCESS;
}

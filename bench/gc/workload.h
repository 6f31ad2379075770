/* SPDX-License-Identifier: MIT */
/*
 * workload.h - what the programs that load the collector have in common.
 *
 * Each keeps as much alive as --mib says, allocates --turnover times as much in all, and
 * finds out whether an object was lost.  What it prints on standard output depends on its
 * options alone, so it must be the same in every configuration of the collector.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

/* The collector stops the threads that it has started itself. */
#define GC_THREADS
#include <argp.h>
#include <gc.h>
#include <stddef.h>
#include <stdint.h>

#define WORKLOAD_THREADS 64

struct workload {
	unsigned mib;	   /* to keep alive */
	unsigned turnover; /* allocated in all, in times of that */
	uint64_t seed;
};

/*
 * Read the options and start the collector.  `doc` is for --help; `own`, which may be NULL,
 * has the options that others lack, and gets `input`.  Ends the program if they are wrong.
 */
struct workload workload_start(int argc, char **argv, const char *doc,
			       const struct argp *own, void *input);

static inline size_t workload_bytes(const struct workload *workload)
{
	return (size_t)workload->mib << 20;
}

/* Objects of the collector, all zeros; plain ones hold no pointers, and anything. */
void *new_object(size_t size);
void *new_plain(size_t size);

/* Zeros that the collector does not look at.  It is never freed. */
void *new_unscanned(size_t count, size_t size);

/*
 * The caller, to one of the CPUs that the program may use.  Threads that it starts inherit
 * that, the collector's markers too: who starts others is not to be pinned.
 */
void pin_thread(unsigned number);

/* End the program: with what went wrong, or with what was lost. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);
__attribute__((format(printf, 1, 2), noreturn)) void damage(const char *format, ...);

/* The one line of output: "NAME: COUNT THINGS, checksum ...". */
void report(uint64_t count, const char *things, uint64_t checksum);

#endif

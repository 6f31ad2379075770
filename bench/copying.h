/* SPDX-License-Identifier: MIT */
/*
 * copying.h - a concurrent copying collector, its heap and its mutators.
 */
#ifndef BENCH_COPYING_H
#define BENCH_COPYING_H

#include <atomic_ops.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "durations.h"
#include "pgbarrier_fault.h"
#include "shadow_tree.h"

#define MUTATORS 2u

/* Errors that can be made on purpose, to see that they are found. */
enum plant {
	PLANT_NOTHING,
	PLANT_UNSCANNED,   /* a fault is acknowledged, but the page was not scanned */
	PLANT_UNPROTECTED, /* a flip protects nothing */
	PLANT_UNFORWARDED, /* a flip forwards no roots */
};

struct options {
	unsigned pages; /* of a semispace */
	unsigned nodes; /* of the tree of each mutator */
	unsigned flips;
	bool lazy; /* scan in the background only when memory is out */
	uint64_t seed;
	enum plant plant;
};

struct mutator {
	struct heap *heap;
	pthread_t thread;
	struct shadow_tree tree;
	char *free, *limit; /* where its next objects go */
	unsigned flips;	    /* that it has seen */
	struct durations stops;
};

struct heap {
	const struct options *options;
	struct pgb_fault_channel *channel;
	char *mutators_view, *collectors_view;
	size_t page_size, space_size;
	int news; /* eventfd: the collector should look at what follows */

	/*
	 * Under `lock`.  Who holds it does not touch the mutators' view, where it might
	 * have to wait for the collector, which needs the lock.
	 */
	pthread_mutex_t lock;
	pthread_cond_t flipped;
	unsigned running, stopped; /* mutators */
	bool memory_is_out;	   /* somebody waits for the next flip */
	unsigned flips;
	size_t next_chunk; /* offset in to-space */

	AO_t stop_please; /* read by mutators at their safe points */
	unsigned to;	  /* which half is to-space; changes while they are stopped */
	struct mutator mutators[MUTATORS];

	/* The collector's own. */
	bool *scanned;	     /* by page of the half of to-space for copies */
	size_t copy_page;    /* the page that copies are appended to */
	size_t copied;	     /* bytes that it has */
	size_t next_to_scan; /* all pages before it are scanned */
	uint64_t faults_for_scanned, faults_in_from_space;
	uint64_t scanned_for_fault, scanned_in_background;
	struct durations flip_times, answer_times;
};

/* These end the program with status 1 if something fails. */
void copying_set_up(struct heap *heap, const struct options *options);
/* Until all mutators have seen the flips that the options ask for, or damage. */
void copying_run(struct heap *heap);
void copying_tear_down(struct heap *heap);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * stage.h - a fault channel, an area of memory in it, and threads that get stopped there.
 *
 * Pages are numbered from 0 in the area.  The functions check the library's results.
 * Whoever runs a case is its reader, and so must not touch pages that would stop him.
 */
#ifndef PGB_FAULT_STAGE_H
#define PGB_FAULT_STAGE_H

#include <pgbarrier_fault.h>

#include "actor.h"
#include "harness.h"

struct stage {
	struct pgb_fault_channel *channel;
	size_t page; /* bytes */
	size_t pages;
	unsigned kinds;
	unsigned char *base;
	int memfd;	      /* -1: anonymous memory */
	unsigned char *alias; /* the same memory, without faults; NULL: anonymous */
};

/* Ends the case as skipped where a kind or an action is not to be had. */
void stage_need(unsigned kinds, unsigned actions);

/* Fresh memory that is added to a channel of its own; needs the kinds. */
void stage_open(struct stage *stage, size_t pages, unsigned kinds);
/* The same with MAP_SHARED memory of a memfd, in which every page exists. */
void stage_open_shared(struct stage *stage, size_t pages, unsigned kinds);
/* The same without a channel, and nothing added; for a second area in one. */
void stage_map(struct stage *stage, size_t pages);
void stage_map_shared(struct stage *stage, size_t pages);
void stage_close(struct stage *stage);

unsigned char *stage_page(const struct stage *stage, size_t page);
struct pgb_page_run stage_run(const struct stage *stage, size_t first, size_t pages);

void stage_protect(const struct stage *stage, unsigned kind, size_t first, size_t pages);
void stage_unprotect(const struct stage *stage, unsigned kind, size_t first, size_t pages);

/* The next fault, waited for. */
struct pgb_fault stage_next(const struct stage *stage);
/* Waited for, and for this page. */
struct pgb_fault stage_expect(const struct stage *stage, unsigned kind, size_t page);
/* Nothing is to be read. */
void stage_quiet(const struct stage *stage);

/* Returns the result of one acknowledgement; what was returned fits it. */
int stage_ack(const struct stage *stage, enum pgb_ack_action action, size_t first,
	      size_t pages, const void *source);

struct pgb_fault_stats stage_stats(const struct stage *stage);

/* Mappings in /proc/self/maps that overlap the area. */
size_t stage_mappings(const struct stage *stage);
/* Make another mapping of what is from this page on. */
void stage_split(const struct stage *stage, size_t page);

#endif

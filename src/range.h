/* SPDX-License-Identifier: MIT */
/*
 * range.h - sorted sets of address ranges that can be read without a lock.
 *
 * A table never changes once it is published; a change makes a new one and retires the
 * old.  So a harvest reads a whole table even if the thread that was about to publish
 * the next one has been stopped.  Old tables go when nobody is reading: a reader counts
 * itself before it loads the pointer, so that with the count at zero after a new table
 * was published nobody can still have an old one.
 */
#ifndef PGB_RANGE_H
#define PGB_RANGE_H

#include <atomic_ops.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pgb_pin_due {
	PGB_PIN_SETTLED,
	PGB_PIN_DUE,	  /* unpinned, and not harvested since */
	PGB_PIN_SETTLING, /* in the harvest that is running */
};

struct pgb_range {
	uintptr_t start, end;
	AO_t pins; /* how many pgb_pin() stand; 0 in a table of watched ranges */
	AO_t due;  /* enum pgb_pin_due */
};

struct pgb_range_table {
	size_t mapped;			 /* bytes of this table */
	struct pgb_range_table *retired; /* the next older one */
	size_t count;
	struct pgb_range range[];
};

/* A place where tables are published.  Writers keep each other out. */
struct pgb_ranges {
	AO_t current; /* struct pgb_range_table *; 0: empty */
	struct pgb_range_table *retired;
	AO_t *readers; /* given by the owner, who may share it and may wipe it */
};

/* The part of a range that lies in [start, end). */
struct pgb_range pgb_range_overlap(const struct pgb_range *range, uintptr_t start,
				   uintptr_t end);

/* Page-aligned, not empty, and where memory can be?  0 or -EINVAL. */
int pgb_range_check(uintptr_t start, size_t length);

void pgb_ranges_init(struct pgb_ranges *ranges, AO_t *readers);
void pgb_ranges_destroy(struct pgb_ranges *ranges);

/* What is published now; valid until pgb_ranges_end_read().  Never NULL. */
const struct pgb_range_table *pgb_ranges_begin_read(struct pgb_ranges *ranges);
void pgb_ranges_end_read(struct pgb_ranges *ranges);

/* For writers, who need no count. */
const struct pgb_range_table *pgb_ranges_current(const struct pgb_ranges *ranges);

/*
 * New tables, not yet published; NULL: no memory.  _with joins [start, end) with what it
 * overlaps or touches, _without cuts it out.
 */
struct pgb_range_table *pgb_range_table_with(const struct pgb_range_table *table,
					     uintptr_t start, uintptr_t end);
struct pgb_range_table *pgb_range_table_without(const struct pgb_range_table *table,
						uintptr_t start, uintptr_t end);

/* The same for pins, which overlap and are counted; entries that are over are left out. */
struct pgb_range_table *pgb_range_table_pinned(const struct pgb_range_table *table,
					       uintptr_t start, uintptr_t end);

/* Publish `table`, and free the old ones if nobody reads. */
void pgb_ranges_publish(struct pgb_ranges *ranges, struct pgb_range_table *table);

/*
 * The same in two steps, for who needs the old table a little longer: publish; free the
 * old ones if nobody reads.
 */
void pgb_ranges_replace(struct pgb_ranges *ranges, struct pgb_range_table *table);
void pgb_ranges_collect(struct pgb_ranges *ranges);

/* Give back a table that was not published. */
void pgb_range_table_free(struct pgb_range_table *table);

/* Index of the first range that ends after `address`, or count.  Not for pins. */
size_t pgb_range_table_find(const struct pgb_range_table *table, uintptr_t address);
bool pgb_range_table_overlaps(const struct pgb_range_table *table, uintptr_t start,
			      uintptr_t end);
/* Is all of [start, end) in one range?  Then it is in the one at `find`. */
bool pgb_range_table_contains(const struct pgb_range_table *table, uintptr_t start,
			      uintptr_t end);
size_t pgb_range_table_bytes(const struct pgb_range_table *table);

#endif

/* SPDX-License-Identifier: MIT */
/* range.c - sorted sets of address ranges that can be read without a lock. */
#include "range.h"

#include <errno.h>

#include "os/memory.h"

static const struct pgb_range_table empty;

int pgb_range_check(uintptr_t start, size_t length)
{
	uintptr_t misfit = pgb_page_size() - 1, limit = (uintptr_t)1 << PGB_ADDRESS_BITS;

	if (!length || ((start | length) & misfit) || length > limit ||
	    start > limit - length)
		return -EINVAL;
	return 0;
}

struct pgb_range pgb_range_overlap(const struct pgb_range *range, uintptr_t start,
				   uintptr_t end)
{
	return (struct pgb_range){
		.start = range->start > start ? range->start : start,
		.end = range->end < end ? range->end : end,
	};
}

void pgb_ranges_init(struct pgb_ranges *ranges, AO_t *readers)
{
	*ranges = (struct pgb_ranges){.readers = readers};
}

const struct pgb_range_table *pgb_ranges_current(const struct pgb_ranges *ranges)
{
	const void *table = (const void *)AO_load_acquire(&ranges->current);

	return table ? table : &empty;
}

const struct pgb_range_table *pgb_ranges_begin_read(struct pgb_ranges *ranges)
{
	AO_fetch_and_add1_full(ranges->readers);
	return pgb_ranges_current(ranges);
}

void pgb_ranges_end_read(struct pgb_ranges *ranges)
{
	AO_fetch_and_sub1_full(ranges->readers);
}

static struct pgb_range_table *table_new(size_t capacity)
{
	size_t page = pgb_page_size();
	size_t size = sizeof(struct pgb_range_table) + capacity * sizeof(struct pgb_range);
	struct pgb_range_table *table;

	size = (size + page - 1) / page * page;
	table = pgb_memory_map(size);
	if (table)
		table->mapped = size;
	return table;
}

void pgb_range_table_free(struct pgb_range_table *table)
{
	if (table)
		pgb_memory_unmap(table, table->mapped);
}

static void retire(struct pgb_ranges *ranges, struct pgb_range_table *old)
{
	if (!old)
		return;
	old->retired = ranges->retired;
	ranges->retired = old;
}

static void free_retired(struct pgb_ranges *ranges)
{
	while (ranges->retired) {
		struct pgb_range_table *table = ranges->retired;

		ranges->retired = table->retired;
		pgb_range_table_free(table);
	}
}

void pgb_ranges_collect(struct pgb_ranges *ranges)
{
	if (!AO_load_full(ranges->readers))
		free_retired(ranges);
}

void pgb_ranges_replace(struct pgb_ranges *ranges, struct pgb_range_table *table)
{
	struct pgb_range_table *old = (struct pgb_range_table *)AO_load(&ranges->current);

	AO_store_full(&ranges->current, (AO_t)table);
	retire(ranges, old);
}

void pgb_ranges_publish(struct pgb_ranges *ranges, struct pgb_range_table *table)
{
	pgb_ranges_replace(ranges, table);
	pgb_ranges_collect(ranges);
}

void pgb_ranges_destroy(struct pgb_ranges *ranges)
{
	free_retired(ranges);
	pgb_range_table_free((struct pgb_range_table *)ranges->current);
	ranges->current = 0;
}

static void append(struct pgb_range_table *table, struct pgb_range range)
{
	if (range.start < range.end)
		table->range[table->count++] = range;
}

struct pgb_range_table *pgb_range_table_with(const struct pgb_range_table *table,
					     uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *new = table_new(table->count + 1);
	struct pgb_range joined = {.start = start, .end = end};
	size_t i = 0;

	if (!new)
		return NULL;
	while (i < table->count && table->range[i].end < start)
		append(new, table->range[i++]);
	for (; i < table->count && table->range[i].start <= end; i++) {
		if (table->range[i].start < joined.start)
			joined.start = table->range[i].start;
		if (table->range[i].end > joined.end)
			joined.end = table->range[i].end;
	}
	append(new, joined);
	while (i < table->count)
		append(new, table->range[i++]);
	return new;
}

struct pgb_range_table *pgb_range_table_without(const struct pgb_range_table *table,
						uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *new = table_new(table->count + 1);

	if (!new)
		return NULL;
	for (size_t i = 0; i < table->count; i++) {
		struct pgb_range before = table->range[i], after = table->range[i];

		if (before.end <= start || before.start >= end) {
			append(new, before);
			continue;
		}
		before.end = start;
		after.start = end;
		append(new, before);
		append(new, after);
	}
	return new;
}

struct pgb_range_table *pgb_range_table_pinned(const struct pgb_range_table *table,
					       uintptr_t start, uintptr_t end)
{
	struct pgb_range_table *new = table_new(table->count + 1);
	struct pgb_range pin = {.start = start, .end = end, .pins = 1};
	size_t i;

	if (!new)
		return NULL;
	for (i = 0; i < table->count && table->range[i].start <= start; i++) {
		if (table->range[i].start == start && table->range[i].end == end)
			pin.pins += table->range[i].pins;
		else if (table->range[i].pins || table->range[i].due)
			append(new, table->range[i]);
	}
	append(new, pin);
	for (; i < table->count; i++)
		if (table->range[i].pins || table->range[i].due)
			append(new, table->range[i]);
	return new;
}

size_t pgb_range_table_find(const struct pgb_range_table *table, uintptr_t address)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->range[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool pgb_range_table_overlaps(const struct pgb_range_table *table, uintptr_t start,
			      uintptr_t end)
{
	size_t i = pgb_range_table_find(table, start);

	return i < table->count && table->range[i].start < end;
}

bool pgb_range_table_contains(const struct pgb_range_table *table, uintptr_t start,
			      uintptr_t end)
{
	size_t i = pgb_range_table_find(table, start);

	return i < table->count && table->range[i].start <= start &&
	       end <= table->range[i].end;
}

size_t pgb_range_table_bytes(const struct pgb_range_table *table)
{
	size_t bytes = 0;

	for (size_t i = 0; i < table->count; i++)
		bytes += table->range[i].end - table->range[i].start;
	return bytes;
}

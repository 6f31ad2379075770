/* SPDX-License-Identifier: MIT */
/* log.c - the log that the kernel keeps of first writes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "ring.h"

#define PAGES 64

static void in_order(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	check_int(ring.header->entries, 16);
	region_read(&ring.region, 0, PAGES);
	check_int(ring_count(&ring), 0);
	for (size_t i = 0; i < 10; i++) {
		region_write(&ring.region, i * 37 % PAGES, 1);
		/* It is there before the write has come through. */
		check_int(ring_count(&ring), i + 1);
	}
	for (size_t i = 0; i < 10; i++)
		check_int(ring_page(&ring, i), i * 37 % PAGES);
	/* Once in a cycle. */
	for (size_t i = 0; i < 10; i++)
		region_write(&ring.region, i * 37 % PAGES, 1);
	check_int(ring_count(&ring), 10);
	check_int(ring.header->tail, 0);
	check_int(ring.header->dropped, 0);
	ring_close(&ring);
}

static void reset_begins_a_cycle(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	/* Often enough to come around. */
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < 5; i++)
			region_write(&ring.region, (round + i) % PAGES, 1);
		check_int(ring_count(&ring), 5);
		for (size_t i = 0; i < 5; i++)
			check_int(ring_page(&ring, ring.header->tail + i),
				  (round + i) % PAGES);
		check_int(ring_reset(&ring, 0), 5);
		check_int(ring.header->tail, (round + 1) * 5);
		check_int(ring_reset(&ring, 0), 0);
	}
	/* What was reset is not in the account of the next harvest. */
	check_int(region_harvest(&ring.region), 0);
	check_int(ring.header->dropped, 0);
	ring_close(&ring);
}

/* Some of the entries: the others' pages are not armed, and stay in the account. */
static void reset_of_a_part(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	region_write(&ring.region, 10, 6);
	check_int(ring_reset(&ring, 4), 4);
	check_int(ring_count(&ring), 2);
	check_int(ring_page(&ring, 4), 14);
	region_write(&ring.region, 10, 6);
	check_int(ring_count(&ring), 6);
	check_int(ring_page(&ring, 6), 10);
	check_int(ring_page(&ring, 9), 13);
	region_must_find_only(&ring.region, 10, 6);
	ring_close(&ring);
}

/* More pages than entries, in a harvest as in a reset: nothing is lost. */
static void full(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 8, 0, -1);
	region_write(&ring.region, 0, PAGES);
	check_int(ring_count(&ring), 8);
	check_int(ring.header->dropped, PAGES - 8);
	for (size_t i = 0; i < 8; i++)
		check_int(ring_page(&ring, i), i);
	check_int(ring_reset(&ring, 0), 8);
	/* Those that found no room. */
	region_must_find_only(&ring.region, 8, PAGES - 8);
	region_write(&ring.region, 30, 8);
	check_int(ring_count(&ring), 8);
	check_int(ring_page(&ring, 8), 30);
	region_must_find_only(&ring.region, 30, 8);
	check_int(ring.header->dropped, PAGES - 8);
	ring_close(&ring);
}

/* A harvest is complete whatever the log says, and entries from before it do no harm. */
static void harvested_as_well(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 32, 0, -1);
	region_write(&ring.region, 5, 3);
	region_must_find_only(&ring.region, 5, 3);
	check_int(ring_count(&ring), 3);
	region_write(&ring.region, 6, 3);
	check_int(ring_count(&ring), 6);
	ring_reset(&ring, 3);
	/* The first three were written again: they are in the log, or still in the account.
	 */
	check_int(ring_page(&ring, 3), 6);
	ring_reset(&ring, 0);
	check_int(region_harvest(&ring.region), 0);
	region_write(&ring.region, 5, 4);
	check_int(ring_count(&ring), 4);
	ring_close(&ring);
}

static uint64_t count_of(int eventfd)
{
	uint64_t count = 0;

	if (read(eventfd, &count, sizeof(count)) < 0)
		check_int(errno, EAGAIN);
	return count;
}

static void watermark(unsigned mode)
{
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct ring ring;

	ring_open(&ring, mode, PAGES, 16, 4, event);
	for (int round = 0; round < 3; round++) {
		region_write(&ring.region, 0, 3);
		check_int(count_of(event), 0);
		region_write(&ring.region, 3, 1);
		check(count_of(event) > 0);
		check_int(ring_reset(&ring, 0), 4);
		check_int(count_of(event), 0);
	}
	/* Left alone until the ring is full, and emptied to below the watermark. */
	region_write(&ring.region, 0, PAGES);
	check(count_of(event) > 0);
	check_int(ring_reset(&ring, 14), 14);
	region_write(&ring.region, 0, 1);
	check_int(count_of(event), 0);
	region_write(&ring.region, 1, 1);
	check(count_of(event) > 0);
	/* The region has an eventfd of its own. */
	close(event);
	ring_reset(&ring, 0);
	region_write(&ring.region, 0, 10);
	ring_close(&ring);
}

static void at_full(unsigned mode)
{
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct ring ring;

	ring_open(&ring, mode, PAGES, 1, 1, event);
	for (size_t i = 0; i < 5; i++) {
		region_write(&ring.region, i, 1);
		check_int(ring_page(&ring, i), i);
		check(count_of(event) > 0);
		check_int(ring_reset(&ring, 0), 1);
	}
	ring_close(&ring);
	close(event);
}

/* What other ways of writing there are is in the log, or in the account. */
static void from_outside(unsigned mode)
{
	struct ring ring;
	unsigned char *other;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	region_settle(&ring.region);
	ring_reset(&ring, 0);
	check_int(by_read(region_page(&ring.region, 9)), KERNEL_WRITE_BYTES);
	check_int(ring_count(&ring), 1);
	check_int(ring_page(&ring, ring.header->tail), 9);
	other = region_map_part(&ring.region, 20, 1);
	++*other;
	check_int(ring_count(&ring), 2);
	check_int(munmap(other, ring.region.page), 0);
	check_int(madvise(ring.region.base, PAGES * ring.region.page, MADV_DONTNEED), 0);
	region_write(&ring.region, 9, 1);
	region_harvest(&ring.region);
	check(region_found(&ring.region, 9) && region_found(&ring.region, 20));
	ring_close(&ring);
}

static void poke(void *arg)
{
	*(volatile unsigned char *)arg = 1;
}

static void read_only(unsigned mode)
{
	struct ring ring;
	int status;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	check(mmap(NULL, ring.region.page, PROT_READ | PROT_WRITE, MAP_SHARED,
		   ring.region.fd, (off_t)PGBARRIER_OFFSET_LOG) == MAP_FAILED);
	check(mmap(NULL, ring.bytes + ring.region.page, PROT_READ, MAP_SHARED,
		   ring.region.fd, (off_t)PGBARRIER_OFFSET_LOG) == MAP_FAILED);
	check_int(mprotect((void *)ring.header, ring.region.page, PROT_READ | PROT_WRITE),
		  -1);
	check_int(errno, EACCES);
	status = child_wait(child_start(poke, (void *)ring.header));
	check(status != 0);
	ring_close(&ring);
}

/* With nothing but a mapping of the ring left, it can be read to the end. */
static void outlives_the_descriptor(unsigned mode)
{
	struct ring ring;

	ring_open(&ring, mode, PAGES, 16, 0, -1);
	check_int(close(ring.region.fd), 0);
	region_write(&ring.region, 3, 2);
	check_int(munmap(ring.region.base, PAGES * ring.region.page), 0);
	check_int(ring_count(&ring), 2);
	check_int(ring_page(&ring, 1), 4);
	check_int(munmap((void *)ring.header, ring.bytes), 0);
}

static const struct moded_case cases[] = {
#define IN_BOTH(text, run)                                                                 \
	{"wp: " text, run, PGBARRIER_MODE_WP},                                             \
	{                                                                                  \
		"sync: " text, run, PGBARRIER_MODE_SYNC                                    \
	}
	IN_BOTH("first writes, in their order", in_order),
	IN_BOTH("a reset begins a new cycle", reset_begins_a_cycle),
	IN_BOTH("a reset of a part", reset_of_a_part),
	IN_BOTH("a full ring loses nothing", full),
	IN_BOTH("harvested as well", harvested_as_well),
	IN_BOTH("a watermark", watermark),
	IN_BOTH("a watermark at the end of a small ring", at_full),
	IN_BOTH("writes of others", from_outside),
	IN_BOTH("read-only", read_only),
	IN_BOTH("it outlives the descriptor", outlives_the_descriptor),
};

REGION_MAIN("log", cases)

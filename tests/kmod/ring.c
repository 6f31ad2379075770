/* SPDX-License-Identifier: MIT */
/* ring.c - a region with a log, and what is in it. */
#include "ring.h"

#include <string.h>
#include <sys/mman.h>

void ring_open(struct ring *ring, unsigned mode, size_t pages, unsigned entries,
	       unsigned watermark, int eventfd)
{
	struct pgbarrier_log log = {
		.entries = entries,
		.watermark = watermark,
		.eventfd = eventfd,
	};
	size_t page;

	memset(ring, 0, sizeof(*ring));
	region_create(&ring->region, mode, 0, pages);
	page = ring->region.page;
	check_int(region_call(ring->region.fd, PGBARRIER_IOC_LOG, &log), 0);
	ring->bytes = page + (entries * sizeof(uint64_t) + page - 1) / page * page;
	ring->header = mmap(NULL, ring->bytes, PROT_READ, MAP_SHARED, ring->region.fd,
			    (off_t)PGBARRIER_OFFSET_LOG);
	check(ring->header != MAP_FAILED);
	ring->entry = (const uint64_t *)((const char *)ring->header + page);
}

void ring_close(struct ring *ring)
{
	check_int(munmap((void *)ring->header, ring->bytes), 0);
	region_close(&ring->region);
}

static uint64_t head_of(const struct ring *ring)
{
	return __atomic_load_n(&ring->header->head, __ATOMIC_ACQUIRE);
}

uint64_t ring_count(const struct ring *ring)
{
	return head_of(ring) - __atomic_load_n(&ring->header->tail, __ATOMIC_RELAXED);
}

size_t ring_page(const struct ring *ring, uint64_t entry)
{
	check(entry < head_of(ring));
	return ring->entry[entry % ring->header->entries] / ring->region.page;
}

uint64_t ring_reset(const struct ring *ring, uint64_t count)
{
	struct pgbarrier_log_reset reset = {.count = count};

	check_int(region_call(ring->region.fd, PGBARRIER_IOC_LOG_RESET, &reset), 0);
	return reset.count;
}

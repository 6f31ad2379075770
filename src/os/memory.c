/* SPDX-License-Identifier: MIT */
/* memory.c - memory of our own, straight from the kernel. */
#include "os/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include "os/uapi.h"

size_t pgb_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void *pgb_memory_map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void pgb_memory_unmap(void *memory, size_t size)
{
	if (memory)
		munmap(memory, size);
}

void *pgb_memory_map_wiped_on_fork(size_t size)
{
	void *memory = pgb_memory_map(size);

	if (memory && madvise(memory, size, MADV_WIPEONFORK)) {
		pgb_memory_unmap(memory, size);
		return NULL;
	}
	return memory;
}

/* SPDX-License-Identifier: MIT */
/* memory.c - memory of our own, straight from the kernel. */
#include "os/memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/inject.h"
#include "os/uapi.h"

size_t pgb_page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void *pgb_memory_map(size_t size)
{
	void *memory = PGB_OS_CALL(
		PGB_OS_MMAP, mmap(NULL, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));

	return memory == MAP_FAILED ? NULL : memory;
}

void pgb_memory_unmap(void *memory, size_t size)
{
	if (memory)
		PGB_OS_CALL(PGB_OS_MUNMAP, munmap(memory, size));
}

void *pgb_memory_map_wiped_on_fork(size_t size)
{
	void *memory = pgb_memory_map(size);

	if (memory && PGB_OS_CALL(PGB_OS_MADVISE, madvise(memory, size, MADV_WIPEONFORK))) {
		pgb_memory_unmap(memory, size);
		return NULL;
	}
	return memory;
}

int pgb_memory_protect(uintptr_t start, uintptr_t end, int protection)
{
	return PGB_OS_CALL(PGB_OS_MPROTECT,
			   mprotect((void *)start, end - start, protection))
		       ? -errno
		       : 0;
}

int pgb_memory_populate(uintptr_t start, uintptr_t end)
{
	return PGB_OS_CALL(PGB_OS_MADVISE,
			   madvise((void *)start, end - start, MADV_POPULATE_READ))
		       ? -errno
		       : 0;
}

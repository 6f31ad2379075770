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

/* What is left over before and behind is given back. */
static void *trim(uintptr_t start, uintptr_t end, size_t size, size_t alignment)
{
	uintptr_t memory = (start + alignment - 1) & ~(alignment - 1);

	if (memory > start)
		pgb_memory_unmap((void *)start, memory - start);
	if (memory + size < end)
		pgb_memory_unmap((void *)(memory + size), end - memory - size);
	return (void *)memory;
}

void *pgb_memory_map_huge(size_t size, size_t huge)
{
	void *memory = pgb_memory_map(size + huge);

	if (!memory)
		return NULL;
	memory = trim((uintptr_t)memory, (uintptr_t)memory + size + huge, size, huge);
	PGB_OS_CALL(PGB_OS_MADVISE, madvise(memory, size, MADV_HUGEPAGE));
	return memory;
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

int pgb_memory_relocate(void *memory, size_t size, uintptr_t to)
{
	void *moved = PGB_OS_CALL(
		PGB_OS_MREMAP,
		mremap(memory, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)to));

	return moved == MAP_FAILED ? -errno : 0;
}

static int advise(uintptr_t start, uintptr_t end, int advice)
{
	return PGB_OS_CALL(PGB_OS_MADVISE, madvise((void *)start, end - start, advice))
		       ? -errno
		       : 0;
}

int pgb_memory_map_once_wiped_on_fork(AO_t *where, size_t size)
{
	void *new;

	if (AO_load_acquire(where))
		return 0;
	new = pgb_memory_map_wiped_on_fork(size);
	if (!new)
		return -ENOMEM;
	if (!AO_compare_and_swap_full(where, 0, (AO_t) new))
		pgb_memory_unmap(new, size);
	return 0;
}

int pgb_memory_populate(uintptr_t start, uintptr_t end)
{
	return advise(start, end, MADV_POPULATE_READ);
}

bool pgb_memory_can_populate(void)
{
	uintptr_t known = (uintptr_t)&known & ~(pgb_page_size() - 1);

	return pgb_memory_populate(known, known + pgb_page_size()) != -EINVAL;
}

int pgb_memory_discard(uintptr_t start, uintptr_t end)
{
	int err = advise(start, end, MADV_DONTNEED);

	/* Locked memory is not discarded unless one says that it may be. */
	return err == -EINVAL ? advise(start, end, MADV_DONTNEED_LOCKED) : err;
}

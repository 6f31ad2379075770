/* SPDX-License-Identifier: MIT */
/* inject.c - where tests make the kernel say no. */
#include "os/inject.h"

pgb_os_hook *pgb_os_hook_in_force;

static const struct {
	const char *name;
	bool can_be_short;
} calls[PGB_OS_CALLS] = {
	[PGB_OS_MMAP] = {"mmap", false},
	[PGB_OS_MUNMAP] = {"munmap", false},
	[PGB_OS_MADVISE] = {"madvise", false},
	[PGB_OS_MPROTECT] = {"mprotect", false},
	[PGB_OS_MREMAP] = {"mremap", false},
	[PGB_OS_CLEAR_REFS_OPEN] = {"open of clear_refs", false},
	[PGB_OS_CLEAR_REFS_WRITE] = {"write to clear_refs", false},
	[PGB_OS_CLONE] = {"clone", false},
	[PGB_OS_FCNTL] = {"fcntl", false},
	[PGB_OS_FSTAT] = {"fstat", false},
	[PGB_OS_KMOD_OPEN] = {"open of /dev/pgbarrier", false},
	[PGB_OS_KMOD_INFO] = {"PGBARRIER_IOC_INFO", false},
	[PGB_OS_KMOD_CREATE] = {"PGBARRIER_IOC_CREATE", false},
	[PGB_OS_KMOD_CLONE] = {"PGBARRIER_IOC_CLONE", false},
	[PGB_OS_KMOD_RELEASE] = {"PGBARRIER_IOC_RELEASE", false},
	[PGB_OS_KMOD_LOG] = {"PGBARRIER_IOC_LOG", false},
	[PGB_OS_KMOD_HARVEST] = {"PGBARRIER_IOC_HARVEST", false},
	[PGB_OS_KMOD_DISCARD] = {"PGBARRIER_IOC_DISCARD", false},
	[PGB_OS_MAPS_OPEN] = {"open of maps", false},
	[PGB_OS_MAPS_READ] = {"read of maps", true},
	[PGB_OS_PAGEMAP_OPEN] = {"open of pagemap", false},
	[PGB_OS_PAGEMAP_SCAN] = {"PAGEMAP_SCAN", true},
	[PGB_OS_PAGEMAP_READ] = {"read of pagemap", true},
	[PGB_OS_PEEK] = {"process_vm_readv", true},
	[PGB_OS_UFFD_CALL] = {"userfaultfd", false},
	[PGB_OS_UFFD_DEVICE_OPEN] = {"open of /dev/userfaultfd", false},
	[PGB_OS_UFFD_DEVICE_NEW] = {"USERFAULTFD_IOC_NEW", false},
	[PGB_OS_UFFD_API] = {"UFFDIO_API", false},
	[PGB_OS_UFFD_REGISTER] = {"UFFDIO_REGISTER", false},
	[PGB_OS_UFFD_UNREGISTER] = {"UFFDIO_UNREGISTER", false},
	[PGB_OS_UFFD_PROTECT] = {"UFFDIO_WRITEPROTECT", false},
	[PGB_OS_UFFD_READ] = {"read of userfaultfd", false},
	[PGB_OS_UFFD_WAKE] = {"UFFDIO_WAKE", false},
	[PGB_OS_UFFD_COPY] = {"UFFDIO_COPY", true},
	[PGB_OS_UFFD_ZERO] = {"UFFDIO_ZEROPAGE", true},
	[PGB_OS_UFFD_CONTINUE] = {"UFFDIO_CONTINUE", true},
	[PGB_OS_UFFD_POISON] = {"UFFDIO_POISON", true},
	[PGB_OS_UFFD_MOVE] = {"UFFDIO_MOVE", true},
};

const char *pgb_os_call_name(enum pgb_os_call call)
{
	return calls[call].name;
}

bool pgb_os_call_can_be_short(enum pgb_os_call call)
{
	return calls[call].can_be_short;
}

void pgb_os_set_hook(pgb_os_hook *hook)
{
	pgb_os_hook_in_force = hook;
}

/* SPDX-License-Identifier: MIT */
/*
 * hooks.c - libgc's calls into the C library that are answered or watched here.
 *
 * Each hook does what the call would have done, and what we need beside it; errno is left
 * as that call leaves it.
 */
#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dirty_pages.h"
#include "heap.h"
#include "imports.h"
#include "message.h"
#include "os/memory.h"
#include "record.h"
#include "soft_dirty.h"
#include "stop_function.h"
#include "tables.h"

static struct hooks_answers answers;
static bool serves;	   /* design A or B */
static bool answers_files; /* design A */
static char pause_text[16];

static uintptr_t page_up(uintptr_t address)
{
	size_t misfit = pgb_page_size() - 1;

	return (address + misfit) & ~misfit;
}

static int follow(uintptr_t start, uintptr_t end)
{
	int err = answers_files ? soft_dirty_make_room(start, end) : 0;

	return err ? err : heap_follow(start, end);
}

/* Private memory of no file, which libgc has at no address of its choice: the heap. */
static bool may_be_heap(int protection, int flags)
{
	return protection == (PROT_READ | PROT_WRITE) && flags & MAP_PRIVATE &&
	       flags & MAP_ANONYMOUS && !(flags & MAP_FIXED);
}

/*
 * libgc 8.0 takes free blocks out of use by mapping over them.  Memory of a barrier stays,
 * and has the same done to it otherwise.
 */
static void *map_over_given(uintptr_t start, uintptr_t end, int protection)
{
	heap_discard(start, end);
	return mprotect((void *)start, end - start, protection) ? MAP_FAILED
								: (void *)start;
}

static void *map(void *address, size_t length, int protection, int flags, int fd,
		 off_t offset)
{
	uintptr_t start = (uintptr_t)address, end = page_up(start + length);
	void *memory = NULL;

	if (serves && flags & MAP_FIXED && flags & MAP_ANONYMOUS &&
	    heap_has_given(start, end))
		return map_over_given(start, end, protection);
	if (serves && may_be_heap(protection, flags))
		memory = heap_give(page_up(length));
	return memory ?: mmap(address, length, protection, flags, fd, offset);
}

/* libgc unmaps what it has mapped at once, which is all of one kind. */
static int unmap(uintptr_t start, size_t length)
{
	uintptr_t end = page_up(start + length);
	int err;

	if (!serves || !heap_has_given(start, end))
		return munmap((void *)start, length);
	err = heap_take_back(start, end);
	if (err)
		errno = -err;
	return err ? -1 : 0;
}

static void note_growth(void)
{
	if (answers.heap_grew)
		answers.heap_grew();
}

/* Memory that cannot be followed must not become heap: say that there is none. */
static void *map_and_follow(void *address, size_t length, int protection, int flags, int fd,
			    off_t offset)
{
	void *memory = map(address, length, protection, flags, fd, offset);
	uintptr_t start = (uintptr_t)memory;
	int saved = errno;

	if (memory == MAP_FAILED || !(flags & MAP_PRIVATE))
		return memory;
	if (follow(start, page_up(start + length))) {
		unmap(start, length);
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (may_be_heap(protection, flags))
		note_growth();
	errno = saved;
	return memory;
}

static void *hook_mmap(void *address, size_t length, int protection, int flags, int fd,
		       off_t offset)
{
	void *memory = NULL;

	if (serves && may_be_heap(protection, flags))
		memory = tables_give(page_up(length));
	return memory ?: map_and_follow(address, length, protection, flags, fd, offset);
}

/* Forgotten first: once it is unmapped, another thread may have mapped it for itself. */
static int hook_munmap(void *address, size_t length)
{
	uintptr_t start = (uintptr_t)address, end = page_up(start + length);
	int result, saved;

	heap_forget(start, end);
	result = unmap(start, length);
	saved = errno;
	if (result)
		follow(start, end);
	errno = saved;
	return result;
}

/*
 * libgc 8.0 takes free blocks out of use by PROT_NONE; back in use, they are as new.  Where
 * libgc is only watched this is the way of its own barrier, in a signal handler.
 */
static int hook_mprotect(void *address, size_t length, int protection)
{
	uintptr_t start = (uintptr_t)address, end = page_up(start + length);
	int result = mprotect(address, length, protection), saved = errno;

	if (serves && !result && protection & PROT_WRITE &&
	    pgb_range_table_overlaps(heap_ranges(), start, end))
		follow(start, end);
	errno = saved;
	return result;
}

/* As libgc 8.2 takes free blocks out of use.  Of a file, MADV_DONTNEED keeps the content.
 */
static int hook_madvise(void *address, size_t length, int advice)
{
	uintptr_t start = (uintptr_t)address, end = page_up(start + length);

	if (!serves || advice != MADV_DONTNEED || !heap_has_given(start, end))
		return madvise(address, length, advice);
	heap_discard(start, end);
	return 0;
}

/* The heap of builds without mmap.  Whole pages only; libgc asks for no less. */
static void *hook_sbrk(intptr_t increment)
{
	void *memory = sbrk(increment);
	uintptr_t start = (uintptr_t)memory & ~(pgb_page_size() - 1);

	int saved = errno;

	if (memory == (void *)-1 || increment <= 0)
		return memory;
	if (follow(start, page_up((uintptr_t)memory + (uintptr_t)increment))) {
		sbrk(-increment);
		errno = ENOMEM;
		return (void *)-1;
	}
	note_growth();
	errno = saved;
	return memory;
}

static int hook_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list arguments;
	int result;

	if (answers_files && soft_dirty_open(path, &result))
		return result;
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) {
		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		va_end(arguments);
	}
	result = open(path, flags, mode);
	return answers_files && result >= 0 ? soft_dirty_keep_apart(result) : result;
}

/* What _FORTIFY_SOURCE makes of an open without a mode. */
static int hook_open_2(const char *path, int flags)
{
	return hook_open(path, flags);
}

static int hook_close(int fd)
{
	int result;

	return answers_files && soft_dirty_close(fd, &result) ? result : close(fd);
}

static off_t hook_lseek(int fd, off_t offset, int whence)
{
	off_t result;

	return answers_files && soft_dirty_lseek(fd, offset, whence, &result)
		       ? result
		       : lseek(fd, offset, whence);
}

static ssize_t hook_read(int fd, void *buffer, size_t size)
{
	ssize_t result;

	return answers_files && soft_dirty_read(fd, buffer, size, &result)
		       ? result
		       : read(fd, buffer, size);
}

extern ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);

/* What _FORTIFY_SOURCE makes of a read; it aborts where the buffer is too small. */
static ssize_t hook_read_chk(int fd, void *buffer, size_t size, size_t room)
{
	ssize_t result;

	return size <= room && answers_files && soft_dirty_read(fd, buffer, size, &result)
		       ? result
		       : __read_chk(fd, buffer, size, room);
}

static ssize_t hook_write(int fd, const void *buffer, size_t size)
{
	ssize_t result;

	return answers_files && soft_dirty_write(fd, size, &result)
		       ? result
		       : write(fd, buffer, size);
}

/* Nothing is promised that might not be kept. */
static bool is_ready(void)
{
	int err = heap_activate();

	if (!err && answers_files)
		err = soft_dirty_prepare();
	if (err)
		message_warn("libgc runs as without pgbarrier: %s", strerror(-err));
	return !err;
}

/* What the user has set himself stands. */
static char *hook_getenv(const char *name)
{
	char *value = getenv(name);

	/* Asked for when libgc can allocate, right before its first collection. */
	if (!strcmp(name, "GC_NPROCS") && answers.enable_incremental) {
		dirty_pages_prepare();
		stop_function_install();
	}
	if (value)
		return value;
	if (!strcmp(name, "GC_ENABLE_INCREMENTAL"))
		return answers.enable_incremental && is_ready() ? "1" : NULL;
	if (!strcmp(name, "GC_USE_GETWRITEWATCH"))
		return answers.soft_dirty ? "1" : NULL;
	if (!strcmp(name, "GC_PAUSE_TIME_TARGET"))
		return answers.pause ? pause_text : NULL;
	return NULL;
}

/* libgc's write fault handler, when its faults are counted. */
static void (*libgc_handler)(int signal, siginfo_t *info, void *context);

static void count_fault(int signal, siginfo_t *info, void *context)
{
	struct pgb_stats_process *process = record();

	if (process)
		AO_fetch_and_add1((AO_t *)&process->signals);
	libgc_handler(signal, info, context);
}

/*
 * Only for the record: libgc's handler for write faults, the only one that it installs
 * with SA_SIGINFO, is counted, and each of its faults.
 */
static int hook_sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	struct pgb_stats_process *process = record();
	struct sigaction counting;

	if (signal != SIGSEGV || !action || !(action->sa_flags & SA_SIGINFO) || !process)
		return sigaction(signal, action, old);
	process->sigsegv_handlers++;
	libgc_handler = action->sa_sigaction;
	counting = *action;
	counting.sa_sigaction = count_fault;
	return sigaction(signal, &counting, old);
}

enum {
	MMAP,
	MUNMAP,
	MPROTECT,
	MADVISE,
	SBRK,
	OPEN,
	OPEN64,
	OPEN_2,
	OPEN64_2,
	CLOSE,
	LSEEK,
	LSEEK64,
	READ,
	READ_CHK,
	WRITE,
	GETENV,
	SIGACTION,
	HOOKS,
};

/* The names with 64 are the same functions: off_t has 64 bits wherever this runs. */
static struct import imports[HOOKS] = {
	[MMAP] = {.name = "mmap", .replacement = hook_mmap},
	[MUNMAP] = {.name = "munmap", .replacement = hook_munmap},
	[MPROTECT] = {.name = "mprotect", .replacement = hook_mprotect},
	[MADVISE] = {.name = "madvise", .replacement = hook_madvise},
	[SBRK] = {.name = "sbrk", .replacement = hook_sbrk},
	[OPEN] = {.name = "open", .replacement = hook_open},
	[OPEN64] = {.name = "open64", .replacement = hook_open},
	[OPEN_2] = {.name = "__open_2", .replacement = hook_open_2},
	[OPEN64_2] = {.name = "__open64_2", .replacement = hook_open_2},
	[CLOSE] = {.name = "close", .replacement = hook_close},
	[LSEEK] = {.name = "lseek", .replacement = hook_lseek},
	[LSEEK64] = {.name = "lseek64", .replacement = hook_lseek},
	[READ] = {.name = "read", .replacement = hook_read},
	[READ_CHK] = {.name = "__read_chk", .replacement = hook_read_chk},
	[WRITE] = {.name = "write", .replacement = hook_write},
	[GETENV] = {.name = "getenv", .replacement = hook_getenv},
	[SIGACTION] = {.name = "sigaction", .replacement = hook_sigaction},
};

static bool imported(int a, int b, int c, int d)
{
	return imports[a].slots || imports[b].slots || imports[c].slots || imports[d].slots;
}

static bool suffices(enum pgb_design design)
{
	bool heap = imported(MMAP, MMAP, SBRK, SBRK) && imports[GETENV].slots;

	if (design != PGB_DESIGN_A)
		return design == PGB_DESIGN_NONE || heap;
	return heap && imported(OPEN, OPEN64, OPEN_2, OPEN64_2) &&
	       imported(LSEEK, LSEEK64, LSEEK, LSEEK64) &&
	       imported(READ, READ_CHK, READ, READ_CHK) && imports[WRITE].slots &&
	       imports[CLOSE].slots;
}

int hooks_install(const struct collector *collector, enum pgb_design design,
		  const struct hooks_answers *with)
{
	int err = imports_count(collector, imports, HOOKS);

	if (!err && !suffices(design))
		err = -ENOTSUP;
	if (!err && with->huge_tables)
		err = tables_init(follow);
	if (!err)
		err = imports_redirect(collector, imports, HOOKS);
	if (err)
		return err;
	/* Until here the hooks pass everything through: nothing is half in place. */
	answers = *with;
	serves = design != PGB_DESIGN_NONE;
	answers_files = design == PGB_DESIGN_A;
	snprintf(pause_text, sizeof(pause_text), "%u", answers.pause);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * bare.c - mprotect(2) and a SIGSEGV handler without a library.
 */
#include "bare.h"

#include <atomic_ops.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "os/memory.h"

#define NO_PAGE SIZE_MAX

static struct {
	struct sigaction before;
	char *start;
	size_t page_size, pages;
	unsigned char *dirty; /* a byte for each page */
	enum bare_handler handler;
	size_t last; /* page that faulted, for BARE_ALSO_PROTECTS */
	unsigned returns;
	AO_t refusal; /* the errno of a page that could not be unprotected alone; 0: none */
} bare;

static int protect(size_t page, size_t pages, int protection)
{
	return mprotect(bare.start + page * bare.page_size, pages * bare.page_size,
			protection)
		       ? -errno
		       : 0;
}

int bare_protect(size_t page)
{
	return protect(page, 1, PROT_READ);
}

int bare_unprotect(size_t page)
{
	return protect(page, 1, PROT_READ | PROT_WRITE);
}

/*
 * Out of mappings, a page cannot be unprotected alone; all of them can, and then nobody
 * knows which are written.  The next harvest says so.
 */
static void unprotect_all(int refusal)
{
	AO_store_full(&bare.refusal, (AO_t)-refusal);
	if (protect(0, bare.pages, PROT_READ | PROT_WRITE))
		abort();
}

static void handle(int signal, siginfo_t *info, void *context)
{
	size_t page = (size_t)((char *)info->si_addr - bare.start) / bare.page_size;
	int before = errno, err;

	(void)context;
	if ((char *)info->si_addr < bare.start || page >= bare.pages) {
		/* A crash, as it would be without us. */
		sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
		return;
	}
	if (bare.handler == BARE_RETURNS && bare.returns++ % (BARE_RETURNS_N + 1))
		return;
	bare.dirty[page] = 1;
	if (bare.handler == BARE_ALSO_PROTECTS) {
		if (bare.last != NO_PAGE)
			bare_protect(bare.last);
		bare.last = page;
	}
	err = bare_unprotect(page);
	if (err)
		unprotect_all(err);
	errno = before;
}

int bare_begin(char *start, size_t bytes)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

	bare.start = start;
	bare.page_size = pgb_page_size();
	bare.pages = bytes / bare.page_size;
	bare.dirty = malloc(bare.pages);
	if (!bare.dirty)
		return -ENOMEM;
	/* Everything is, until it has been protected. */
	memset(bare.dirty, 1, bare.pages);
	bare_handle(BARE_UNPROTECTS);
	bare.refusal = 0;
	sigemptyset(&action.sa_mask);
	sigaction(SIGSEGV, &action, &bare.before);
	return 0;
}

void bare_end(void)
{
	protect(0, bare.pages, PROT_READ | PROT_WRITE);
	sigaction(SIGSEGV, &bare.before, NULL);
	free(bare.dirty);
}

void bare_handle(enum bare_handler handler)
{
	bare.handler = handler;
	bare.last = NO_PAGE;
	bare.returns = 1;
}

int bare_harvest(size_t *pages)
{
	int refusal = -(int)AO_load_full(&bare.refusal);
	size_t count = 0;

	if (refusal)
		return refusal;
	for (size_t page = 0; page < bare.pages; page++)
		count += bare.dirty[page];
	*pages = count;
	if (!count)
		return 0;
	memset(bare.dirty, 0, bare.pages);
	return protect(0, bare.pages, PROT_READ);
}

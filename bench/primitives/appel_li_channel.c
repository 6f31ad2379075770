/* SPDX-License-Identifier: MIT */
/*
 * appel_li_channel.c - a fault channel as Appel and Li's operations: another thread reads
 * the faults, and lets the writes go on.
 *
 * To let one go on is to unprotect its page, so no trap is without that.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../measure.h"
#include "appel_li.h"
#include "os/memory.h"
#include "pgbarrier_fault.h"

struct server {
	struct pgb_fault_channel *channel;
	pthread_t thread;
	int ending;	    /* an eventfd */
	bool also_protects; /* the page that faulted before */
	uintptr_t last;	    /* it, or 0 */
};

static struct pgb_page_run run_of(uintptr_t page)
{
	return (struct pgb_page_run){page, page + pgb_page_size()};
}

/* The writer waits meanwhile, and would for ever: what fails here ends the program. */
static void serve_fault(struct server *server, const struct pgb_fault *fault)
{
	uintptr_t page = fault->address & ~(pgb_page_size() - 1);
	struct pgb_page_run before = run_of(server->last);
	struct pgb_ack ack = {
		.start = page, .length = pgb_page_size(), .action = PGB_ACK_ALLOW};
	int err = 0;

	if (server->also_protects && server->last)
		err = pgb_fault_protect(server->channel, PGB_FAULT_WRITE, &before, 1);
	server->last = page;
	if (!err)
		err = pgb_fault_ack(server->channel, &ack, 1);
	if (err)
		fail("cannot serve a fault", err);
}

static void *serve(void *argument)
{
	struct server *server = argument;
	struct pollfd fds[] = {
		{.fd = pgb_fault_fd(server->channel), .events = POLLIN},
		{.fd = server->ending, .events = POLLIN},
	};

	while (!fds[1].revents) {
		struct pgb_fault fault;

		if (poll(fds, 2, -1) > 0 && fds[0].revents &&
		    pgb_fault_read(server->channel, &fault, 1) == 1)
			serve_fault(server, &fault);
	}
	return NULL;
}

static int protect_all(struct pages *pages)
{
	const struct server *server = pages->state;
	uintptr_t start = (uintptr_t)pages->region.start;

	return pgb_fault_protect(server->channel, PGB_FAULT_WRITE,
				 &(struct pgb_page_run){start, start + pages->region.bytes},
				 1);
}

static int start_thread(struct server *server, const struct cpus *cpus)
{
	int err;

	server->ending = eventfd(0, EFD_CLOEXEC);
	if (server->ending < 0)
		return -errno;
	err = pthread_create(&server->thread, NULL, serve, server);
	if (err) {
		close(server->ending);
		return -err;
	}
	/*
	 * As the threads of backends, with which it is compared.  On a CPU of its own,
	 * which sleeps between two faults, it answered five times later.
	 */
	cpus_unpin(cpus, server->thread);
	return 0;
}

static int begin(struct pages *pages)
{
	struct server *server = calloc(1, sizeof(*server));
	int err = -ENOMEM;

	if (!server)
		return err;
	pages->state = server;
	server->also_protects = pages->also_protect;
	err = pgb_fault_open(&server->channel, 0);
	if (err)
		goto err_free;
	err = pgb_fault_add(server->channel, pages->region.start, pages->region.bytes,
			    PGB_FAULT_WRITE);
	if (!err)
		err = protect_all(pages);
	if (!err)
		err = start_thread(server, pages->cpus);
	if (!err)
		return 0;
	pgb_fault_close(server->channel);
err_free:
	free(server);
	return err;
}

static void end(struct pages *pages)
{
	struct server *server = pages->state;

	if (eventfd_write(server->ending, 1))
		fail("cannot end a thread", -errno);
	pthread_join(server->thread, NULL);
	close(server->ending);
	pgb_fault_close(server->channel);
	free(server);
}

static uintptr_t address_of(const struct pages *pages, size_t page)
{
	return (uintptr_t)pages->region.start + page * pgb_page_size();
}

static int protect_page(struct pages *pages, size_t page)
{
	const struct server *server = pages->state;
	struct pgb_page_run run = run_of(address_of(pages, page));

	return pgb_fault_protect(server->channel, PGB_FAULT_WRITE, &run, 1);
}

static int unprotect_page(struct pages *pages, size_t page)
{
	const struct server *server = pages->state;
	struct pgb_page_run run = run_of(address_of(pages, page));

	return pgb_fault_unprotect(server->channel, PGB_FAULT_WRITE, &run, 1);
}

const struct mechanism channel_mechanism = {
	.begin = begin,
	.end = end,
	.protect_all = protect_all,
	.protect_page = protect_page,
	.unprotect_page = unprotect_page,
	.can_also_protect = true,
	.why_not =
		{
			[DIRTY] = "its reader hears of each page, and keeps the list",
			[MAP2] = "it is the same without a channel: see none",
		},
};

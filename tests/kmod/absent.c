/* SPDX-License-Identifier: MIT */
/* absent.c - pages that stop whoever touches them until they are filled: post-copy. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "stopping.h"

#define PAGES 64
#define AT    5

static void open_absent(struct stopping *stopping, unsigned mode)
{
	stopping_open(stopping, mode, PGBARRIER_CREATE_ABSENT, PAGES);
}

/* Pages whose content is their number, and 's' behind it. */
static unsigned char *make_source(const struct stopping *stopping)
{
	unsigned char *source =
		mmap(NULL, PAGES * stopping->region.page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(source != MAP_FAILED);
	memset(source, 's', PAGES * stopping->region.page);
	for (size_t i = 0; i < PAGES; i++)
		source[i * stopping->region.page] = (unsigned char)i;
	return source;
}

static unsigned char *source_page(const struct stopping *stopping, unsigned char *source,
				  size_t page)
{
	return source + page * stopping->region.page;
}

static void reads_stop(unsigned mode)
{
	struct stopping stopping;
	unsigned char *source;
	struct actor actor;

	open_absent(&stopping, mode);
	source = make_source(&stopping);
	actor_start(&actor, region_page(&stopping.region, AT), false);
	stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
	check(actor_is_stopped(&actor));
	/* Another page is no answer. */
	check_int(
		stopping_copy(&stopping, AT + 1, 1, source_page(&stopping, source, AT + 1)),
		0);
	check(actor_is_stopped(&actor));
	check_int(stopping_copy(&stopping, AT, 1, source_page(&stopping, source, AT)), 0);
	actor_join(&actor);
	check_int(actor.seen, AT);
	check_int(region_page(&stopping.region, AT)[stopping.region.page - 1], 's');
	check_int(*region_page(&stopping.region, AT + 1), AT + 1);
	stopping_quiet(&stopping);
	check_int(stopping_copy(&stopping, AT, 1, source), -EEXIST);
	check_int(*region_page(&stopping.region, AT), AT);
	stopping_close(&stopping);
}

/* A write stops for the page, and in PGBARRIER_MODE_SYNC for itself as well. */
static void writes_stop(unsigned mode)
{
	struct stopping stopping;
	struct actor actor;

	open_absent(&stopping, mode);
	actor_start(&actor, region_page(&stopping.region, AT) + 9, true);
	stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
	check_int(stopping_copy(&stopping, AT, 1, NULL), 0);
	if (mode == PGBARRIER_MODE_SYNC) {
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		check(actor_is_stopped(&actor));
		stopping_ack(&stopping, AT, 1);
	}
	actor_join(&actor);
	check_int(region_page(&stopping.region, AT)[0], 0);
	check_int(region_page(&stopping.region, AT)[9], 7);
	region_must_find(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static void absent_again(unsigned mode)
{
	struct stopping stopping;
	unsigned char *source;
	struct actor actor;

	open_absent(&stopping, mode);
	source = make_source(&stopping);
	check_int(stopping_copy(&stopping, 0, PAGES, source), 0);
	region_read(&stopping.region, 0, PAGES);
	stopping_quiet(&stopping);
	check_int(region_discard(&stopping.region, AT, 2), 0);
	actor_start(&actor, region_page(&stopping.region, AT), false);
	stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
	check_int(stopping_copy(&stopping, AT, 2, NULL), 0);
	actor_join(&actor);
	check_int(actor.seen, 0);
	region_must_find(&stopping.region, AT, 2);
	stopping_close(&stopping);
}

/* The answer is taken back before who waits has seen it. */
static void fill_and_discard(void *arg)
{
	struct stopping stopping;
	struct actor actor;

	open_absent(&stopping, *(const unsigned *)arg);
	for (int i = 0; i < 20; i++) {
		actor_start(&actor, region_page(&stopping.region, AT), false);
		stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
		check_int(stopping_copy(&stopping, AT, 1, NULL), 0);
		check_int(region_discard(&stopping.region, AT, 1), 0);
		if (stopping_asked_again(&stopping, &actor, PGBARRIER_EVENT_ABSENT, AT)) {
			check_int(stopping_copy(&stopping, AT, 1, NULL), 0);
			actor_join(&actor);
			check_int(region_discard(&stopping.region, AT, 1), 0);
		} else {
			actor_join(&actor);
		}
	}
	stopping_close(&stopping);
}

static void filled_and_discarded(unsigned mode)
{
	close(region_device());
	with_delays(fill_and_discard, &mode);
}

static void nobody_fills(unsigned mode)
{
	struct stopping stopping;
	struct actor actors[2];

	open_absent(&stopping, mode);
	for (size_t i = 0; i < 2; i++) {
		actor_start(&actors[i], region_page(&stopping.region, AT + i), i);
		check(actor_falls_asleep(&actors[i]));
	}
	check_int(close(stopping.faults), 0);
	for (size_t i = 0; i < 2; i++)
		actor_join(&actors[i]);
	check_int(actors[0].seen, 0);
	for (size_t i = 0; i < PAGES * stopping.region.page; i++)
		check_int(stopping.region.base[i],
			  i == (AT + 1) * stopping.region.page ? 7 : 0);
	region_must_find_only(&stopping.region, AT + 1, 1);
	region_close(&stopping.region);
}

/* The process that fills has the fault fd and nothing else. */
struct filler {
	struct stopping *stopping;
	unsigned char *source;
};

static void fill_from_outside(void *arg)
{
	const struct filler *filler = arg;
	struct stopping *stopping = filler->stopping;
	size_t page = stopping->region.page;

	close(stopping->region.fd);
	/* COPY works on the fault fd too. */
	stopping->region.fd = stopping->faults;
	for (size_t i = 0; i < PAGES; i++) {
		struct pgbarrier_event event;

		check_int(read(stopping->faults, &event, sizeof(event)), sizeof(event));
		check_int(event.kind, PGBARRIER_EVENT_ABSENT);
		check_int(stopping_copy(stopping, event.offset / page, 1,
					filler->source + event.offset),
			  0);
	}
}

static void post_copy(unsigned mode)
{
	struct stopping stopping;
	struct filler filler = {.stopping = &stopping};
	pid_t child;

	open_absent(&stopping, mode);
	filler.source = make_source(&stopping);
	child = child_start(fill_from_outside, &filler);
	check_int(close(stopping.faults), 0);
	/* Each page of another place than the one before it. */
	for (size_t i = 0; i < PAGES; i++)
		check_int(*region_page(&stopping.region, i * 37 % PAGES), i * 37 % PAGES);
	check_int(child_wait(child), 0);
	region_must_work(&stopping.region, 0, PAGES);
	region_close(&stopping.region);
}

/* Two that fill, as a background copy and the answers to faults do, and two that read. */
struct copying {
	struct stopping *stopping;
	unsigned char *source;
	size_t start; /* where to begin */
};

static void *copy_all(void *arg)
{
	const struct copying *copying = arg;

	for (size_t i = 0; i < PAGES; i++) {
		size_t page = (copying->start + i) % PAGES;
		long err = stopping_copy(
			copying->stopping, page, 1,
			source_page(copying->stopping, copying->source, page));

		check(!err || err == -EEXIST);
	}
	return NULL;
}

static void *read_all(void *arg)
{
	const struct copying *copying = arg;

	for (size_t i = 0; i < PAGES; i++) {
		size_t page = (copying->start + PAGES - i) % PAGES;

		check_int(*region_page(&copying->stopping->region, page), page);
	}
	return NULL;
}

static void filled_by_several(unsigned mode)
{
	struct stopping stopping;
	struct copying copying[4];
	pthread_t threads[4];

	open_absent(&stopping, mode);
	for (size_t round = 0; round < scaled(200) + 5; round++) {
		unsigned char *source = make_source(&stopping);

		for (size_t i = 0; i < 4; i++) {
			copying[i] = (struct copying){&stopping, source, i * PAGES / 4};
			check_int(pthread_create(&threads[i], NULL,
						 i % 2 ? copy_all : read_all, &copying[i]),
				  0);
		}
		for (size_t i = 0; i < 4; i++)
			check_int(pthread_join(threads[i], NULL), 0);
		check_int(munmap(source, PAGES * stopping.region.page), 0);
		check_int(region_discard(&stopping.region, 0, PAGES), 0);
	}
	stopping_close(&stopping);
}

static void *read_into(void *arg)
{
	check_int(by_read(arg), KERNEL_WRITE_BYTES);
	return NULL;
}

static void system_call(unsigned mode)
{
	struct stopping stopping;
	pthread_t thread;

	open_absent(&stopping, mode);
	check_int(
		pthread_create(&thread, NULL, read_into, region_page(&stopping.region, AT)),
		0);
	stopping_expect(&stopping, PGBARRIER_EVENT_ABSENT, AT);
	check_int(stopping_copy(&stopping, AT, 1, NULL), 0);
	if (mode == PGBARRIER_MODE_SYNC) {
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		stopping_ack(&stopping, AT, 1);
	}
	check_int(pthread_join(thread, NULL), 0);
	region_must_find(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static const struct moded_case cases[] = {
	IN_EACH_MODE("reads stop", reads_stop),
	IN_EACH_MODE("writes stop", writes_stop),
	IN_EACH_MODE("discarded pages are absent again", absent_again),
	IN_EACH_MODE("asked again when filled and discarded", filled_and_discarded),
	IN_EACH_MODE("nobody fills any more: zeros", nobody_fills),
	IN_EACH_MODE("filled by another process", post_copy),
	IN_EACH_MODE("filled by several at once", filled_by_several),
	IN_EACH_MODE("a system call waits", system_call),
};

REGION_MAIN("absent", cases)

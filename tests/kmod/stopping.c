/* SPDX-License-Identifier: MIT */
/* stopping.c - a region at whose pages threads stop, and the case that answers. */
#include "stopping.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void stopping_open(struct stopping *stopping, unsigned mode, unsigned flags, size_t pages)
{
	region_create(&stopping->region, mode, flags, pages);
	stopping->faults =
		(int)region_call(stopping->region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(stopping->faults >= 0);
}

void stopping_close(struct stopping *stopping)
{
	close(stopping->faults);
	region_close(&stopping->region);
}

void stopping_expect(const struct stopping *stopping, unsigned kind, size_t page)
{
	struct pgbarrier_event event;

	memset(&event, 0xff, sizeof(event));
	check_int(read(stopping->faults, &event, sizeof(event)), sizeof(event));
	check_int(event.kind, kind);
	check_int(event.offset, page * stopping->region.page);
	check_int(event.reserved, 0);
}

bool stopping_asked_again(const struct stopping *stopping, const struct actor *actor,
			  unsigned kind, size_t page)
{
	struct pollfd poller = {.fd = stopping->faults, .events = POLLIN};

	while (actor_is_stopped(actor)) {
		if (poll(&poller, 1, 1) != 1)
			continue;
		stopping_expect(stopping, kind, page);
		return true;
	}
	return false;
}

void stopping_quiet(const struct stopping *stopping)
{
	struct pollfd poller = {.fd = stopping->faults, .events = POLLIN};

	check_int(poll(&poller, 1, 0), 0);
}

void stopping_ack(const struct stopping *stopping, size_t first, size_t pages)
{
	struct pgbarrier_range range = {
		.start = first * stopping->region.page,
		.len = pages * stopping->region.page,
	};

	check_int(write(stopping->faults, &range, sizeof(range)), sizeof(range));
}

long stopping_copy(const struct stopping *stopping, size_t first, size_t pages,
		   const void *source)
{
	struct pgbarrier_copy copy = {
		.dst = first * stopping->region.page,
		.src = (uintptr_t)source,
		.len = pages * stopping->region.page,
	};
	long result = region_call(stopping->region.fd, PGBARRIER_IOC_COPY, &copy);

	check(result || copy.copied == copy.len);
	return result;
}

void stopping_writer(const struct stopping *stopping, struct actor *actor, size_t page)
{
	actor_start(actor, region_page(&stopping->region, page), true);
	stopping_expect(stopping, PGBARRIER_EVENT_WRITE, page);
	check(actor_is_stopped(actor));
}

/* The state is the first letter behind the name, which is in brackets. */
static char state_of(AO_t thread)
{
	char path[64], text[256], *state;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%lu/stat", (unsigned long)thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 'X';
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return 'X';
	text[got] = '\0';
	state = strrchr(text, ')');
	check(state != NULL);
	return state[2];
}

bool actor_falls_asleep(const struct actor *actor)
{
	while (actor_is_stopped(actor)) {
		AO_t thread = AO_load_acquire(&actor->id);
		char state = thread ? state_of(thread) : 'R';

		if ((state == 'S' || state == 'D') && actor_is_stopped(actor))
			return true;
		sched_yield();
	}
	return false;
}

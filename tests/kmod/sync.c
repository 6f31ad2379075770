/* SPDX-License-Identifier: MIT */
/* sync.c - threads that stop at their first write until it was acknowledged. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel_writes.h"
#include "stopping.h"

#define PAGES 64
#define AT    3

static void open_sync(struct stopping *stopping)
{
	stopping_open(stopping, PGBARRIER_MODE_SYNC, 0, PAGES);
}

static void stopped_and_acked(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	/* Reads do not stop. */
	region_read(&stopping.region, 0, PAGES);
	stopping_quiet(&stopping);
	stopping_writer(&stopping, &actor, AT);
	check_int(*region_page(&stopping.region, AT), 0);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	check_int(*region_page(&stopping.region, AT), 7);
	/* An acknowledgement is good for everybody, until the next harvest. */
	region_write(&stopping.region, AT, 1);
	stopping_quiet(&stopping);
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static void acked_beforehand(void)
{
	struct stopping stopping;

	open_sync(&stopping);
	stopping_ack(&stopping, 10, 20);
	region_write(&stopping.region, 10, 20);
	stopping_quiet(&stopping);
	/* An acknowledged page may be written, so that it may be reported as well. */
	region_must_find(&stopping.region, 10, 20);
	stopping_close(&stopping);
}

static void asked_again_after_a_harvest(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	for (int dropped = 0; dropped < 3; dropped++) {
		stopping_writer(&stopping, &actor, AT);
		stopping_ack(&stopping, AT, 1);
		actor_join(&actor);
		/* With the entry gone before the harvest, or after it, or not at all. */
		if (dropped == 1)
			madvise(stopping.region.base, PAGES * stopping.region.page,
				MADV_DONTNEED);
		region_must_find_only(&stopping.region, AT, 1);
		if (dropped == 2)
			madvise(stopping.region.base, PAGES * stopping.region.page,
				MADV_DONTNEED);
	}
	stopping_writer(&stopping, &actor, AT);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	stopping_close(&stopping);
}

/* A harvest takes back what was acknowledged: whoever waits asks again, as often as it is.
 */
static void asked_again_while_stopped(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	stopping_writer(&stopping, &actor, AT);
	for (int i = 0; i < 20; i++) {
		region_harvest(&stopping.region);
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		check(actor_is_stopped(&actor));
	}
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static AO_t signals_taken;

static void on_signal(int number)
{
	(void)number;
	AO_fetch_and_add1(&signals_taken);
}

/* A collector stops its threads by signals, where they are stopped by its barrier too. */
static void signalled(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct stopping stopping;
	struct actor actor;

	check_int(sigaction(SIGUSR1, &action, NULL), 0);
	open_sync(&stopping);
	stopping_writer(&stopping, &actor, AT);
	for (AO_t i = 0; i < 5; i++) {
		check_int(pthread_kill(actor.thread, SIGUSR1), 0);
		/* It has run the handler, and stops anew. */
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		check_int(AO_load(&signals_taken), i + 1);
		check(actor_is_stopped(&actor));
	}
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	check_int(*region_page(&stopping.region, AT), 7);
	stopping_close(&stopping);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Who is stopped holds no lock of the address space. */
static void mappings_change(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	stopping_writer(&stopping, &actor, AT);
	for (int i = 0; i < 10; i++) {
		unsigned char *other = region_map_part(&stopping.region, 8, 8);

		check_int(other[0], 0);
		check_int(mprotect(other, stopping.region.page, PROT_READ), 0);
		check_int(munmap(other, 8 * stopping.region.page), 0);
	}
	child_run(do_nothing, NULL);
	check(actor_is_stopped(&actor));
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	stopping_close(&stopping);
}

static void unmap_under_a_writer(void *arg)
{
	struct stopping stopping;
	struct actor actor;

	(void)arg;
	open_sync(&stopping);
	stopping_writer(&stopping, &actor, AT);
	check_int(munmap(stopping.region.base, PAGES * stopping.region.page), 0);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
}

/* Memory that goes while somebody is stopped in it: a fault as any other, once answered. */
static void unmapped_while_stopped(void)
{
	int status;

	close(region_device());
	status = child_wait(child_start(unmap_under_a_writer, NULL));
	check(WIFSIGNALED(status));
	check_int(WTERMSIG(status), SIGSEGV);
}

static void discarded_while_stopped(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	stopping_writer(&stopping, &actor, AT);
	check_int(region_discard(&stopping.region, AT, 1), 0);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	check_int(*region_page(&stopping.region, AT), 7);
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static void reader_closes(void)
{
	struct actor actors[4];
	struct stopping stopping;

	open_sync(&stopping);
	for (size_t i = 0; i < 4; i++)
		stopping_writer(&stopping, &actors[i], AT + i);
	check_int(close(stopping.faults), 0);
	for (size_t i = 0; i < 4; i++)
		actor_join(&actors[i]);
	region_must_find_only(&stopping.region, AT, 4);
	/* Nobody listens. */
	region_must_work(&stopping.region, 0, PAGES);
	/* Until somebody does. */
	stopping.faults = (int)region_call(stopping.region.fd, PGBARRIER_IOC_FAULTFD, NULL);
	check(stopping.faults >= 0);
	stopping_writer(&stopping, &actors[0], AT);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actors[0]);
	stopping_close(&stopping);
}

/* Who has asked a reader that is gone asks the next, which has come in the same moment. */
static void change_readers(void *arg)
{
	struct stopping stopping;
	struct actor actor;

	(void)arg;
	open_sync(&stopping);
	for (int i = 0; i < 20; i++) {
		stopping_writer(&stopping, &actor, AT);
		check_int(close(stopping.faults), 0);
		stopping.faults =
			(int)region_call(stopping.region.fd, PGBARRIER_IOC_FAULTFD, NULL);
		check(stopping.faults >= 0);
		if (stopping_asked_again(&stopping, &actor, PGBARRIER_EVENT_WRITE, AT))
			stopping_ack(&stopping, AT, 1);
		actor_join(&actor);
		region_must_find_only(&stopping.region, AT, 1);
	}
	stopping_close(&stopping);
}

static void readers_change(void)
{
	close(region_device());
	with_delays(change_readers, NULL);
}

/* A process with the only fault fd, which reads one event and never answers. */
static void read_and_hang(void *arg)
{
	struct pgbarrier_event event;
	const struct stopping *stopping = arg;

	check_int(read(stopping->faults, &event, sizeof(event)), sizeof(event));
	check_int(close(stopping->region.fd), 0);
	raise(SIGSTOP);
}

static void reader_is_killed(void)
{
	struct stopping stopping;
	struct actor actor;
	pid_t reader;
	int status;

	open_sync(&stopping);
	reader = child_start(read_and_hang, &stopping);
	check_int(close(stopping.faults), 0);
	actor_start(&actor, region_page(&stopping.region, AT), true);
	check_int(waitpid(reader, &status, WUNTRACED), reader);
	check(WIFSTOPPED(status));
	check(actor_is_stopped(&actor));
	check_int(kill(reader, SIGKILL), 0);
	check_int(WTERMSIG(child_wait(reader)), SIGKILL);
	actor_join(&actor);
	region_must_find_only(&stopping.region, AT, 1);
	region_close(&stopping.region);
}

/* A process with a mapping of its own, and no way to answer. */
static void map_and_write(void *arg)
{
	const struct stopping *stopping = arg;
	unsigned char *base;

	close(stopping->faults);
	base = region_map_part(&stopping->region, 0, PAGES);
	base[AT * stopping->region.page] = 7;
}

static void map_and_read_into(void *arg)
{
	const struct stopping *stopping = arg;
	unsigned char *base;

	close(stopping->faults);
	base = region_map_part(&stopping->region, 0, PAGES);
	by_read(base + AT * stopping->region.page);
}

static void writer_is_killed(void)
{
	/* Stopped by its own instruction, and in a system call. */
	static child_body *const bodies[] = {map_and_write, map_and_read_into};
	struct stopping stopping;

	open_sync(&stopping);
	for (size_t i = 0; i < 2; i++) {
		pid_t writer = child_start(bodies[i], &stopping);

		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		check_int(kill(writer, SIGKILL), 0);
		check_int(WTERMSIG(child_wait(writer)), SIGKILL);
		check_int(*region_page(&stopping.region, AT), 0);
		region_harvest(&stopping.region);
	}
	stopping_close(&stopping);
}

static void *read_into(void *arg)
{
	check_int(by_read(arg), KERNEL_WRITE_BYTES);
	return NULL;
}

/* The kernel's own write waits as well, and is complete. */
static void system_call(void)
{
	struct stopping stopping;
	pthread_t thread;

	open_sync(&stopping);
	check_int(
		pthread_create(&thread, NULL, read_into, region_page(&stopping.region, AT)),
		0);
	stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
	stopping_ack(&stopping, AT, 1);
	check_int(pthread_join(thread, NULL), 0);
	check_int(*region_page(&stopping.region, AT), 'w');
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static void batches(void)
{
	struct pgbarrier_event events[PAGES];
	struct actor actors[6];
	struct stopping stopping;
	uint64_t pages = 0;
	size_t count = 0;

	open_sync(&stopping);
	for (size_t i = 0; i < 6; i++) {
		actor_start(&actors[i], region_page(&stopping.region, 2 * i), true);
		check(actor_falls_asleep(&actors[i]));
	}
	/* As many as fit, and the rest later. */
	check_int(read(stopping.faults, events, 2 * sizeof(events[0]) + 1),
		  2 * sizeof(events[0]));
	check_int(read(stopping.faults, events + 2, sizeof(events) - 2 * sizeof(events[0])),
		  4 * sizeof(events[0]));
	for (count = 0; count < 6; count++)
		pages |= 1ull << events[count].offset / stopping.region.page;
	check_int(pages, 0x555);
	stopping_quiet(&stopping);
	stopping_ack(&stopping, 0, PAGES);
	for (size_t i = 0; i < 6; i++)
		actor_join(&actors[i]);
	stopping_close(&stopping);
}

/* Any number of threads at one page make one event, and one answer lets all of them go. */
static void one_event_for_many(void)
{
	struct actor actors[5];
	struct stopping stopping;

	open_sync(&stopping);
	for (size_t i = 0; i < 5; i++) {
		actor_start(&actors[i], region_page(&stopping.region, AT) + i, true);
		check(actor_falls_asleep(&actors[i]));
	}
	stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
	stopping_quiet(&stopping);
	stopping_ack(&stopping, AT, 1);
	for (size_t i = 0; i < 5; i++)
		actor_join(&actors[i]);
	check(!memcmp(region_page(&stopping.region, AT), "\7\7\7\7\7", 5));
	stopping_close(&stopping);
}

/* Moves a byte to the next one of its page: one instruction that reads it and writes it. */
static void *move_byte(void *arg)
{
	unsigned char *to = (unsigned char *)arg + 1, *from = arg;
	size_t count = 1;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
	return NULL;
}

/* It begins anew after each of its faults: the read must not undo what the write has asked.
 */
static void reading_and_writing_at_once(void)
{
	struct stopping stopping;
	pthread_t thread;

	open_sync(&stopping);
	for (int read_before = 0; read_before < 2; read_before++) {
		if (read_before)
			region_read(&stopping.region, AT, 1);
		check_int(pthread_create(&thread, NULL, move_byte,
					 region_page(&stopping.region, AT)),
			  0);
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		stopping_ack(&stopping, AT, 1);
		check_int(pthread_join(thread, NULL), 0);
		check_int(madvise(stopping.region.base, PAGES * stopping.region.page,
				  MADV_DONTNEED),
			  0);
		region_must_find_only(&stopping.region, AT, 1);
	}
	stopping_close(&stopping);
}

/* Once acknowledged, an event that was not read is over. */
static void answered_unread(void)
{
	struct stopping stopping;
	struct actor actor;

	open_sync(&stopping);
	check_int(fcntl(stopping.faults, F_SETFL, O_NONBLOCK), 0);
	actor_start(&actor, region_page(&stopping.region, AT), true);
	check(actor_falls_asleep(&actor));
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	for (int i = 0; i < 2; i++) {
		struct pgbarrier_event event;
		ssize_t got = read(stopping.faults, &event, sizeof(event));

		/* It may be read all the same, but only once. */
		check(got < 0 ? errno == EAGAIN : !i);
	}
	stopping_close(&stopping);
}

static void waited_for(void)
{
	int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	    epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event wanted = {.events = EPOLLIN | EPOLLET}, seen;
	struct stopping stopping;
	struct actor actor;
	uint64_t count;

	open_sync(&stopping);
	check_int(region_call(stopping.region.fd, PGBARRIER_IOC_EVENTFD, &event), 0);
	check_int(epoll_ctl(epoll, EPOLL_CTL_ADD, stopping.faults, &wanted), 0);
	check_int(epoll_wait(epoll, &seen, 1, 0), 0);
	for (int i = 0; i < 3; i++) {
		actor_start(&actor, region_page(&stopping.region, AT), true);
		check_int(epoll_wait(epoll, &seen, 1, -1), 1);
		check_int(seen.events, EPOLLIN);
		stopping_expect(&stopping, PGBARRIER_EVENT_WRITE, AT);
		/* The one may be a moment later than the other. */
		check_int(poll(&(struct pollfd){.fd = event, .events = POLLIN}, 1, -1), 1);
		check_int(read(event, &count, sizeof(count)), sizeof(count));
		check_int(count, 1);
		stopping_ack(&stopping, AT, 1);
		actor_join(&actor);
		region_harvest(&stopping.region);
	}
	stopping_quiet(&stopping);
	/* None any more. */
	check_int(region_call(stopping.region.fd, PGBARRIER_IOC_EVENTFD, &(int){-1}), 0);
	stopping_writer(&stopping, &actor, AT);
	check_int(read(event, &count, sizeof(count)), -1);
	check_int(errno, EAGAIN);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	stopping_close(&stopping);
	close(event);
	close(epoll);
}

static void *read_event(void *arg)
{
	stopping_expect(arg, PGBARRIER_EVENT_WRITE, AT);
	return NULL;
}

/* Who reads sleeps until there is something, also when a signal comes in between. */
static void read_waits(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct stopping stopping;
	struct actor actor;
	pthread_t reader;

	check_int(sigaction(SIGUSR1, &action, NULL), 0);
	open_sync(&stopping);
	check_int(pthread_create(&reader, NULL, read_event, &stopping), 0);
	check_int(pthread_kill(reader, SIGUSR1), 0);
	actor_start(&actor, region_page(&stopping.region, AT), true);
	check_int(pthread_join(reader, NULL), 0);
	stopping_ack(&stopping, AT, 1);
	actor_join(&actor);
	stopping_close(&stopping);
}

/* A second mapping, and one of another process, are stopped as the first one is. */
static void every_mapping(void)
{
	struct stopping stopping;
	struct actor first, second;
	unsigned char *other;
	pid_t child;

	open_sync(&stopping);
	other = region_map_part(&stopping.region, AT, 1);
	stopping_writer(&stopping, &first, AT);
	actor_start(&second, other + 1, true);
	check(actor_falls_asleep(&second));
	child = child_start(map_and_write, &stopping);
	stopping_ack(&stopping, AT, 1);
	actor_join(&first);
	actor_join(&second);
	check_int(child_wait(child), 0);
	region_must_find_only(&stopping.region, AT, 1);
	stopping_close(&stopping);
}

static const struct plain_case cases[] = {
	{"a write stops until it is acknowledged", stopped_and_acked},
	{"acknowledged beforehand", acked_beforehand},
	{"asked again after a harvest", asked_again_after_a_harvest},
	{"asked again when stopped across harvests", asked_again_while_stopped},
	{"asked again when readers change", readers_change},
	{"a signal while stopped", signalled},
	{"mappings change and processes fork while stopped", mappings_change},
	{"unmapped while stopped", unmapped_while_stopped},
	{"discarded while stopped", discarded_while_stopped},
	{"the reader closes", reader_closes},
	{"the reader is killed", reader_is_killed},
	{"who is stopped is killed", writer_is_killed},
	{"a system call waits", system_call},
	{"events in batches", batches},
	{"one event for many threads", one_event_for_many},
	{"an instruction that reads and writes a page", reading_and_writing_at_once},
	{"answered before it was read", answered_unread},
	{"epoll and an eventfd", waited_for},
	{"a read waits", read_waits},
	{"every mapping", every_mapping},
};

PLAIN_MAIN("sync", cases)

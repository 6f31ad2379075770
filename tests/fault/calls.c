/* SPDX-License-Identifier: MIT */
/* calls.c - what calls accept, what they return, and who has a channel. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stage.h"

#define PAGES 16

static void probing(void)
{
	struct pgb_fault_channel *channel;
	struct pgb_fault_info info;

	check_int(pgb_fault_probe(NULL, sizeof(info)), -EINVAL);
	check_int(pgb_fault_probe(&info, sizeof(info) - 1), -EINVAL);
	check_int(pgb_fault_probe(&info, sizeof(info)), 0);
	note("%d: kinds %x, actions %x, system calls %d, holes %d, %s", info.status,
	     info.kinds, info.actions, info.system_calls, info.protects_holes, info.reason);
	check(memchr(info.reason, '\0', sizeof(info.reason)) != NULL);
	if (info.status) {
		check(info.reason[0]);
		check_int(pgb_fault_open(&channel, 0), info.status);
		return;
	}
	check(info.kinds & PGB_FAULT_ABSENT);
	check(info.actions & 1u << PGB_ACK_FILL);
	/* A reason if and only if something is lacking. */
	check((info.kinds == 7 && info.actions == (1u << PGB_ACK_ACTIONS) - 1) ||
	      info.reason[0]);
	check_int(pgb_fault_open(&channel, 0), 0);
	pgb_fault_close(channel);
}

static void opening(void)
{
	struct pgb_fault_channel *untouched = (struct pgb_fault_channel *)&untouched;
	struct pgb_fault_channel *channel = untouched, *second;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int fd;

	stage_need(PGB_FAULT_ABSENT, 0);
	check_int(pgb_fault_open(NULL, 0), -EINVAL);
	check_int(pgb_fault_open(&channel, ~0u), -EINVAL);
	check_int(pgb_fault_attach(&channel, -1), -EBADF);
	check_int(pgb_fault_attach(&channel, file), -EINVAL);
	check(channel == untouched);
	check_int(pgb_fault_open(&channel, 0), 0);
	fd = pgb_fault_fd(channel);
	check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	check(fcntl(fd, F_GETFL) & O_NONBLOCK);
	check_int(pgb_fault_attach(NULL, fd), -EINVAL);
	check_int(pgb_fault_attach(&second, fd), 0);
	check(pgb_fault_fd(second) != fd);
	check(fcntl(pgb_fault_fd(second), F_GETFD) & FD_CLOEXEC);
	pgb_fault_close(second);
	check(fcntl(fd, F_GETFD) >= 0);
	pgb_fault_close(channel);
	check_int(fcntl(fd, F_GETFD), -1);
	pgb_fault_close(NULL);
	check_int(pgb_fault_fd(NULL), -EINVAL);
	close(file);
}

static void bad_arguments(void)
{
	struct pgb_fault_stats stats;
	struct pgb_fault fault;
	struct pgb_ack ack = {0};
	struct stage stage;
	size_t page;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	page = stage.page;
	check_int(pgb_fault_add(NULL, stage.base, page, 1), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base + 1, page, 1), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base, page - 1, 1), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base, 0, 1), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base, -page, 1), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base, page, 0), -EINVAL);
	check_int(pgb_fault_add(stage.channel, stage.base, page, 8), -EINVAL);
	check_int(pgb_fault_remove(NULL, stage.base, page), -EINVAL);
	check_int(pgb_fault_remove(stage.channel, stage.base, 1), -EINVAL);
	check_int(pgb_fault_read(NULL, &fault, 1), -EINVAL);
	check_int(pgb_fault_read(stage.channel, NULL, 1), -EINVAL);
	check_int(pgb_fault_read(stage.channel, NULL, 0), 0);
	check_int(pgb_fault_read(stage.channel, &fault, 0), 0);
	check_int(pgb_fault_read(stage.channel, &fault, 1), -EAGAIN);
	check_int(pgb_fault_ack(NULL, &ack, 1), -EINVAL);
	check_int(pgb_fault_ack(stage.channel, NULL, 1), -EINVAL);
	check_int(pgb_fault_ack(stage.channel, NULL, 0), 0);
	check_int(pgb_fault_repost(NULL), -EINVAL);
	check_int(pgb_fault_get_stats(NULL, &stats, sizeof(stats)), -EINVAL);
	check_int(pgb_fault_get_stats(stage.channel, NULL, sizeof(stats)), -EINVAL);
	check_int(pgb_fault_get_stats(stage.channel, &stats, sizeof(stats) - 1), -EINVAL);
	stage_close(&stage);
}

static void bad_acks(void)
{
	struct stage stage;
	struct pgb_ack acks[4];
	uintptr_t start;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	start = (uintptr_t)stage.base;
	acks[0] = (struct pgb_ack){start, stage.page, PGB_ACK_ACTIONS, 1, NULL};
	acks[1] = (struct pgb_ack){start + 1, stage.page, PGB_ACK_ZERO, 1, NULL};
	acks[2] = (struct pgb_ack){start, stage.page, PGB_ACK_MOVE, 1, stage.base + 1};
	acks[3] = (struct pgb_ack){start, stage.page, PGB_ACK_ZERO, 1, NULL};
	check_int(pgb_fault_ack(stage.channel, acks, 4), -EINVAL);
	for (size_t i = 0; i < 3; i++)
		check_int(acks[i].result, -EINVAL);
	/* Those behind were tried all the same. */
	check_int(acks[3].result, 0);
	check_int(stage.base[0], 0);
	/* Memory that is not in the channel, and what cannot be read. */
	check_int(stage_ack(&stage, PGB_ACK_ZERO, PAGES, 1, NULL), -ENOENT);
	check_int(stage_ack(&stage, PGB_ACK_FILL, 1, 1, (void *)4096), -EFAULT);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 1, 1, NULL), -ENOENT);
	check_int(stage_stats(&stage).errors, 3);
	check_int(stage_stats(&stage).last_error, -ENOENT);
	check_int(stage_stats(&stage).acks[PGB_ACK_ZERO], 2);
	stage_close(&stage);
}

static void ranges(void)
{
	struct pgb_fault_channel *other;
	struct stage stage;
	size_t page;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	page = stage.page;
	check_int(pgb_fault_add(stage.channel, stage.base, page, PGB_FAULT_WRITE), -EEXIST);
	check_int(pgb_fault_open(&other, 0), 0);
	check_int(pgb_fault_add(other, stage.base, page, PGB_FAULT_ABSENT), -EBUSY);
	check_int(pgb_fault_remove(other, stage.base, page), -ENOENT);
	check_int(pgb_fault_remove(stage.channel, stage_page(&stage, 4), 8 * page), 0);
	check_int(stage_stats(&stage).ranges, 2);
	check_int(pgb_fault_remove(stage.channel, stage_page(&stage, 4), 8 * page),
		  -ENOENT);
	/* What was taken out stops nobody, and can be had by others. */
	check_int(stage_page(&stage, 5)[0], 0);
	check_int(pgb_fault_add(other, stage_page(&stage, 6), 2 * page, PGB_FAULT_ABSENT),
		  0);
	check_int(pgb_fault_add(stage.channel, stage_page(&stage, 4), 8 * page,
				PGB_FAULT_ABSENT),
		  -EBUSY);
	check_int(stage_stats(&stage).ranges, 2);
	pgb_fault_close(other);
	check_int(pgb_fault_add(stage.channel, stage_page(&stage, 4), 8 * page,
				PGB_FAULT_ABSENT),
		  0);
	check_int(stage_stats(&stage).ranges, 1);
	/* In one call, whatever is between. */
	check_int(pgb_fault_remove(stage.channel, stage_page(&stage, 2), page), 0);
	check_int(pgb_fault_remove(stage.channel, stage.base, PAGES * page), 0);
	check_int(stage_stats(&stage).ranges, 0);
	stage_close(&stage);
}

static void unsuitable_memory(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	/* A file would do, but in a guest all of them may be those of a tmpfs. */
	void *mapped = (void *)getauxval(AT_SYSINFO_EHDR), *private;
	struct stage anonymous, shared;

	stage_open(&anonymous, PAGES, PGB_FAULT_ABSENT);
	stage_map_shared(&shared, PAGES);
	private = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE, shared.memfd, 0);
	check(private != MAP_FAILED);
	if (mapped)
		check_int(pgb_fault_add(anonymous.channel, mapped, page, PGB_FAULT_ABSENT),
			  -EINVAL);
	check_int(pgb_fault_remove(anonymous.channel, anonymous.base, page), 0);
	check_int(pgb_fault_add(anonymous.channel, anonymous.base, page, PGB_FAULT_ACCESS),
		  -EINVAL);
	/* To unmap a page of this would take its content away. */
	check_int(pgb_fault_add(anonymous.channel, private, page, PGB_FAULT_ACCESS),
		  -EINVAL);
	check_int(munmap(private, page), 0);
	/* Far from where the library's own tables could come to lie. */
	check_int(munmap(anonymous.base, page), 0);
	check_int(pgb_fault_add(anonymous.channel, anonymous.base, page, PGB_FAULT_ABSENT),
		  -EINVAL);
	check_int(stage_stats(&anonymous).ranges, 1);
	stage_close(&shared);
	stage_close(&anonymous);
}

static void barriers_and_channels(void)
{
	struct pgb_barrier *barrier;
	struct stage stage;

	stage_need(PGB_FAULT_WRITE, 0);
	if (pgb_open(&barrier, "uffd-async"))
		skip_because("uffd-async does not run here");
	stage_map(&stage, PAGES);
	check_int(pgb_fault_open(&stage.channel, 0), 0);
	check_int(pgb_add(barrier, stage.base, PAGES * stage.page), 0);
	check_int(pgb_fault_add(stage.channel, stage.base, stage.page, PGB_FAULT_WRITE),
		  -EBUSY);
	check_int(pgb_remove(barrier, stage.base, stage.page), 0);
	check_int(pgb_fault_add(stage.channel, stage.base, stage.page, PGB_FAULT_WRITE), 0);
	pgb_close(barrier);
	stage_close(&stage);
}

static void attached_handles(void)
{
	struct pgb_fault_channel *second;
	struct pgb_page_run run;
	struct pgb_move result;
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT | PGB_FAULT_WRITE);
	check_int(pgb_fault_attach(&second, pgb_fault_fd(stage.channel)), 0);
	run = stage_run(&stage, 0, 1);
	check_int(pgb_fault_add(second, stage.base, stage.page, PGB_FAULT_ABSENT),
		  -EOPNOTSUPP);
	check_int(pgb_fault_remove(second, stage.base, stage.page), -EOPNOTSUPP);
	check_int(pgb_fault_protect(second, PGB_FAULT_ACCESS, &run, 1), -EOPNOTSUPP);
	check_int(pgb_fault_move(second, stage.base, stage_page(&stage, 1), stage.page,
				 &result),
		  -EOPNOTSUPP);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(pgb_fault_ack(second,
				&(struct pgb_ack){run.start, stage.page, PGB_ACK_MOVE, 0,
						  stage_page(&stage, 4)},
				1),
		  -EOPNOTSUPP);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(pgb_fault_ack(
			  second,
			  &(struct pgb_ack){run.start, stage.page, PGB_ACK_ZERO, 0, NULL},
			  1),
		  0);
	actor_join(&actor);
	/* The first write to what is far away. */
	check_int(pgb_fault_protect(second, PGB_FAULT_WRITE, &run, 1), 0);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_WRITE, 0);
	check_int(pgb_fault_unprotect(second, PGB_FAULT_WRITE, &run, 1), 0);
	actor_join(&actor);
	/* Only the owner's end is the end. */
	pgb_fault_close(second);
	actor_start(&actor, stage_page(&stage, 1), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 1);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 1, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
}

static void no_descriptors(void)
{
	struct pgb_fault_channel *channel;
	struct pgb_fault_info info;
	struct rlimit saved, none;
	struct stage stage;
	struct actor actor;
	int fd;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	check_int(getrlimit(RLIMIT_NOFILE, &saved), 0);
	fd = dup(STDERR_FILENO);
	check(fd >= 0);
	close(fd);
	none = saved;
	none.rlim_cur = (rlim_t)fd;
	check_int(setrlimit(RLIMIT_NOFILE, &none), 0);
	check_int(pgb_fault_open(&channel, 0), -EMFILE);
	check_int(pgb_fault_attach(&channel, pgb_fault_fd(stage.channel)), -EMFILE);
	check_int(pgb_fault_probe(&info, sizeof(info)), 0);
	check_int(info.status, -EMFILE);
	/* The one that is open needs no more of them. */
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	check_int(pgb_fault_remove(stage.channel, stage.base, stage.page), 0);
	check_int(pgb_fault_add(stage.channel, stage.base, stage.page, PGB_FAULT_ABSENT),
		  0);
	check_int(setrlimit(RLIMIT_NOFILE, &saved), 0);
	check_int(pgb_fault_open(&channel, 0), 0);
	pgb_fault_close(channel);
	stage_close(&stage);
}

static void unprivileged(void)
{
	struct pgb_fault_info info;
	struct stage stage;
	struct actor actor;

	if (getuid() == 0) {
		check_int(setresgid(65534, 65534, 65534), 0);
		check_int(setresuid(65534, 65534, 65534), 0);
		/* As in a process that never was root. */
		check_int(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
	}
	check_int(pgb_fault_probe(&info, sizeof(info)), 0);
	check_int(info.status, 0);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
}

#define ACTORS 32

static void reading_in_batches(void)
{
	struct epoll_event event = {.events = EPOLLIN}, ready;
	struct actor actors[ACTORS];
	struct pgb_fault faults[ACTORS];
	struct pgb_ack acks[ACTORS];
	struct stage stage;
	int epoll = epoll_create1(EPOLL_CLOEXEC), got = 0;

	stage_open(&stage, ACTORS, PGB_FAULT_ABSENT);
	check_int(epoll_ctl(epoll, EPOLL_CTL_ADD, pgb_fault_fd(stage.channel), &event), 0);
	check_int(epoll_wait(epoll, &ready, 1, 0), 0);
	for (size_t i = 0; i < ACTORS; i++)
		actor_start(&actors[i], stage_page(&stage, i), true);
	while (got < ACTORS) {
		int more;

		check_int(epoll_wait(epoll, &ready, 1, -1), 1);
		more = pgb_fault_read(stage.channel, faults + got, (size_t)(ACTORS - got));
		check(more > 0 || more == -EAGAIN);
		got += more > 0 ? more : 0;
	}
	check_int(epoll_wait(epoll, &ready, 1, 0), 0);
	for (size_t i = 0; i < ACTORS; i++) {
		check(actor_is_stopped(&actors[i]));
		check_int(faults[i].kind, PGB_FAULT_ABSENT);
		acks[i] = (struct pgb_ack){
			.start = faults[i].address / stage.page * stage.page,
			.length = stage.page,
			.action = PGB_ACK_ZERO,
		};
	}
	check_int(pgb_fault_ack(stage.channel, acks, ACTORS), 0);
	for (size_t i = 0; i < ACTORS; i++) {
		actor_join(&actors[i]);
		check_int(stage_page(&stage, i)[0], 7);
	}
	check_int(stage_stats(&stage).absences, ACTORS);
	close(epoll);
	stage_close(&stage);
}

/* More than one thread at a page, more than one answer. */
static void duplicates(void)
{
	struct actor first, second;
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&first, stage.base, true);
	actor_start(&second, stage.base + 1, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&first);
	actor_join(&second);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), -EEXIST);
	check_int(stage.base[0], 7);
	check_int(stage.base[1], 7);
	check_int(stage_stats(&stage).duplicates, 1);
	stage_close(&stage);
}

static const struct plain_case cases[] = {
	{"probing", probing},
	{"opening", opening},
	{"bad arguments", bad_arguments},
	{"bad acknowledgements", bad_acks},
	{"ranges", ranges},
	{"unsuitable memory", unsuitable_memory},
	{"barriers and channels", barriers_and_channels},
	{"attached handles", attached_handles},
	{"no descriptors are left", no_descriptors},
	{"an unprivileged user", unprivileged},
	{"reading in batches", reading_in_batches},
	{"duplicates", duplicates},
};

PLAIN_MAIN("calls", cases)

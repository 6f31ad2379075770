/* SPDX-License-Identifier: MIT */
/* kinds.c - every kind of fault, and everything that can be done about it. */
#include <errno.h>
#include <signal.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stage.h"

#define PAGES	     16
#define ACTION(name) (1u << PGB_ACK_##name)

static void write_is_allowed(void)
{
	struct stage stage;
	struct actor actor;
	struct pgb_fault fault;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	memset(stage.base, 1, PAGES * stage.page);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	/* Reading stops nobody. */
	check_int(stage.base[0], 1);
	actor_start(&actor, stage_page(&stage, 3) + 100, true);
	fault = stage_expect(&stage, PGB_FAULT_WRITE, 3);
	check_int(fault.flags, PGB_FAULT_BY_WRITE);
	check_int(fault.thread, AO_load(&actor.id));
	check(actor_is_stopped(&actor));
	check_int(stage_page(&stage, 3)[100], 1);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 3, 1, NULL), 0);
	actor_join(&actor);
	check_int(stage_page(&stage, 3)[100], 7);
	/* It was this page alone. */
	stage_page(&stage, 3)[0] = 9;
	actor_start(&actor, stage_page(&stage, 4), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 4);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 0, PAGES, NULL), 0);
	actor_join(&actor);
	stage_page(&stage, 5)[0] = 9;
	stage_quiet(&stage);
	check_int(stage_stats(&stage).writes, 2);
	check_int(stage_stats(&stage).acks[PGB_ACK_ALLOW], 2);
	check_int(stage_stats(&stage).errors, 0);
	stage_close(&stage);
}

/* A page that was never touched is as good as any. */
static void write_to_a_hole(void)
{
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	check_int(stage.base[stage.page * 2], 0);
	for (size_t i = 1; i < 3; i++) {
		actor_start(&actor, stage_page(&stage, i), true);
		stage_expect(&stage, PGB_FAULT_WRITE, i);
		check_int(stage_ack(&stage, PGB_ACK_ALLOW, i, 1, NULL), 0);
		actor_join(&actor);
	}
	stage_close(&stage);
}

static void write_to_a_memfd(void)
{
	struct stage stage;
	struct actor actor;

	stage_need(PGB_FAULT_ACCESS, 0);
	stage_open_shared(&stage, PAGES, PGB_FAULT_WRITE);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, PAGES);
	check_int(stage.base[0], 0);
	actor_start(&actor, stage_page(&stage, 1), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 1);
	check_int(stage.alias[stage.page], 0);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 1, 1, NULL), 0);
	actor_join(&actor);
	check_int(stage.alias[stage.page], 7);
	stage_close(&stage);
}

static void absent_is_filled(void)
{
	struct stage stage;
	struct actor actor;
	unsigned char *content;
	struct pgb_fault fault;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	content = mmap(NULL, 5 * stage.page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(content != MAP_FAILED);
	memset(content, 5, 5 * stage.page);
	actor_start(&actor, stage_page(&stage, 2) + 8, false);
	fault = stage_expect(&stage, PGB_FAULT_ABSENT, 2);
	check_int(fault.flags, 0);
	/* From anywhere in memory. */
	check_int(stage_ack(&stage, PGB_ACK_FILL, 2, 1, content + 13), 0);
	actor_join(&actor);
	check_int(actor.seen, 5);
	/* Many at once, one of which is there. */
	stage_page(&stage, 2)[1] = 99;
	actor_start(&actor, stage_page(&stage, 4), true);
	fault = stage_expect(&stage, PGB_FAULT_ABSENT, 4);
	check_int(fault.flags, PGB_FAULT_BY_WRITE);
	check_int(stage_ack(&stage, PGB_ACK_FILL, 0, 5, content), -EEXIST);
	actor_join(&actor);
	check_int(stage_page(&stage, 0)[0], 5);
	check_int(stage_page(&stage, 1)[0], 5);
	check_int(stage_page(&stage, 2)[1], 99);
	check_int(stage_page(&stage, 3)[0], 5);
	check_int(stage_page(&stage, 4)[0], 7);
	check_int(stage_page(&stage, 4)[1], 5);
	check_int(stage_stats(&stage).absences, 2);
	check_int(stage_stats(&stage).duplicates, 1);
	check_int(stage_stats(&stage).errors, 0);
	stage_quiet(&stage);
	stage_close(&stage);
}

static void absent_becomes_zeros(void)
{
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&actor, stage_page(&stage, 0), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 2, NULL), 0);
	actor_join(&actor);
	check_int(actor.seen, 0);
	check_int(stage_page(&stage, 1)[5], 0);
	stage_page(&stage, 0)[0] = 3;
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), -EEXIST);
	check_int(stage_page(&stage, 0)[0], 3);
	/* What is given back is absent again. */
	check_int(madvise(stage.base, stage.page, MADV_DONTNEED), 0);
	actor_start(&actor, stage_page(&stage, 0), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
}

static void absent_of_a_memfd(void)
{
	struct stage stage;
	struct actor actor;
	unsigned char content[65536];

	stage_open_shared(&stage, PAGES, PGB_FAULT_ABSENT);
	check(stage.page <= sizeof(content));
	memset(content, 6, sizeof(content));
	check_int(madvise(stage.base, 2 * stage.page, MADV_REMOVE), 0);
	actor_start(&actor, stage_page(&stage, 1), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 1);
	check_int(stage_ack(&stage, PGB_ACK_FILL, 1, 1, content), 0);
	actor_join(&actor);
	check_int(actor.seen, 6);
	check_int(stage.alias[stage.page], 6);
	/* Others may put it there. */
	stage.alias[0] = 4;
	check_int(stage.base[0], 4);
	stage_quiet(&stage);
	stage_close(&stage);
}

static void absent_is_moved_in(void)
{
	struct stage stage, from;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	memset(from.base, 8, PAGES * from.page);
	actor_start(&actor, stage_page(&stage, 5), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 5);
	check_int(stage_ack(&stage, PGB_ACK_MOVE, 5, 3, stage_page(&from, 2)), 0);
	actor_join(&actor);
	check_int(actor.seen, 8);
	for (size_t i = 0; i < PAGES; i++)
		check_int(stage_page(&from, i)[0], i >= 2 && i < 5 ? 0 : 8);
	check_int(stage_page(&stage, 7)[stage.page - 1], 8);
	/* A hole is nothing to move. */
	check_int(madvise(from.base, from.page, MADV_DONTNEED), 0);
	actor_start(&actor, stage_page(&stage, 9), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 9);
	check_int(stage_ack(&stage, PGB_ACK_MOVE, 9, 1, from.base), -ENOENT);
	stage_expect(&stage, PGB_FAULT_ABSENT, 9);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 9, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&from);
	stage_close(&stage);
}

static void access_is_mapped(void)
{
	struct stage stage;
	struct actor actor;
	struct pgb_fault fault;

	stage_open_shared(&stage, PAGES, PGB_FAULT_ACCESS);
	memset(stage.alias, 1, PAGES * stage.page);
	stage_protect(&stage, PGB_FAULT_ACCESS, 0, PAGES);
	for (int writes = 0; writes < 2; writes++) {
		size_t page = 4 + (size_t)writes;

		actor_start(&actor, stage_page(&stage, page) + 1, writes);
		fault = stage_expect(&stage, PGB_FAULT_ACCESS, page);
		check_int(fault.flags, writes ? PGB_FAULT_BY_WRITE : 0);
		/* The reader changes what the thread will see. */
		stage.alias[page * stage.page + 1] = 2;
		check_int(stage_ack(&stage, PGB_ACK_MAP, page, 1, NULL), 0);
		actor_join(&actor);
	}
	check_int(stage_page(&stage, 4)[1], 2);
	check_int(stage.alias[5 * stage.page + 1], 7);
	check_int(stage_ack(&stage, PGB_ACK_MAP, 4, 2, NULL), -EEXIST);
	check_int(stage_ack(&stage, PGB_ACK_MAP, 0, PAGES, NULL), -EEXIST);
	for (size_t i = 0; i < PAGES; i++)
		check_int(stage_page(&stage, i)[0], 1);
	stage_quiet(&stage);
	check_int(stage_stats(&stage).accesses, 2);
	stage_close(&stage);
}

/* A page of the file that does not exist can be made, but not mapped. */
static void access_to_a_hole_of_the_file(void)
{
	struct stage stage;
	struct actor actor;

	stage_open_shared(&stage, PAGES, PGB_FAULT_ACCESS | PGB_FAULT_ABSENT);
	check_int(madvise(stage.base, stage.page, MADV_REMOVE), 0);
	actor_start(&actor, stage.base, false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_MAP, 0, 1, NULL), -EFAULT);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	check_int(actor.seen, 0);
	stage_close(&stage);
}

static sigjmp_buf after_sigbus;

static void on_sigbus(int number)
{
	(void)number;
	siglongjmp(after_sigbus, 1);
}

static void must_be_poisoned(const unsigned char *page)
{
	struct sigaction action = {.sa_handler = on_sigbus};

	check_int(sigaction(SIGBUS, &action, NULL), 0);
	if (!sigsetjmp(after_sigbus, 1)) {
		(void)*(const volatile unsigned char *)page;
		check(!"the page is poisoned");
	}
}

static void *touch_poison(void *arg)
{
	must_be_poisoned(arg);
	return NULL;
}

static void any_is_poisoned(void)
{
	struct stage absent, access, write;
	pthread_t thread;

	stage_need(PGB_FAULT_WRITE | PGB_FAULT_ABSENT | PGB_FAULT_ACCESS, ACTION(POISON));
	stage_open(&absent, PAGES, PGB_FAULT_ABSENT);
	check_int(pthread_create(&thread, NULL, touch_poison, absent.base), 0);
	stage_expect(&absent, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&absent, PGB_ACK_POISON, 0, 1, NULL), 0);
	check_int(pthread_join(thread, NULL), 0);
	must_be_poisoned(absent.base);
	stage_close(&absent);

	stage_open_shared(&access, PAGES, PGB_FAULT_ACCESS);
	stage_protect(&access, PGB_FAULT_ACCESS, 0, 1);
	check_int(pthread_create(&thread, NULL, touch_poison, access.base), 0);
	stage_expect(&access, PGB_FAULT_ACCESS, 0);
	check_int(stage_ack(&access, PGB_ACK_POISON, 0, 1, NULL), 0);
	check_int(pthread_join(thread, NULL), 0);
	stage_close(&access);

	/* What is there is taken away. */
	stage_open(&write, PAGES, PGB_FAULT_WRITE);
	memset(write.base, 1, 4 * write.page);
	stage_protect(&write, PGB_FAULT_WRITE, 0, 4);
	check_int(stage_ack(&write, PGB_ACK_POISON, 1, 2, NULL), 0);
	must_be_poisoned(stage_page(&write, 1));
	must_be_poisoned(stage_page(&write, 2));
	check_int(stage_page(&write, 3)[0], 1);
	stage_close(&write);
}

static void all_three_at_once(void)
{
	struct stage stage;
	struct actor actor;

	stage_open_shared(&stage, PAGES,
			  PGB_FAULT_WRITE | PGB_FAULT_ABSENT | PGB_FAULT_ACCESS);
	check_int(madvise(stage.base, stage.page, MADV_REMOVE), 0);
	actor_start(&actor, stage.base, false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	stage_protect(&stage, PGB_FAULT_ACCESS, 0, 1);
	actor_start(&actor, stage.base, false);
	stage_expect(&stage, PGB_FAULT_ACCESS, 0);
	check_int(stage_ack(&stage, PGB_ACK_MAP, 0, 1, NULL), 0);
	actor_join(&actor);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, 1);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_WRITE, 0);
	check_int(stage_ack(&stage, PGB_ACK_ALLOW, 0, 1, NULL), 0);
	actor_join(&actor);
	check_int(stage.alias[0], 7);
	stage_close(&stage);
}

struct reading {
	int from;
	void *to;
	ssize_t got;
	int error;
};

static void *read_byte(void *arg)
{
	struct reading *reading = arg;

	reading->got = read(reading->from, reading->to, 1);
	reading->error = errno;
	return NULL;
}

static void start_reading(struct reading *reading, pthread_t *thread, int fds[2], void *to)
{
	check_int(pipe(fds), 0);
	check_int(write(fds[1], "x", 1), 1);
	*reading = (struct reading){.from = fds[0], .to = to};
	check_int(pthread_create(thread, NULL, read_byte, reading), 0);
}

/* As pgb_fault_info says: a system call is stopped, or fails. */
static void system_calls(void)
{
	struct pgb_fault_info info;
	struct reading reading;
	struct stage stage;
	pthread_t thread;
	int fds[2];

	stage_open(&stage, PAGES, PGB_FAULT_WRITE);
	check_int(pgb_fault_probe(&info, sizeof(info)), 0);
	memset(stage.base, 1, stage.page);
	stage_protect(&stage, PGB_FAULT_WRITE, 0, 1);
	start_reading(&reading, &thread, fds, stage.base);
	if (info.system_calls) {
		stage_expect(&stage, PGB_FAULT_WRITE, 0);
		check_int(stage_ack(&stage, PGB_ACK_ALLOW, 0, 1, NULL), 0);
	}
	check_int(pthread_join(thread, NULL), 0);
	check_int(reading.got, info.system_calls ? 1 : -1);
	if (!info.system_calls)
		check_int(reading.error, EFAULT);
	check_int(stage.base[0], info.system_calls ? 'x' : 1);
	stage_close(&stage);
}

/* One answer for what the kernel has as two mappings. */
static void beyond_a_mapping(enum pgb_ack_action action)
{
	unsigned kind = action == PGB_ACK_MAP ? PGB_FAULT_ACCESS : PGB_FAULT_ABSENT;
	struct stage stage, source;
	struct actor actor;

	if (action == PGB_ACK_MAP)
		stage_open_shared(&stage, PAGES, kind);
	else
		stage_open(&stage, PAGES, kind);
	stage_map(&source, PAGES);
	memset(source.base, 5, PAGES * source.page);
	stage_split(&stage, 5);
	actor_start(&actor, stage_page(&stage, PAGES - 1), false);
	stage_expect(&stage, kind, PAGES - 1);
	check_int(stage_ack(&stage, action, 0, PAGES, source.base), 0);
	actor_join(&actor);
	check_int(stage_stats(&stage).errors, 0);
	stage_close(&stage);
	stage_close(&source);
}

static void filled_beyond_a_mapping(void)
{
	beyond_a_mapping(PGB_ACK_FILL);
	beyond_a_mapping(PGB_ACK_ZERO);
	beyond_a_mapping(PGB_ACK_MOVE);
}

static void mapped_beyond_a_mapping(void)
{
	beyond_a_mapping(PGB_ACK_MAP);
}

static void poisoned_beyond_a_mapping(void)
{
	struct stage stage;

	stage_need(PGB_FAULT_ABSENT, ACTION(POISON));
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_split(&stage, 5);
	check_int(stage_ack(&stage, PGB_ACK_POISON, 0, PAGES, NULL), 0);
	stage_close(&stage);
}

static void system_calls_of_user_only(void)
{
	struct reading reading;
	struct stage stage;
	pthread_t thread;
	int fds[2];

	stage_need(PGB_FAULT_ABSENT, 0);
	stage_map(&stage, PAGES);
	check_int(pgb_fault_open(&stage.channel, PGB_FAULT_USER_ONLY), 0);
	check_int(pgb_fault_add(stage.channel, stage.base, stage.page, PGB_FAULT_ABSENT),
		  0);
	start_reading(&reading, &thread, fds, stage.base);
	check_int(pthread_join(thread, NULL), 0);
	check_int(reading.got, -1);
	check_int(reading.error, EFAULT);
	stage_quiet(&stage);
	stage_close(&stage);
}

static const struct plain_case cases[] = {
	{"WRITE: allowed", write_is_allowed},
	{"WRITE: to a hole", write_to_a_hole},
	{"WRITE: to a memfd", write_to_a_memfd},
	{"ABSENT: filled", absent_is_filled},
	{"ABSENT: zeros", absent_becomes_zeros},
	{"ABSENT: of a memfd", absent_of_a_memfd},
	{"ABSENT: moved in", absent_is_moved_in},
	{"ACCESS: mapped", access_is_mapped},
	{"ACCESS: to a hole of the file", access_to_a_hole_of_the_file},
	{"any: poisoned", any_is_poisoned},
	{"all three at once", all_three_at_once},
	{"ABSENT: filled beyond a mapping", filled_beyond_a_mapping},
	{"ACCESS: mapped beyond a mapping", mapped_beyond_a_mapping},
	{"any: poisoned beyond a mapping", poisoned_beyond_a_mapping},
	{"system calls are stopped, or fail", system_calls},
	{"system calls fail for user only", system_calls_of_user_only},
};

PLAIN_MAIN("kinds", cases)

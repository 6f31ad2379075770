/* SPDX-License-Identifier: MIT */
/*
 * lives.c - who is stopped while the world changes: memory goes, readers die, processes
 * fork, and end.  Nobody stays stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/uffd_resolve.h"
#include "stage.h"

#define PAGES 16

/* A thread that touches memory which may be gone when it is let go. */
struct victim {
	pthread_t thread;
	volatile unsigned char *at;
	AO_t crashed;
};

static __thread sigjmp_buf after_crash;

static void on_crash(int number)
{
	(void)number;
	siglongjmp(after_crash, 1);
}

static void *touch(void *arg)
{
	struct victim *victim = arg;

	if (sigsetjmp(after_crash, 1))
		AO_store_release(&victim->crashed, 1);
	else
		*victim->at = 7;
	return NULL;
}

static void victim_start(struct victim *victim, unsigned char *at)
{
	struct sigaction action = {.sa_handler = on_crash};

	check_int(sigaction(SIGSEGV, &action, NULL), 0);
	*victim = (struct victim){.at = at};
	check_int(pthread_create(&victim->thread, NULL, touch, victim), 0);
}

/* It gets the signal that it would have got without us. */
static void victim_must_crash(struct victim *victim)
{
	check_int(pthread_join(victim->thread, NULL), 0);
	check(AO_load_acquire(&victim->crashed));
}

static void unmapped_then_acked(void)
{
	static const enum pgb_ack_action actions[] = {PGB_ACK_ALLOW, PGB_ACK_FILL,
						      PGB_ACK_ZERO,  PGB_ACK_MOVE,
						      PGB_ACK_MAP,   PGB_ACK_POISON};
	struct victim victim;
	struct stage stage, from;

	stage_need(PGB_FAULT_ABSENT, 1u << PGB_ACK_POISON);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	stage_map(&from, PAGES);
	memset(from.base, 1, PAGES * from.page);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		victim_start(&victim, stage_page(&stage, i));
		stage_expect(&stage, PGB_FAULT_ABSENT, i);
		check_int(munmap(stage_page(&stage, i), stage.page), 0);
		check_int(stage_ack(&stage, actions[i], i, 1, stage_page(&from, i)),
			  -ENOENT);
		victim_must_crash(&victim);
		check_int(stage_page(&from, i)[0], 1);
	}
	stage_close(&from);
	stage_close(&stage);
}

static void unmapped_then_removed(void)
{
	struct victim victim;
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	victim_start(&victim, stage.base);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(munmap(stage.base, stage.page), 0);
	check_int(pgb_fault_remove(stage.channel, stage.base, PAGES * stage.page), 0);
	victim_must_crash(&victim);
	stage_close(&stage);
}

/* The kernel takes a range out whole or not at all. */
static void removed_with_foreign_memory(void)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct actor before, behind;
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&before, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	actor_start(&behind, stage_page(&stage, 9), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 9);
	check(mmap(stage_page(&stage, 4), stage.page, PROT_READ, MAP_PRIVATE | MAP_FIXED,
		   file, 0) != MAP_FAILED);
	check_int(pgb_fault_remove(stage.channel, stage.base, PAGES * stage.page), 0);
	actor_join(&before);
	actor_join(&behind);
	/* And nobody is stopped there any more. */
	check_int(stage_page(&stage, 1)[0], 0);
	check_int(stage_page(&stage, 10)[0], 0);
	close(file);
	stage_close(&stage);
}

static void removed_under_a_thread(void)
{
	struct actor actors[2];
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT | PGB_FAULT_WRITE);
	actor_start(&actors[0], stage_page(&stage, 1), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 1);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 2, 1, NULL), 0);
	stage_protect(&stage, PGB_FAULT_WRITE, 2, 1);
	actor_start(&actors[1], stage_page(&stage, 2), true);
	stage_expect(&stage, PGB_FAULT_WRITE, 2);
	check_int(pgb_fault_remove(stage.channel, stage.base, PAGES * stage.page), 0);
	for (size_t i = 0; i < 2; i++) {
		actor_join(&actors[i]);
		check_int(stage_page(&stage, 1 + i)[0], 7);
	}
	stage_page(&stage, 3)[0] = 1;
	stage_quiet(&stage);
	stage_close(&stage);
}

/* Though somebody else still has the descriptor. */
static void closed_under_a_thread(void)
{
	struct pgb_fault_channel *second;
	struct actor read_of, unread;
	struct pgb_fault fault;
	struct stage stage;
	struct pgb_ack ack;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	check_int(pgb_fault_attach(&second, pgb_fault_fd(stage.channel)), 0);
	ack = (struct pgb_ack){(uintptr_t)stage.base, stage.page, PGB_ACK_ZERO, 0, NULL};
	actor_start(&read_of, stage_page(&stage, 1), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 1);
	actor_start(&unread, stage_page(&stage, 2), true);
	pgb_fault_close(stage.channel);
	stage.channel = NULL;
	actor_join(&read_of);
	actor_join(&unread);
	check_int(pgb_fault_read(second, &fault, 1), -EAGAIN);
	check_int(pgb_fault_ack(second, &ack, 1), -ENOENT);
	pgb_fault_close(second);
	stage_close(&stage);
}

static AO_t handled;

static void on_signal(int number)
{
	(void)number;
	AO_store_release(&handled, 1);
}

/* A stopped thread takes signals, and stops again. */
static void signalled_while_stopped(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct stage stage;
	struct actor actor;

	check_int(sigaction(SIGUSR1, &action, NULL), 0);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check_int(pthread_kill(actor.thread, SIGUSR1), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	check(AO_load_acquire(&handled));
	check(actor_is_stopped(&actor));
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
}

static void reposted(void)
{
	struct pgb_fault_channel *second;
	struct actor actors[2];
	struct stage stage;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	for (size_t i = 0; i < 2; i++)
		actor_start(&actors[i], stage_page(&stage, 3), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	stage_quiet(&stage);
	check_int(pgb_fault_repost(stage.channel), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	/* By a handle that knows no ranges. */
	check_int(pgb_fault_attach(&second, pgb_fault_fd(stage.channel)), 0);
	check_int(pgb_fault_repost(second), 0);
	pgb_fault_close(second);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 3, 1, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		actor_join(&actors[i]);
	check_int(stage_stats(&stage).reposts, 1);
	stage_close(&stage);
}

/* Pass a descriptor over a Unix socket. */
static void send_fd(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = {0}, byte = 0;
	struct iovec text = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	check_int(sendmsg(to, &message, 0), 1);
}

static int receive_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec text = {&byte, 1};
	struct msghdr message = {
		.msg_iov = &text,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	check_int(recvmsg(from, &message, 0), 1);
	check(CMSG_FIRSTHDR(&message) != NULL);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* What two processes have between them. */
struct link {
	int sockets[2]; /* 0: the one whose memory it is; 1: the other */
	struct gate reached, may_go_on;
	size_t faults; /* how many to serve */
	bool answers;
};

static void link_make(struct link *link, size_t faults, bool answers)
{
	check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, link->sockets), 0);
	gate_make(&link->reached);
	gate_make(&link->may_go_on);
	link->faults = faults;
	link->answers = answers;
}

static void link_destroy(struct link *link)
{
	close(link->sockets[0]);
	close(link->sockets[1]);
	gate_destroy(&link->reached);
	gate_destroy(&link->may_go_on);
}

/* Serves memory that it has never seen. */
static void read_elsewhere(void *arg)
{
	struct link *link = arg;
	struct stage stage = {.page = (size_t)sysconf(_SC_PAGESIZE)};
	unsigned char content[65536];
	int fd = receive_fd(link->sockets[1]);

	memset(content, 5, sizeof(content));
	check_int(pgb_fault_attach(&stage.channel, fd), 0);
	close(fd);
	for (size_t i = 0; i < link->faults; i++) {
		struct pgb_fault fault = stage_next(&stage);
		struct pgb_ack ack = {
			.start = fault.address / stage.page * stage.page,
			.length = stage.page,
			.action = PGB_ACK_FILL,
			.source = content,
		};

		check_int(fault.kind, PGB_FAULT_ABSENT);
		if (link->answers)
			check_int(pgb_fault_ack(stage.channel, &ack, 1), 0);
	}
	gate_open(&link->reached);
	gate_pass(&link->may_go_on);
	pgb_fault_close(stage.channel);
}

/* Started before there is a channel, so that nothing is inherited. */
static void read_by_another_process(void)
{
	struct stage stage;
	struct link link;
	struct actor actor;
	pid_t reader;

	stage_need(PGB_FAULT_ABSENT, 0);
	link_make(&link, 2, true);
	reader = child_start(read_elsewhere, &link);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	send_fd(link.sockets[0], pgb_fault_fd(stage.channel));
	for (size_t i = 0; i < 2; i++) {
		actor_start(&actor, stage_page(&stage, i), false);
		actor_join(&actor);
		check_int(actor.seen, 5);
	}
	gate_open(&link.may_go_on);
	check_int(child_wait(reader), 0);
	/* It was not the last. */
	actor_start(&actor, stage_page(&stage, 4), false);
	stage_expect(&stage, PGB_FAULT_ABSENT, 4);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 4, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
	link_destroy(&link);
}

/* A fault that a reader took into its grave comes again; one it had not read stays. */
static void reader_killed(void)
{
	struct actor first, second;
	struct stage stage;
	struct link link;
	pid_t reader;

	stage_need(PGB_FAULT_ABSENT, 0);
	link_make(&link, 1, false);
	reader = child_start(read_elsewhere, &link);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	send_fd(link.sockets[0], pgb_fault_fd(stage.channel));
	actor_start(&first, stage_page(&stage, 1), true);
	gate_pass(&link.reached);
	actor_start(&second, stage_page(&stage, 2), true);
	check_int(kill(reader, SIGKILL), 0);
	check(WIFSIGNALED(child_wait(reader)));
	stage_expect(&stage, PGB_FAULT_ABSENT, 2);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 2, 1, NULL), 0);
	actor_join(&second);
	stage_quiet(&stage);
	check(actor_is_stopped(&first));
	check_int(pgb_fault_repost(stage.channel), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 1);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 1, 1, NULL), 0);
	actor_join(&first);
	stage_close(&stage);
	link_destroy(&link);
}

/* With the last copy of the descriptor everybody is released by the kernel. */
static void last_reader_killed(void)
{
	struct stage stage;
	struct link link;
	struct actor actor;
	pid_t reader;

	stage_need(PGB_FAULT_ABSENT, 0);
	link_make(&link, 1, false);
	reader = child_start(read_elsewhere, &link);
	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	send_fd(link.sockets[0], pgb_fault_fd(stage.channel));
	actor_start(&actor, stage.base, true);
	gate_pass(&link.reached);
	check_int(close(pgb_fault_fd(stage.channel)), 0);
	check(actor_is_stopped(&actor));
	check_int(kill(reader, SIGKILL), 0);
	check(WIFSIGNALED(child_wait(reader)));
	actor_join(&actor);
	check_int(stage.base[0], 7);
	/* The handle says that it has lost it. */
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), -EBADF);
	stage_close(&stage);
	link_destroy(&link);
}

/* Gives its channel away, is stopped, and is killed. */
static void be_stopped(void *arg)
{
	struct link *link = arg;
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	send_fd(link->sockets[0], pgb_fault_fd(stage.channel));
	actor_join(&actor);
}

static void owner_killed(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct pgb_ack ack = {1u << 30, page, PGB_ACK_ZERO, 0, NULL};
	struct pgb_fault_channel *channel;
	struct pgb_fault fault;
	struct link link;
	pid_t owner;
	int fd;

	stage_need(PGB_FAULT_ABSENT, 0);
	link_make(&link, 0, false);
	owner = child_start(be_stopped, &link);
	fd = receive_fd(link.sockets[1]);
	check_int(pgb_fault_attach(&channel, fd), 0);
	close(fd);
	check_int(kill(owner, SIGKILL), 0);
	check(WIFSIGNALED(child_wait(owner)));
	check_int(pgb_fault_read(channel, &fault, 1), -EAGAIN);
	check_int(pgb_fault_ack(channel, &ack, 1), -ESRCH);
	pgb_fault_close(channel);
	link_destroy(&link);
}

static void leave_one_stopped(struct stage *stage, struct actor *actor)
{
	stage_open(stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(actor, stage->base, true);
	stage_expect(stage, PGB_FAULT_ABSENT, 0);
}

static void exit_with_stopped_thread(void *arg)
{
	struct stage stage;
	struct actor actor;

	(void)arg;
	leave_one_stopped(&stage, &actor);
}

static void exec_with_stopped_thread(void *arg)
{
	struct stage stage;
	struct actor actor;

	(void)arg;
	leave_one_stopped(&stage, &actor);
	execl("/proc/self/exe", "lives", "in a new image", NULL);
	check(!"exec works");
}

static void processes_end(void)
{
	stage_need(PGB_FAULT_ABSENT, 0);
	child_run(exit_with_stopped_thread, NULL);
	child_run(exec_with_stopped_thread, NULL);
}

static void use_what_is_the_parents(void *arg)
{
	const struct stage *stage = arg;
	struct pgb_page_run run = stage_run(stage, 0, 1);
	struct pgb_fault_stats stats;
	struct pgb_fault fault;
	struct pgb_ack ack = {run.start, stage->page, PGB_ACK_ZERO, 0, NULL};
	struct pgb_move result;

	/* Nothing stops here. */
	check_int(stage_page(stage, 3)[0], 0);
	stage_page(stage, 3)[0] = 9;
	check_int(pgb_fault_fd(stage->channel), -ECHILD);
	check_int(pgb_fault_add(stage->channel, stage->base, stage->page, 1), -ECHILD);
	check_int(pgb_fault_remove(stage->channel, stage->base, stage->page), -ECHILD);
	check_int(pgb_fault_protect(stage->channel, 1, &run, 1), -ECHILD);
	check_int(pgb_fault_unprotect(stage->channel, 1, &run, 1), -ECHILD);
	check_int(pgb_fault_read(stage->channel, &fault, 1), -ECHILD);
	check_int(pgb_fault_ack(stage->channel, &ack, 1), -ECHILD);
	check_int(pgb_fault_repost(stage->channel), -ECHILD);
	check_int(pgb_fault_move(stage->channel, stage->base, stage_page(stage, 1),
				 stage->page, &result),
		  -ECHILD);
	check_int(pgb_fault_get_stats(stage->channel, &stats, sizeof(stats)), -ECHILD);
	pgb_fault_close(stage->channel);
}

static void forked(void)
{
	struct stage stage;
	struct actor actor;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	actor_start(&actor, stage.base, true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 0);
	child_run(use_what_is_the_parents, &stage);
	/* The child closed its handle; here everything is as before. */
	check(actor_is_stopped(&actor));
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 0, 1, NULL), 0);
	actor_join(&actor);
	actor_start(&actor, stage_page(&stage, 3), true);
	stage_expect(&stage, PGB_FAULT_ABSENT, 3);
	check_int(stage_ack(&stage, PGB_ACK_ZERO, 3, 1, NULL), 0);
	actor_join(&actor);
	stage_close(&stage);
}

struct serving {
	const struct stage *stage;
	int fd;
};

static void serve_parent(void *arg)
{
	const struct serving *serving = arg;
	struct stage stage = *serving->stage;

	check_int(pgb_fault_attach(&stage.channel, serving->fd), 0);
	stage_expect(&stage, PGB_FAULT_ABSENT, 2);
	/* Memory of its own at the same address is another. */
	stage_page(&stage, 2)[0] = 1;
	check_int(stage_ack(&stage, PGB_ACK_FILL, 2, 1, stage_page(&stage, 2)), 0);
	pgb_fault_close(stage.channel);
}

static void served_by_a_child(void)
{
	struct serving serving;
	struct stage stage;
	struct actor actor;
	pid_t child;

	stage_open(&stage, PAGES, PGB_FAULT_ABSENT);
	serving.stage = &stage;
	serving.fd = pgb_fault_fd(stage.channel);
	child = child_start(serve_parent, &serving);
	actor_start(&actor, stage_page(&stage, 2), false);
	actor_join(&actor);
	check_int(actor.seen, 1);
	check_int(child_wait(child), 0);
	stage_close(&stage);
}

static const struct plain_case cases[] = {
	{"unmapped under a thread, acknowledged", unmapped_then_acked},
	{"unmapped under a thread, removed", unmapped_then_removed},
	{"removed with foreign memory in it", removed_with_foreign_memory},
	{"removed under a thread", removed_under_a_thread},
	{"closed under a thread", closed_under_a_thread},
	{"a signal while stopped", signalled_while_stopped},
	{"reposted", reposted},
	{"read by another process", read_by_another_process},
	{"a reader is killed", reader_killed},
	{"the last reader is killed", last_reader_killed},
	{"the owner is killed", owner_killed},
	{"processes end with stopped threads", processes_end},
	{"fork", forked},
	{"served by a child", served_by_a_child},
};

int main(int argc, char **argv)
{
	(void)argv;
	return argc > 1 ? 0 : plain_main("lives", cases, sizeof(cases) / sizeof(cases[0]));
}

/* SPDX-License-Identifier: MIT */
/* supervise.c - run a program as a child, and be to others as if we were it. */
#include "tool/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/refusal.h"
#include "tool/tool.h"

int pgb_exec(char **program)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (setenv("PGBARRIER_ROOT_PID", pid, 1)) {
		pgb_say("cannot set PGBARRIER_ROOT_PID: %s", strerror(errno));
		return PGB_EXIT_FAILED;
	}
	execvp(program[0], program);
	return pgb_refusal(program[0], errno);
}

/*
 * The terminal gives its signals to the whole foreground group, so the child has them
 * already.  What a process sent to us alone, the child has not.
 */
static bool is_from_terminal(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGINT:
	case SIGQUIT:
	case SIGHUP:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGCONT:
	case SIGWINCH:
		return info->si_code == SI_KERNEL;
	default:
		return false;
	}
}

static void pass_on(pid_t child, const siginfo_t *info)
{
	if (is_from_terminal(info))
		return;
	if (info->si_code == SI_QUEUE)
		sigqueue(child, info->si_signo, info->si_value);
	else
		kill(child, info->si_signo);
}

/*
 * Stop as the child did, so that our shell takes the job for stopped.  Not for SIGSTOP:
 * who sends that to the child alone will continue it alone.  The SIGCONT that wakes us
 * is pending then, and is passed on like any other.
 */
static void stop_too(int signal)
{
	sigset_t set;

	if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
		return;
	sigemptyset(&set);
	sigaddset(&set, signal);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Has the child ended? */
static bool reap(pid_t child, int *status)
{
	while (waitpid(child, status, WNOHANG | WUNTRACED) > 0) {
		if (!WIFSTOPPED(*status))
			return true;
		stop_too(WSTOPSIG(*status));
	}
	return false;
}

int pgb_supervise(char **program, int *status)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	struct sigaction inherited;
	sigset_t all, before;
	siginfo_t info;
	pid_t child;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	/* Where it is ignored, as a parent may have left it, a child's status is lost. */
	sigaction(SIGCHLD, &by_default, &inherited);
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		sigaction(SIGCHLD, &inherited, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		_exit(pgb_exec(program));
	}
	for (;;) {
		int signal = sigwaitinfo(&all, &info);

		if (signal == SIGCHLD && reap(child, status))
			return 0;
		if (signal > 0 && signal != SIGCHLD)
			pass_on(child, &info);
	}
}

int pgb_end_like(int status)
{
	const struct sigaction by_default = {.sa_handler = SIG_DFL};
	int signal = WTERMSIG(status);
	sigset_t set;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* One core is enough.  RLIMIT_CORE does not hold for cores that go to a pipe. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	sigaction(signal, &by_default, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	raise(signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return PGB_EXIT_SIGNAL + signal;
}

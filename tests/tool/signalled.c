/* SPDX-License-Identifier: MIT */
/*
 * signalled.c - a program that tells which signals it gets.
 *
 * signalled prints "ready", then a line for each signal, and exits with 42 on SIGUSR2.
 * signalled N dies of signal N.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void die(int signal)
{
	const struct rlimit none = {0};

	/* A test leaves no core behind. */
	setrlimit(RLIMIT_CORE, &none);
	raise(signal);
}

int main(int argc, char **argv)
{
	const int told[] = {SIGHUP,  SIGINT,  SIGQUIT,	SIGUSR1,
			    SIGUSR2, SIGTERM, SIGWINCH, SIGRTMIN + 1};
	sigset_t set;
	int signal;

	if (argc > 1)
		die((int)strtol(argv[1], NULL, 10));
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
		sigaddset(&set, told[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (!sigwait(&set, &signal)) {
		printf("signal %d\n", signal);
		if (signal == SIGUSR2)
			return 42;
	}
	return 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * harness.h - runs every case of the conformance suite over every backend, each in a
 * process of its own.
 *
 * PGB_TEST_BACKENDS (names, separated by spaces) restricts the backends, PGB_TEST_CASES
 * ("kmod: fork*") the cases, PGB_TEST_SCALE (percent) scales how much work the long cases
 * do, and PGB_TEST_WATCHDOG (seconds) says when a program or a process of it counts as
 * hung.  PGB_TEST_LACKS ("PAGEMAP_SCAN", of os/inject.c) is an ioctl that the kernel does
 * not know: what an older one would have done can be seen on this one.
 */
#ifndef PGB_CONFORMANCE_HARNESS_H
#define PGB_CONFORMANCE_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <pgbarrier.h>

struct conformance_case {
	const char *name;
	void (*run)(const struct pgb_backend_info *backend);
	/* Capabilities without which the case does not apply; also NEEDS_OWN_MEMORY. */
	uint32_t needs;
};

/* No capability: a backend without PGB_CAP_ANY_MEMORY, which watches but its own. */
#define NEEDS_OWN_MEMORY (1u << 31)

/* main() of each program of the suite. */
int conformance_main(const char *topic, const struct conformance_case *cases, size_t count);

#define CONFORMANCE_MAIN(topic, cases)                                                     \
	int main(void)                                                                     \
	{                                                                                  \
		return conformance_main(topic, cases, sizeof(cases) / sizeof((cases)[0])); \
	}

/* The same for cases that have nothing to do with backends. */
struct plain_case {
	const char *name;
	void (*run)(void);
};

int plain_main(const char *topic, const struct plain_case *cases, size_t count);

#define PLAIN_MAIN(topic, cases)                                                           \
	int main(void)                                                                     \
	{                                                                                  \
		return plain_main(topic, cases, sizeof(cases) / sizeof((cases)[0]));       \
	}

/* The same for cases that are run for each of several modes. */
struct moded_case {
	const char *name;
	void (*run)(unsigned mode);
	unsigned mode;
};

int moded_main(const char *topic, const struct moded_case *cases, size_t count);

/* Checks end the process where they fail, which is the case's own or a child of it. */
#define check(condition)                                                                   \
	do {                                                                               \
		if (!(condition))                                                          \
			check_failed(#condition, __FILE__, __LINE__);                      \
	} while (0)
#define check_int(value, expected)                                                         \
	check_int_at((long)(value), (long)(expected), #value, __FILE__, __LINE__)

/* What ends it: _exit(), unless a fuzzer is to see a crash. */
extern __attribute__((noreturn)) void (*check_end)(int status);

__attribute__((noreturn)) void check_failed(const char *condition, const char *file,
					    int line);
void check_int_at(long value, long expected, const char *what, const char *file, int line);

/* A line for the log, which explains a failure that follows. */
__attribute__((format(printf, 1, 2))) void note(const char *format, ...);

/* End the case as skipped, for a reason that is not the backend's. */
__attribute__((format(printf, 1, 2), noreturn)) void skip_because(const char *format, ...);

/* How many backends the cases are run over that run here. */
size_t backends_to_run(void);

/* A number of writes or steps, scaled; at least 1. */
size_t scaled(size_t count);

/*
 * Children.  The body's checks work in the child; a body that returns exits with 0.
 * child_wait() returns the wait status, 0 when all went well.
 */
typedef void child_body(void *arg);

pid_t child_start(child_body *body, void *arg);
int child_wait(pid_t child);
/* Start, wait, and check that all went well. */
void child_run(child_body *body, void *arg);

/* A gate that processes and threads wait at until it is opened. */
struct gate {
	int fds[2];
};

void gate_make(struct gate *gate);
void gate_open(struct gate *gate);
void gate_pass(struct gate *gate);
void gate_destroy(struct gate *gate);

uint64_t random_next(uint64_t *state);

#endif

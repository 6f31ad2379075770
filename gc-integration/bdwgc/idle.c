/* SPDX-License-Identifier: MIT */
/* idle.c - does the program have time to spare? */
#include "idle.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "record.h"

enum {
	BUSY_PERCENT = 95, /* of one processor, all threads together: no time to spare */
	MS_PER_WAIT = 20,  /* at the most, on average */
	NS_PER_US = 1000,
	NS_PER_MS = 1000000,
};

struct moment {
	uint64_t time, processor_time; /* nanoseconds */
	uint64_t waits;
};

static struct moment since;

static uint64_t nanoseconds(const struct timeval *time)
{
	return ((uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec) * NS_PER_US;
}

static struct moment now(void)
{
	struct moment moment = {.time = record_now()};
	struct rusage usage;

	/* It cannot fail, given these arguments. */
	getrusage(RUSAGE_SELF, &usage);
	moment.processor_time = nanoseconds(&usage.ru_utime) + nanoseconds(&usage.ru_stime);
	moment.waits = (uint64_t)usage.ru_nvcsw;
	return moment;
}

void idle_watch(void)
{
	since = now();
}

/* A child of fork(2) is counted anew: fewer waits, or more time than there was. */
bool idle_was_seen(void)
{
	struct moment end = now();
	uint64_t time = end.time - since.time;
	uint64_t busy = end.processor_time - since.processor_time;
	uint64_t waits = end.waits - since.waits;

	if (end.waits < since.waits)
		return false;
	return busy < time / 100 * BUSY_PERCENT && waits * MS_PER_WAIT * NS_PER_MS >= time;
}

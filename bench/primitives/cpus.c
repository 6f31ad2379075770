/* SPDX-License-Identifier: MIT */
/*
 * cpus.c - the CPUs that we may use, one for each thread.
 */
#include "cpus.h"

#include <errno.h>

#include "../measure.h"

void cpus_find(struct cpus *cpus)
{
	if (sched_getaffinity(0, sizeof(cpus->allowed), &cpus->allowed))
		fail("cannot find the CPUs that are allowed", -errno);
	cpus->count = (unsigned)CPU_COUNT(&cpus->allowed);
}

void cpus_pin(const struct cpus *cpus, pthread_t thread, unsigned nth)
{
	cpu_set_t one;
	int err;

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &cpus->allowed) || nth--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		err = pthread_setaffinity_np(thread, sizeof(one), &one);
		if (err)
			fail("cannot pin a thread", -err);
		return;
	}
}

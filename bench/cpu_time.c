/* SPDX-License-Identifier: MIT */
/*
 * cpu_time.c - who used the CPUs of this machine, we or others?
 */
#include "cpu_time.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "measure.h"

#define NS_PER_SECOND 1e9

/* The order of /proc/stat.  What comes after these is counted in USER and NICE too. */
enum { USER, NICE, SYSTEM, IDLE, IO_WAIT, IRQ, SOFT_IRQ, STEAL, FIELDS };

static double machine_seconds(void)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[256] = "", *rest = line + sizeof("cpu") - 1;
	unsigned long long ticks = 0;
	bool known;

	if (!file)
		return NAN;
	/* The first line is the sum over all CPUs. */
	known = fgets(line, sizeof(line), file) && !strncmp(line, "cpu ", 4);
	fclose(file);
	if (!known)
		return NAN;
	for (unsigned field = 0; field < FIELDS; field++) {
		unsigned long long value = strtoull(rest, &rest, 10);

		if (field != IDLE && field != IO_WAIT)
			ticks += value;
	}
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double used_by(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct cpu_time cpu_time_now(void)
{
	return (struct cpu_time){
		.when_ns = now_ns(),
		.machine_s = machine_seconds(),
		.own_s = used_by(RUSAGE_SELF) + used_by(RUSAGE_CHILDREN),
	};
}

double cpu_time_of_others(const struct cpu_time *begin)
{
	struct cpu_time end = cpu_time_now();
	double wall_s = (double)(end.when_ns - begin->when_ns) / NS_PER_SECOND;
	double capacity_s = wall_s * (double)sysconf(_SC_NPROCESSORS_ONLN);
	double others_s = end.machine_s - begin->machine_s - (end.own_s - begin->own_s);

	if (isnan(others_s))
		return NAN;
	if (others_s <= 0 || capacity_s <= 0)
		return 0;
	/* The machine counts in ticks, which may be longer than all the time there was. */
	return others_s < capacity_s ? others_s / capacity_s : 1;
}

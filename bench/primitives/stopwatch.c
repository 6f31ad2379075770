/* SPDX-License-Identifier: MIT */
/*
 * stopwatch.c - how long something takes; or, in a turn that is not timed, what it costs
 * others.
 */
#include "stopwatch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"

/* A number for each CPU, then words. */
static double sum_of(const char *text)
{
	double sum = 0;
	char *end;

	for (;; text = end) {
		double number = strtod(text, &end);

		if (end == text)
			return sum;
		sum += number;
	}
}

/* "TLB: 14718150 14426698 TLB shootdowns"; x86 alone has that line. */
static double count_shootdowns(void)
{
	FILE *file = fopen("/proc/interrupts", "re");
	double count = NAN;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		return NAN;
	while (isnan(count) && getline(&line, &size, file) > 0) {
		const char *name = line + strspn(line, " ");

		if (!strncmp(name, "TLB:", strlen("TLB:")))
			count = sum_of(name + strlen("TLB:"));
	}
	free(line);
	fclose(file);
	return count;
}

void stopwatch_start(struct stopwatch *watch)
{
	if (watch->counting)
		watch->begin_shootdowns = count_shootdowns();
	else
		watch->begin_ns = now_ns();
}

void stopwatch_stop(struct stopwatch *watch)
{
	if (watch->counting)
		watch->shootdowns += count_shootdowns() - watch->begin_shootdowns;
	else
		watch->ns += now_ns() - watch->begin_ns;
}

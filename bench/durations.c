/* SPDX-License-Identifier: MIT */
/*
 * durations.c - how long something took, many times.
 */
#include "durations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"

#define FIRST_ROOM 256

static void add_us(struct durations *durations, double us)
{
	if (durations->count == durations->room) {
		size_t room = durations->room ? 2 * durations->room : FIRST_ROOM;
		double *more = realloc(durations->us, room * sizeof(*more));

		if (!more)
			fail("cannot allocate memory", -ENOMEM);
		durations->us = more;
		durations->room = room;
	}
	durations->us[durations->count++] = us;
}

void durations_add(struct durations *durations, uint64_t ns)
{
	add_us(durations, (double)ns / 1000);
}

void durations_append(struct durations *durations, const struct durations *others)
{
	for (size_t i = 0; i < others->count; i++)
		add_us(durations, others->us[i]);
}

void durations_print(struct durations *durations, const char *what)
{
	double middle = durations->count ? median(durations->us, durations->count) : 0;

	printf("  %-30s%9zu", what, durations->count);
	if (durations->count) /* sorted now */
		printf("   min %.1f, median %.1f, max %.1f us", durations->us[0], middle,
		       durations->us[durations->count - 1]);
	printf("\n");
}

void durations_free(struct durations *durations)
{
	free(durations->us);
	*durations = (struct durations){0};
}

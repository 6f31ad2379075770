/* SPDX-License-Identifier: MIT */
/* timeline.c - when a process was stopped, in its report. */
#include "tool/timeline.h"

#include <stdbool.h>

#include "tool/mmu.h"

#define NS_PER_MS 1000000u

static uint64_t end_of(const struct pgb_stats_pause *pause)
{
	return pause->start_ns + pause->duration_ns;
}

/*
 * Those that are there, which is fewer than were counted if room was short or if the
 * program, which can write to the page, has damaged them.
 */
static size_t usable_pauses(const struct pgb_stats_process *process)
{
	uint64_t recorded = process->pause_ns.count, over = 0;
	size_t count = 0;

	if (recorded > PGB_STATS_PAUSES)
		recorded = PGB_STATS_PAUSES;
	for (; count < recorded; count++) {
		const struct pgb_stats_pause *pause = &process->pauses[count];

		if (pause->start_ns < over || end_of(pause) < pause->start_ns)
			break;
		over = end_of(pause);
	}
	return count;
}

static json_t *pause_pairs(const struct pgb_stats_pause *pauses, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array,
				      json_pack("[I, I]", (json_int_t)pauses[i].start_ns,
						(json_int_t)pauses[i].duration_ns));
	return array;
}

static json_t *mmu_pairs(const struct pgb_stats_pause *pauses, size_t count,
			 uint64_t lasted)
{
	static const unsigned windows_ms[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(windows_ms) / sizeof(*windows_ms); i++) {
		uint64_t window = (uint64_t)windows_ms[i] * NS_PER_MS;

		if (window > lasted)
			break;
		json_array_append_new(array,
				      json_pack("[i, f]", (int)windows_ms[i],
						pgb_mmu(pauses, count, lasted, window)));
	}
	return array;
}

void pgb_timeline_set(json_t *object, const struct pgb_stats_process *process)
{
	const struct pgb_stats_pause *pauses = process->pauses;
	size_t count = usable_pauses(process);
	bool complete = count == process->pause_ns.count;
	uint64_t known = count ? end_of(&pauses[count - 1]) : 0;

	/*
	 * When a program ended that did not call exit(3), nobody wrote down; what came
	 * after the last pause that is known makes no window worse.
	 */
	if (complete && process->lasted_ns > known)
		known = process->lasted_ns;
	json_object_set_new(object, "pauses", pause_pairs(pauses, count));
	json_object_set_new(object, "pauses_complete", json_boolean(complete));
	json_object_set_new(object, "mmu", mmu_pairs(pauses, count, known));
	json_object_set_new(object, "mmu_complete", json_boolean(complete));
}

/* SPDX-License-Identifier: MIT */
/*
 * null.c - everything is always dirty.
 *
 * Correct on every machine, and of no use but as a template, as a yardstick, and to see
 * what a collector does when the barrier tells it nothing.
 */
#include "backend/backend.h"

static int null_probe(char *reason, size_t reason_size)
{
	(void)reason;
	(void)reason_size;
	return 0;
}

static int null_open(void **state)
{
	*state = NULL;
	return 0;
}

static void null_close(void *state)
{
	(void)state;
}

static int null_add(void *state, uintptr_t start, uintptr_t end)
{
	(void)state;
	(void)start;
	(void)end;
	return 0;
}

static void null_remove(void *state, uintptr_t start, uintptr_t end)
{
	(void)state;
	(void)start;
	(void)end;
}

static int null_harvest(void *state, uintptr_t start, uintptr_t end, struct pgb_sink *sink)
{
	(void)state;
	pgb_sink_report_unsure(sink, start, end);
	return 0;
}

static int null_forked_child(void *state)
{
	(void)state;
	return 0;
}

const struct pgb_backend pgb_backend_null = {
	.name = "null",
	.summary = "reports every page at every harvest",
	.capabilities = PGB_CAP_NO_SIGNALS | PGB_CAP_KERNEL_WRITES | PGB_CAP_ONE_VMA |
			PGB_CAP_CONCURRENT | PGB_CAP_REMAP_SAFE | PGB_CAP_LOCAL |
			PGB_CAP_ANY_MEMORY,
	.automatic = false,
	.probe = null_probe,
	.open = null_open,
	.close = null_close,
	.add = null_add,
	.remove = null_remove,
	.harvest = null_harvest,
	.forked_child = null_forked_child,
};

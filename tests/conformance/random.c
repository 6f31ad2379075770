/* SPDX-License-Identifier: MIT */
/*
 * random.c - random calls against the model.
 *
 * PGB_TEST_SEED chooses the first seed.
 */
#include <stdlib.h>

#include "model.h"

#define STEPS 4000
#define SEEDS 5

static size_t pick_random(void *arg, size_t limit)
{
	return random_next(arg) % limit;
}

static void run_model(const struct pgb_backend_info *backend, uint64_t seed)
{
	struct model model = {.pick = pick_random, .pick_arg = &seed};
	size_t steps = scaled(STEPS);

	note("%s: seed %llu", backend->name, (unsigned long long)seed);
	check_int(model_open(&model, backend), 0);
	for (size_t i = 0; i < steps; i++)
		model_step(&model);
	model_settle(&model);
	model_close(&model);
}

static void random_calls(const struct pgb_backend_info *backend)
{
	const char *text = getenv("PGB_TEST_SEED");
	uint64_t first = text ? strtoull(text, NULL, 10) : 1;

	for (uint64_t seed = first; seed < first + SEEDS; seed++)
		run_model(backend, seed);
}

static const struct conformance_case cases[] = {
	{"random calls agree with a model", random_calls, 0},
};

CONFORMANCE_MAIN("random", cases)

/* SPDX-License-Identifier: MIT */
/*
 * calls.c - a fuzzer of sequences of public calls, against the model.
 *
 * The first byte of an input chooses the backend, among those that run here; all others
 * are the choices that the model makes.  A new public call gets a row in model_step().
 */
#include <stdlib.h>
#include <string.h>

#include "model.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *at, *end;
} input;

static struct pgb_backend_info *backends;
static size_t backend_count;

static size_t next_byte(void)
{
	return input.at < input.end ? *input.at++ : 0;
}

static size_t pick(void *arg, size_t limit)
{
	size_t number = next_byte();

	(void)arg;
	if (limit > 256)
		number = number << 8 | next_byte();
	return number % limit;
}

__attribute__((noreturn)) static void crash(int status)
{
	(void)status;
	abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	size_t count = pgb_backend_count();

	(void)argc;
	(void)argv;
	check_end = crash;
	backends = calloc(count, sizeof(*backends));
	check(backends != NULL);
	for (size_t i = 0; i < count; i++) {
		struct pgb_backend_info *info = &backends[backend_count];

		check_int(pgb_backend_probe(i, info, sizeof(*info)), 0);
		backend_count += !info->status;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct model model = {.pick = pick};

	input.at = data;
	input.end = data + size;
	check_int(model_open(&model, &backends[next_byte() % backend_count]), 0);
	while (input.at < input.end)
		model_step(&model);
	model_settle(&model);
	model_close(&model);
	return 0;
}

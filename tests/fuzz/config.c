/* SPDX-License-Identifier: MIT */
/*
 * config.c - a fuzzer of settings: whole environments, and single values.
 *
 * An input is strings that end with zeros, the last one at the end of the input.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STRINGS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_config(const struct pgb_config *config)
{
	must(config->backend != NULL);
	must(config->design <= PGB_DESIGN_NONE);
	must(config->mode <= PGB_MODE_OFF);
	must(config->log <= PGB_LOG_INFO);
	must(config->pause <= 10000);
	must(!config->stats || *config->stats);
}

static bool same(const struct pgb_config *a, const struct pgb_config *b)
{
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		bool is_text = s->type == PGB_SETTING_NAME || s->type == PGB_SETTING_PATH;

		if (memcmp((const char *)a + s->offset, (const char *)b + s->offset,
			   is_text ? sizeof(const char *) : sizeof(unsigned)) != 0)
			return false;
	}
	return true;
}

/* Sentences that end where they should, and are counted. */
static void hear(void *arg, const char *sentence, const char *consequence)
{
	size_t length = strlen(sentence);

	must(length > 0 && length < PGB_CONFIG_ERROR_SIZE);
	must(*consequence);
	++*(int *)arg;
}

static void load(char **strings)
{
	struct pgb_config config, again;
	int complaints = 0, returned;

	pgb_config_init(&config);
	check_config(&config);
	returned = pgb_config_load(&config, strings, hear, &complaints);
	must(returned == complaints);
	check_config(&config);
	must((config.pause > 0) == (config.mode == PGB_MODE_INCREMENTAL));
	pgb_config_init(&again);
	must(pgb_config_load(&again, strings, hear, &complaints) == returned);
	must(same(&config, &again));
}

static void set_one(const struct pgb_setting *setting, const char *value)
{
	char error[PGB_CONFIG_ERROR_SIZE] = "";
	struct pgb_config config, before;

	pgb_config_init(&config);
	before = config;
	if (pgb_config_set(&config, setting, setting->variable, value, error)) {
		must(*error && strlen(error) < sizeof(error));
		must(same(&config, &before));
	} else {
		must(!*error);
		check_config(&config);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *strings[STRINGS + 1];
	size_t count = 0;

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	for (char *at = text; at <= text + size && count < STRINGS; at += strlen(at) + 1)
		strings[count++] = at;
	strings[count] = NULL;
	load(strings);
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++)
		set_one(s, text);
	free(text);
	return 0;
}

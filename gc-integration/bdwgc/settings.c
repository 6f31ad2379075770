/* SPDX-License-Identifier: MIT */
/* settings.c - numbers that govern libgc's collections, lent by the program. */
#include "settings.h"

#include <atomic_ops.h>
#include <dlfcn.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

static struct lent {
	int (*get)(void); /* libgc's own */
	void (*set)(int value);
	int ours;
	int programs;	     /* what it was before */
	AO_t borrowed;	     /* libgc goes by ours */
	AO_t set_by_program; /* once and for all */
} lent[SETTINGS];

void settings_init(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	lent[SETTING_FULL_FREQUENCY].get = api->get_full_freq;
	lent[SETTING_FULL_FREQUENCY].set = api->set_full_freq;
	lent[SETTING_TRIES].get = api->get_max_prior_attempts;
	lent[SETTING_TRIES].set = api->set_max_prior_attempts;
	lent[SETTING_RATE].get = api->get_rate;
	lent[SETTING_RATE].set = api->set_rate;
}

/* libgc's variables are public too, and its GC_init() reads some from the environment. */
bool settings_is_ours(enum setting setting)
{
	const struct lent *it = &lent[setting];

	return AO_load_acquire(&it->borrowed) && it->get() == it->ours;
}

int settings_value(enum setting setting)
{
	return lent[setting].get();
}

void settings_borrow(enum setting setting, int value)
{
	struct lent *it = &lent[setting];

	if (AO_load_acquire(&it->set_by_program))
		return;
	if (!AO_load_acquire(&it->borrowed))
		it->programs = it->get();
	else if (!settings_is_ours(setting))
		return;
	it->ours = value;
	it->set(value);
	AO_store_release(&it->borrowed, 1);
}

void settings_give_back(enum setting setting)
{
	struct lent *it = &lent[setting];

	if (settings_is_ours(setting))
		it->set(it->programs);
	AO_store_release(&it->borrowed, 0);
}

static void *libgcs_own(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static void set_for_program(enum setting setting, int value, const char *name)
{
	void (*set)(int value) = lent[setting].set;
	void *own;

	AO_store_full(&lent[setting].set_by_program, 1);
	AO_store_full(&lent[setting].borrowed, 0);
	if (!set) {
		own = libgcs_own(name);
		memcpy(&set, &own, sizeof(set));
	}
	if (set)
		set(value);
}

static int get_for_program(enum setting setting, const char *name)
{
	int (*get)(void) = lent[setting].get;
	void *own;

	if (!get) {
		own = libgcs_own(name);
		memcpy(&get, &own, sizeof(get));
		return get ? get() : 0;
	}
	return settings_is_ours(setting) ? lent[setting].programs : get();
}

#define DEFINE(name, setting)                                                              \
	EXPORTED void GC_set_##name(int value);                                            \
	EXPORTED int GC_get_##name(void);                                                  \
	EXPORTED void GC_set_##name(int value)                                             \
	{                                                                                  \
		set_for_program(setting, value, __func__);                                 \
	}                                                                                  \
	EXPORTED int GC_get_##name(void)                                                   \
	{                                                                                  \
		return get_for_program(setting, __func__);                                 \
	}

DEFINE(full_freq, SETTING_FULL_FREQUENCY)
DEFINE(max_prior_attempts, SETTING_TRIES)
DEFINE(rate, SETTING_RATE)

/* SPDX-License-Identifier: MIT */
/* settings.c - numbers that govern libgc's collections, lent by the program. */
#include "settings.h"

#include <atomic_ops.h>

#include "own.h"

#define EXPORTED __attribute__((visibility("default")))
#define CALLER	 __builtin_return_address(0)

static struct lent {
	int (*get)(void); /* libgc's own; not of the one that is a size_t */
	void (*set)(int value);
	size_t ours;
	size_t programs;     /* what it was before */
	AO_t borrowed;	     /* libgc goes by ours */
	AO_t set_by_program; /* once and for all */
} lent[SETTINGS];

static size_t (*get_minimum)(void);
static void (*set_minimum)(size_t value);

void settings_init(const struct collector *collector)
{
	const struct collector_api *api = &collector->api;

	get_minimum = api->get_min_bytes_allocd;
	set_minimum = api->set_min_bytes_allocd;
	lent[SETTING_FULL_FREQUENCY].get = api->get_full_freq;
	lent[SETTING_FULL_FREQUENCY].set = api->set_full_freq;
	lent[SETTING_TRIES].get = api->get_max_prior_attempts;
	lent[SETTING_TRIES].set = api->set_max_prior_attempts;
	lent[SETTING_RATE].get = api->get_rate;
	lent[SETTING_RATE].set = api->set_rate;
}

size_t settings_value(enum setting setting)
{
	return setting == SETTING_MINIMUM ? get_minimum() : (size_t)lent[setting].get();
}

static void set_value(enum setting setting, size_t value)
{
	if (setting == SETTING_MINIMUM)
		set_minimum(value);
	else
		lent[setting].set((int)value);
}

/* libgc's variables are public too, and its GC_init() reads some from the environment. */
bool settings_is_ours(enum setting setting)
{
	const struct lent *it = &lent[setting];

	return AO_load_acquire(&it->borrowed) && settings_value(setting) == it->ours;
}

void settings_borrow(enum setting setting, size_t value)
{
	struct lent *it = &lent[setting];

	if (AO_load_acquire(&it->set_by_program))
		return;
	if (!AO_load_acquire(&it->borrowed))
		it->programs = settings_value(setting);
	else if (!settings_is_ours(setting))
		return;
	it->ours = value;
	set_value(setting, value);
	AO_store_release(&it->borrowed, 1);
}

void settings_give_back(enum setting setting)
{
	struct lent *it = &lent[setting];

	if (settings_is_ours(setting))
		set_value(setting, it->programs);
	AO_store_release(&it->borrowed, 0);
}

static void take_for_program(enum setting setting)
{
	AO_store_full(&lent[setting].set_by_program, 1);
	AO_store_full(&lent[setting].borrowed, 0);
}

static void set_for_program(enum setting setting, int value, const char *name,
			    const void *caller)
{
	void (*set)(int value) = lent[setting].set;

	take_for_program(setting);
	if (!set)
		own_find(name, caller, &set);
	if (set)
		set(value);
}

static int get_for_program(enum setting setting, const char *name, const void *caller)
{
	int (*get)(void) = lent[setting].get;

	if (get && settings_is_ours(setting))
		return (int)lent[setting].programs;
	if (!get)
		own_find(name, caller, &get);
	return get ? get() : 0;
}

EXPORTED void GC_set_min_bytes_allocd(size_t value);
EXPORTED size_t GC_get_min_bytes_allocd(void);

EXPORTED void GC_set_min_bytes_allocd(size_t value)
{
	void (*set)(size_t value) = set_minimum;

	take_for_program(SETTING_MINIMUM);
	if (!set)
		own_find(__func__, CALLER, &set);
	if (set)
		set(value);
}

EXPORTED size_t GC_get_min_bytes_allocd(void)
{
	size_t (*get)(void) = get_minimum;

	if (get && settings_is_ours(SETTING_MINIMUM))
		return lent[SETTING_MINIMUM].programs;
	if (!get)
		own_find(__func__, CALLER, &get);
	return get ? get() : 0;
}

#define DEFINE(name, setting)                                                              \
	EXPORTED void GC_set_##name(int value);                                            \
	EXPORTED int GC_get_##name(void);                                                  \
	EXPORTED void GC_set_##name(int value)                                             \
	{                                                                                  \
		set_for_program(setting, value, __func__, CALLER);                         \
	}                                                                                  \
	EXPORTED int GC_get_##name(void)                                                   \
	{                                                                                  \
		return get_for_program(setting, __func__, CALLER);                         \
	}

DEFINE(full_freq, SETTING_FULL_FREQUENCY)
DEFINE(max_prior_attempts, SETTING_TRIES)
DEFINE(rate, SETTING_RATE)

/* SPDX-License-Identifier: MIT */
/* settings.c - numbers that govern libgc's collections, lent by the program. */
#include "settings.h"

#include <atomic_ops.h>

#include "own.h"

static struct lent {
	int (*get)(void); /* libgc's own; not of the one that is a size_t */
	void (*set)(int value);
	size_t ours;
	size_t programs;     /* what it was before */
	AO_t set_to;	     /* by the program */
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

/* If it has set a value behind our back, that stands, whoever came last. */
static void yield_to_program(enum setting setting)
{
	struct lent *it = &lent[setting];
	AO_t value;

	if (!AO_load_full(&it->set_by_program))
		return;
	do {
		value = AO_load_full(&it->set_to);
		set_value(setting, value);
	} while (AO_load_full(&it->set_to) != value);
	AO_store_full(&it->borrowed, 0);
}

/* The program's threads call GC_set_*() without libgc's lock, so it may come in between. */
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
	AO_store_full(&it->borrowed, 1);
	yield_to_program(setting);
}

static void take_for_program(enum setting setting)
{
	AO_store_full(&lent[setting].set_by_program, 1);
	AO_store_full(&lent[setting].borrowed, 0);
}

/* Whoever has changed it without a call wants it so. */
void settings_give_back(enum setting setting)
{
	struct lent *it = &lent[setting];

	if (!AO_load_acquire(&it->borrowed))
		return;
	if (!settings_is_ours(setting)) {
		take_for_program(setting);
		return;
	}
	set_value(setting, it->programs);
	AO_store_full(&it->borrowed, 0);
	yield_to_program(setting);
}

#define DEFINE(type, name, setting, getter, setter)                                        \
	EXPORTED void GC_set_##name(type value);                                           \
	EXPORTED type GC_get_##name(void);                                                 \
	EXPORTED void GC_set_##name(type value)                                            \
	{                                                                                  \
		void (*set)(type value) = setter;                                          \
                                                                                           \
		AO_store(&lent[setting].set_to, (AO_t)value);                              \
		take_for_program(setting);                                                 \
		if (!set)                                                                  \
			own_find(__func__, CALLER, &set);                                  \
		if (set)                                                                   \
			set(value);                                                        \
	}                                                                                  \
	EXPORTED type GC_get_##name(void)                                                  \
	{                                                                                  \
		type (*get)(void) = getter;                                                \
                                                                                           \
		if (get && settings_is_ours(setting))                                      \
			return (type)lent[setting].programs;                               \
		if (!get)                                                                  \
			own_find(__func__, CALLER, &get);                                  \
		return get ? get() : 0;                                                    \
	}
#define DEFINE_INT(name, setting)                                                          \
	DEFINE(int, name, setting, lent[setting].get, lent[setting].set)

DEFINE(size_t, min_bytes_allocd, SETTING_MINIMUM, get_minimum, set_minimum)
DEFINE_INT(full_freq, SETTING_FULL_FREQUENCY)
DEFINE_INT(max_prior_attempts, SETTING_TRIES)
DEFINE_INT(rate, SETTING_RATE)

/* SPDX-License-Identifier: MIT */
/*
 * config.c - the table of settings, and how words become values.
 *
 * The preload runs this before the constructors of the program, so it keeps to plain
 * string functions and snprintf: no allocation, no streams, no getenv, no locale.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pgbarrier.h"

#define PREFIX "PGBARRIER_"

/* Of mode incremental, when nobody says; in milliseconds, as in its help below. */
#define DEFAULT_PAUSE 10

/* Longer values are cut in messages, so that what is allowed still fits behind them. */
#define SHOWN_VALUE 80

static const char ignored[] = "it is ignored";

static const char *const backends[] = {
	"auto",	      "null", "mprotect", "uffd-async", "uffd-sigbus", "uffd-sync",
	"soft-dirty", "kmod", "kmod-wp",  "kmod-sync",	NULL,
};

static const char *const designs[] = {
	[PGB_DESIGN_AUTO] = "auto",
	[PGB_DESIGN_A] = "A",
	[PGB_DESIGN_B] = "B",
	[PGB_DESIGN_NONE] = "none",
	NULL,
};

static const char *const modes[] = {
	[PGB_MODE_GENERATIONAL] = "generational",
	[PGB_MODE_INCREMENTAL] = "incremental",
	[PGB_MODE_OFF] = "off",
	NULL,
};

static const char *const policies[] = {
	[PGB_POLICY_PLAIN] = "plain",
	[PGB_POLICY_HOT] = "hot",
	[PGB_POLICY_AUTO] = "auto",
	NULL,
};

static const char *const tables[] = {
	[PGB_TABLES_HUGE] = "huge",
	[PGB_TABLES_PLAIN] = "plain",
	NULL,
};

static const char *const walks[] = {
	[PGB_WALK_SKIP] = "skip",
	[PGB_WALK_FULL] = "full",
	NULL,
};

static const char *const switches[] = {"0", "1", NULL};

static const char *const logs[] = {
	[PGB_LOG_OFF] = "off",
	[PGB_LOG_WARN] = "warn",
	[PGB_LOG_INFO] = "info",
	NULL,
};

const char *pgb_design_name(enum pgb_design design)
{
	return designs[design];
}

const char *pgb_mode_name(enum pgb_mode mode)
{
	return modes[mode];
}

const struct pgb_setting pgb_settings[] = {
	{
		.variable = PREFIX "BACKEND",
		.flag = "backend",
		.argument = "B",
		.type = PGB_SETTING_NAME,
		.offset = offsetof(struct pgb_config, backend),
		.choices = backends,
		.fallback = "auto",
		.help = "How written pages are found.",
	},
	{
		.variable = PREFIX "DESIGN",
		.flag = "design",
		.argument = "D",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, design),
		.choices = designs,
		.fallback = "auto",
		.help = "How libgc learns of them: as soft-dirty bits of the kernel (A), "
			"or as manual dirty bits (B); none leaves libgc as it is and "
			"only watches it.",
	},
	{
		.variable = PREFIX "MODE",
		.flag = "mode",
		.argument = "M",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, mode),
		.choices = modes,
		.fallback = "generational",
		.help = "Spare old pages from being traced again (generational), bound "
			"the stops too (incremental), or leave it to the program (off).",
	},
	{
		.variable = PREFIX "PAUSE",
		.flag = "pause",
		.argument = "MS",
		.type = PGB_SETTING_NUMBER,
		.offset = offsetof(struct pgb_config, pause),
		.minimum = 1,
		.maximum = 10000,
		.help = "Bound each stop to about MS milliseconds; implies mode "
			"incremental, which takes 10 where nothing is given.",
	},
	{
		.variable = PREFIX "POLICY",
		.flag = "policy",
		.argument = "P",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, policy),
		.choices = policies,
		.fallback = "auto",
		.help = "Arm every page of the heap (plain), or leave out chunks that are "
			"written in every cycle (hot); auto measures whether that pays.",
	},
	{
		.variable = PREFIX "TABLES",
		.flag = "tables",
		.argument = "T",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, tables),
		.choices = tables,
		.fallback = "huge",
		.help = "Put libgc's tables of the heap, beyond the first 2 MiB of them, "
			"on "
			"huge pages (huge), or leave them where they are (plain).",
	},
	{
		.variable = PREFIX "WALK",
		.flag = "walk",
		.argument = "W",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, walk),
		.choices = walks,
		.fallback = "skip",
		.help = "Spare libgc its look at every block of the heap in each stop "
			"(skip), which takes a write to a variable of libgc's own, or "
			"leave it (full).",
	},
	{
		.variable = PREFIX "STATS",
		.flag = "stats",
		.argument = "FILE",
		.alone = "-",
		.type = PGB_SETTING_PATH,
		.offset = offsetof(struct pgb_config, stats),
		.help = "Write a report in JSON to FILE when the program has ended; - "
			"is standard error, and so is the flag without FILE.",
	},
	{
		.variable = PREFIX "LOG",
		.flag = "log",
		.argument = "L",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, log),
		.choices = logs,
		.fallback = "warn",
		.help = "What to say on standard error: nothing (off), what does not "
			"work (warn), or what was chosen too (info).",
	},
	{
		.variable = PREFIX "VERIFY",
		.flag = "verify",
		.argument = "V",
		.alone = "1",
		.type = PGB_SETTING_CHOICE,
		.offset = offsetof(struct pgb_config, verify),
		.choices = switches,
		.fallback = "0",
		.help = "Keep a checksum of every page watched, which is slow, and "
			"abort the program when one has changed without being reported; "
			"1 turns this on, and so does the flag without V.",
	},
	{
		.variable = PREFIX "STATS_PAGE",
		.hidden = true,
		.type = PGB_SETTING_PATH,
		.offset = offsetof(struct pgb_config, stats_page),
		.help = "The file that the preload counts in.",
	},
	{
		.variable = PREFIX "ROOT_PID",
		.hidden = true,
		.type = PGB_SETTING_NUMBER,
		.offset = offsetof(struct pgb_config, root_pid),
		.maximum = INT_MAX,
		.fallback = "0",
		.help = "The process that speaks for the program.",
	},
	{
		.variable = PREFIX "TEST_TABLE",
		.hidden = true,
		.type = PGB_SETTING_NUMBER,
		.offset = offsetof(struct pgb_config, test_table),
		.maximum = INT_MAX,
		.fallback = "1024",
		.help = "From so many MiB of heap on, mark from dirty pages in the place "
			"of "
			"libgc, whose table has 2^18 bits.",
	},
	{
		.variable = PREFIX "TEST_DROP",
		.hidden = true,
		.type = PGB_SETTING_NUMBER,
		.offset = offsetof(struct pgb_config, test_drop),
		.maximum = INT_MAX,
		.fallback = "0",
		.help = "Lose every n-th dirty page, to see that tests notice.",
	},
	{.variable = NULL},
};

static void *member(struct pgb_config *config, const struct pgb_setting *setting)
{
	return (char *)config + setting->offset;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ASCII alone: strcasecmp asks the locale, which is not set up yet in the preload. */
static bool same_word(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) == lower(*b);
}

static int find_choice(const char *const *choices, const char *word, unsigned *index)
{
	for (unsigned i = 0; choices[i]; i++) {
		if (same_word(choices[i], word)) {
			*index = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Digits and nothing else; strtoul would take " -1". */
static int parse_number(const struct pgb_setting *setting, const char *word,
			unsigned *number)
{
	uint64_t value = 0;

	if (!*word)
		return -EINVAL;
	for (; *word; word++) {
		if (*word < '0' || *word > '9')
			return -EINVAL;
		value = value * 10 + (uint64_t)(*word - '0');
		if (value > setting->maximum)
			return -EINVAL;
	}
	if (value < setting->minimum)
		return -EINVAL;
	*number = (unsigned)value;
	return 0;
}

static int parse(struct pgb_config *config, const struct pgb_setting *setting,
		 const char *word)
{
	void *target = member(config, setting);
	unsigned index;

	switch (setting->type) {
	case PGB_SETTING_CHOICE:
		return find_choice(setting->choices, word, target);
	case PGB_SETTING_NAME:
		if (find_choice(setting->choices, word, &index))
			return -EINVAL;
		*(const char **)target = setting->choices[index];
		return 0;
	case PGB_SETTING_NUMBER:
		return parse_number(setting, word, target);
	case PGB_SETTING_PATH:
		if (!*word)
			return -EINVAL;
		*(const char **)target = word;
		return 0;
	}
	return -EINVAL;
}

void pgb_config_init(struct pgb_config *config)
{
	*config = (struct pgb_config){0};
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++)
		if (s->fallback)
			parse(config, s, s->fallback);
}

/* Appends to text[size], which is cut where it does not fit. */
static void append(char *text, size_t size, const char *words)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s", words);
}

void pgb_setting_allowed(const struct pgb_setting *setting, char *text, size_t size)
{
	switch (setting->type) {
	case PGB_SETTING_CHOICE:
	case PGB_SETTING_NAME:
		text[0] = '\0';
		for (size_t i = 0; setting->choices[i]; i++) {
			if (i)
				append(text, size, setting->choices[i + 1] ? ", " : " or ");
			append(text, size, setting->choices[i]);
		}
		break;
	case PGB_SETTING_NUMBER:
		snprintf(text, size, "a whole number from %u to %u", setting->minimum,
			 setting->maximum);
		break;
	case PGB_SETTING_PATH:
		snprintf(text, size, "the name of a file");
		break;
	}
}

int pgb_config_set(struct pgb_config *config, const struct pgb_setting *setting,
		   const char *origin, const char *value, char error[PGB_CONFIG_ERROR_SIZE])
{
	char allowed[PGB_CONFIG_ERROR_SIZE / 2];

	if (!parse(config, setting, value))
		return 0;
	pgb_setting_allowed(setting, allowed, sizeof(allowed));
	snprintf(error, PGB_CONFIG_ERROR_SIZE, "%s is \"%.*s%s\"; allowed: %s", origin,
		 SHOWN_VALUE, value, strlen(value) > SHOWN_VALUE ? "..." : "", allowed);
	return -EINVAL;
}

/* The value, if `entry` is "variable=value"; else NULL. */
static const char *value_of(const char *entry, const char *variable)
{
	size_t length = strlen(variable);

	if (strncmp(entry, variable, length) || entry[length] != '=')
		return NULL;
	return entry + length + 1;
}

/* The first one counts, as for getenv. */
static const char *find_variable(char *const *environment, const char *variable)
{
	const char *value = NULL;

	for (; *environment && !value; environment++)
		value = value_of(*environment, variable);
	return value;
}

static bool is_setting(const char *entry)
{
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++)
		if (value_of(entry, s->variable))
			return true;
	return false;
}

static int complain_of_unknown(char *const *environment, pgb_config_complaint *complain,
			       void *arg)
{
	char error[PGB_CONFIG_ERROR_SIZE];
	int complaints = 0;

	for (; *environment; environment++) {
		const char *entry = *environment;
		size_t length = strcspn(entry, "=");

		if (strncmp(entry, PREFIX, strlen(PREFIX)) || is_setting(entry))
			continue;
		if (length > SHOWN_VALUE)
			length = SHOWN_VALUE;
		snprintf(error, sizeof(error), "%.*s is no setting; allowed:", (int)length,
			 entry);
		for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
			if (s->hidden)
				continue;
			append(error, sizeof(error), " ");
			append(error, sizeof(error), s->variable);
		}
		complain(arg, error, ignored);
		complaints++;
	}
	return complaints;
}

/*
 * Afterwards `pause` is set in mode incremental and in no other.  A pause that was
 * asked for chooses the mode where nothing else did.
 */
static int reconcile(struct pgb_config *config, bool mode_given,
		     pgb_config_complaint *complain, void *arg)
{
	char error[PGB_CONFIG_ERROR_SIZE];

	if (config->pause && !mode_given)
		config->mode = PGB_MODE_INCREMENTAL;
	if (config->mode == PGB_MODE_INCREMENTAL) {
		if (!config->pause)
			config->pause = DEFAULT_PAUSE;
		return 0;
	}
	if (!config->pause)
		return 0;
	snprintf(error, sizeof(error),
		 "a pause of %u ms (--pause, PGBARRIER_PAUSE) needs mode incremental, "
		 "but the mode given is %s (--mode, PGBARRIER_MODE); leave one out",
		 config->pause, modes[config->mode]);
	config->pause = 0;
	complain(arg, error, "the pause is ignored");
	return 1;
}

int pgb_config_load(struct pgb_config *config, char *const *environment,
		    pgb_config_complaint *complain, void *arg)
{
	char error[PGB_CONFIG_ERROR_SIZE];
	bool mode_given = false;
	int complaints = 0;

	for (const struct pgb_setting *s = pgb_settings; s->variable; s++) {
		const char *value = find_variable(environment, s->variable);

		if (!value)
			continue;
		if (pgb_config_set(config, s, s->variable, value, error)) {
			complain(arg, error, s->fallback ? "the default is used" : ignored);
			complaints++;
		} else if (s->offset == offsetof(struct pgb_config, mode)) {
			mode_given = true;
		}
	}
	complaints += reconcile(config, mode_given, complain, arg);
	complaints += complain_of_unknown(environment, complain, arg);
	return complaints;
}

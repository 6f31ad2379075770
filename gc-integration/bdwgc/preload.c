/* SPDX-License-Identifier: MIT */
/*
 * preload.c - the barrier for unmodified programs on Boehm's collector.
 *
 * Loaded by LD_PRELOAD.  Before anything else of the program runs it looks for libgc,
 * chooses a design that works with the libgc and the kernel at hand, and puts it in
 * place.  Where none works it leaves everything as it is, and says why.
 *
 * The linker is told to initialise this object first: a constructor of a library may
 * call GC_init(), and then it would be too late.  At that time libc has not taken over
 * the environment yet, hence no getenv() here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arming.h"
#include "choice.h"
#include "collector.h"
#include "config.h"
#include "dirty_pages.h"
#include "empty_walk.h"
#include "events.h"
#include "governor.h"
#include "heap.h"
#include "hooks.h"
#include "manual_vdb.h"
#include "message.h"
#include "os/vmas.h"
#include "pacing.h"
#include "precleaning.h"
#include "record.h"
#include "settings.h"
#include "soft_dirty.h"
#include "stop_function.h"
#include "walk_steps.h"

/* Pages, in half a millisecond. */
#define DISARMED_QUICKLY 5000

static struct pgb_config config;
static struct collector collector;
static struct events_listener listener;
static bool governs;	   /* stops are kept near a target */
static bool takes_signals; /* the backend that was chosen */
static bool gives_memory;  /* and watches no other */

/* Programs without libgc are none of our business, however they are set up. */
static void complain(void *arg, const char *sentence, const char *consequence)
{
	const bool *has_libgc = arg;

	if (*has_libgc)
		message_warn("%s; %s", sentence, consequence);
}

/* Does the environment have this, "NAME=" or "NAME=value"? */
static bool is_set(char **environment, const char *setting)
{
	for (; *environment; environment++)
		if (!strncmp(*environment, setting, strlen(setting)))
			return true;
	return false;
}

static void load_config(char **environment, bool has_libgc)
{
	pgb_config_init(&config);
	pgb_config_load(&config, environment, complain, &has_libgc);
	message_allow(config.log);
	if (config.design == PGB_DESIGN_NONE ||
	    is_set(environment, "GC_DISABLE_INCREMENTAL=")) {
		config.mode = PGB_MODE_OFF;
		config.pause = 0;
	}
}

/* Can the backend that was asked for, or any that takes no signals, run here? */
static bool backend_runs(char *reason)
{
	bool is_automatic = !strcmp(config.backend, "auto");
	const struct pgb_backend *backend;
	char why[PGB_REASON_SIZE];
	int err = pgb_choice_make(config.backend, &backend, why);

	if (!err && is_automatic && !(backend->capabilities & PGB_CAP_NO_SIGNALS))
		err = pgb_choice_probe(pgb_choice_best(), why) ?: -ENOTSUP;
	if (err)
		snprintf(reason, PGB_STATS_TEXT, "%.120s", why);
	else
		config.backend = backend->name;
	takes_signals = !err && !(backend->capabilities & PGB_CAP_NO_SIGNALS);
	gives_memory = !err && !(backend->capabilities & PGB_CAP_ANY_MEMORY);
	return !err;
}

/* The design that will work, or NONE and the reason. */
static enum pgb_design choose_design(char **environment, char *reason)
{
	bool a = collector.reads_soft_dirty &&
		 !is_set(environment, "GC_USE_GETWRITEWATCH=0");
	bool b = collector_has_manual_vdb(&collector);

	if (config.design == PGB_DESIGN_NONE)
		snprintf(reason, PGB_STATS_TEXT, "asked for");
	else if (collector.api.is_init_called())
		snprintf(reason, PGB_STATS_TEXT,
			 "libgc was initialised before the preload");
	else if (config.design == PGB_DESIGN_A && !a)
		snprintf(reason, PGB_STATS_TEXT,
			 "design A needs a libgc that uses soft-dirty bits");
	else if (config.design == PGB_DESIGN_B && !b)
		snprintf(reason, PGB_STATS_TEXT, "design B needs libgc 8.0 or later");
	else if (!a && !b)
		snprintf(reason, PGB_STATS_TEXT, "libgc %s offers no way in",
			 collector.version);
	else if (backend_runs(reason))
		return config.design != PGB_DESIGN_AUTO ? config.design
		       : a				? PGB_DESIGN_A
							: PGB_DESIGN_B;
	return PGB_DESIGN_NONE;
}

static int prepare(enum pgb_design design)
{
	struct hooks_answers answers = {
		.enable_incremental =
			design != PGB_DESIGN_NONE && config.mode != PGB_MODE_OFF,
		.soft_dirty = design == PGB_DESIGN_A,
		.pause = design != PGB_DESIGN_NONE ? config.pause : 0,
		.heap_grew = config.pause ? governor_heap_grew : NULL,
		.huge_tables = design != PGB_DESIGN_NONE && !gives_memory &&
			       config.tables == PGB_TABLES_HUGE,
	};
	int err = heap_init(config.backend, config.policy, config.verify, config.test_drop);

	if (!err)
		err = arming_init(&collector, config.pause, takes_signals);
	/* The heap has to be of its memory from the first block on. */
	if (!err && gives_memory && design != PGB_DESIGN_NONE)
		err = heap_activate();
	if (!err && design == PGB_DESIGN_A)
		err = soft_dirty_init();
	if (!err && answers.enable_incremental)
		err = dirty_pages_init(&collector, config.test_table);
	if (!err && answers.enable_incremental && config.walk == PGB_WALK_SKIP)
		err = empty_walk_init(&collector);
	walk_steps_init(&collector);
	return err ? err : hooks_install(&collector, design, &answers);
}

/* Somebody may be waiting for the allocation call that ends the collection. */
static uint64_t pages_to_disarm(void)
{
	return governs && governor_program_has_time() ? DISARMED_QUICKLY : UINT64_MAX;
}

static void after_stop(uint64_t nanoseconds, bool marked)
{
	pacing_after_stop(marked);
	if (governs)
		governor_after_stop(nanoseconds, marked);
}

/* libgc's lock is held, and there are free blocks now. */
static void after_reclaim(void)
{
	uint64_t most = pages_to_disarm();

	/* Else what is free would be looked at again with the world stopped. */
	if (events_tells_of_stops())
		heap_disarm_free(&most);
	heap_after_collection(most);
	pacing_after_collection();
}

/* As before a stop: memory that has become heap meanwhile is looked at, too. */
static void preclean(void)
{
	listener.before_stop();
	listener.preclean();
}

static void govern(enum pgb_design design)
{
	governor_init(&collector, config.pause);
	stop_function_init(&collector, governor_try_is_hopeless, design == PGB_DESIGN_B);
	precleaning_init(preclean, governor_pages_in_target() / 2);
	dirty_pages_ask(governor_find_more);
}

static void listen(enum pgb_design design)
{
	if (design == PGB_DESIGN_A) {
		listener.before_stop = heap_before_stop;
		listener.preclean = soft_dirty_preclean;
	}
	if (design == PGB_DESIGN_B) {
		manual_vdb_init(&collector);
		listener.before_stop = manual_vdb_before_stop;
		listener.preclean = manual_vdb_preclean;
		listener.mark_start = manual_vdb_mark_start;
	}
	if (design != PGB_DESIGN_NONE && config.mode != PGB_MODE_OFF) {
		governs = config.pause && collector_has_pause_settings(&collector);
		settings_init(&collector);
		pacing_init(&collector, governs);
		if (governs)
			govern(design);
		/* If marking was abandoned before it. */
		listener.before_start = empty_walk_end;
		listener.after_stop = after_stop;
		listener.reclaimed = after_reclaim;
	}
	events_init(&collector, &listener, record_is_open());
}

static void describe(enum pgb_design design, const char *reason)
{
	struct pgb_stats_process *process = record();

	if (!process)
		return;
	record_text(process->libgc, sizeof(process->libgc), collector.path);
	record_text(process->libgc_version, sizeof(process->libgc_version),
		    collector.version);
	record_text(process->design, sizeof(process->design), pgb_design_name(design));
	record_text(process->mode, sizeof(process->mode), pgb_mode_name(config.mode));
	record_text(process->reason, sizeof(process->reason), reason);
}

static void set_up(char **environment)
{
	enum pgb_design design;
	char reason[PGB_STATS_TEXT] = "";
	int err;

	design = choose_design(environment, reason);
	if (design == PGB_DESIGN_NONE && !record_is_open())
		goto out;
	err = prepare(design);
	if (err) {
		design = PGB_DESIGN_NONE;
		snprintf(reason, sizeof(reason),
			 "libgc's calls could not be redirected: %s", strerror(-err));
		goto out;
	}
	listen(design);
out:
	describe(design, reason);
	if (design == PGB_DESIGN_NONE && config.design != PGB_DESIGN_NONE)
		message_warn("libgc %s runs as without pgbarrier: %s", collector.version,
			     reason);
	else
		message_info("libgc %s (%s), design %s", collector.version, collector.path,
			     pgb_design_name(design));
}

/* Only for the program that was asked for, not for all that it starts. */
static bool is_root(void)
{
	return config.root_pid && (pid_t)config.root_pid == getpid();
}

__attribute__((constructor)) static void preload(int count, char **arguments,
						 char **environment)
{
	char reason[PGB_STATS_TEXT];
	bool has_libgc = collector_find(&collector, reason, sizeof(reason));

	(void)count;
	message_init();
	load_config(environment, has_libgc);
	if (!has_libgc) {
		if (is_root())
			message_warn("%s: %s, so it runs as without pgbarrier; what it "
				     "starts is still served",
				     arguments[0], reason);
		return;
	}
	record_open(config.stats_page);
	if (!collector_has_events(&collector)) {
		message_warn("libgc %s is too old to tell of its collections; it runs as "
			     "without pgbarrier",
			     collector.version);
		return;
	}
	set_up(environment);
}

__attribute__((destructor)) static void finish(void)
{
	if (record_is_open())
		record_at_exit(pgb_vmas_count());
}

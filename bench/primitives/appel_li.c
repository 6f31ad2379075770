/* SPDX-License-Identifier: MIT */
/*
 * appel_li.c - the operations on pages that Appel and Li asked of a system, side by side.
 */
#include "appel_li.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "os/memory.h"
#include "pgbarrier_fault.h"
#include "suite.h"

static const char *const operation_names[OPERATIONS] = {
	[TRAP] = "TRAP",
	[PROT1] = "PROT1",
	[PROTN] = "PROTN",
	[UNPROT] = "UNPROT",
	[DIRTY] = "DIRTY",
	[MAP2] = "MAP2",
	[PROT1_TRAP_UNPROT] = "prot1+trap+unprot",
	[PROTN_TRAP_UNPROT] = "protN+trap+unprot",
};

/* A column of the table. */
struct contender {
	const char *name;
	const struct mechanism *mechanism;
	const struct subject *subject; /* NULL: a mechanism without one */
};

struct stage {
	struct suite *suite;
	struct pages pages;
	struct contender *contenders;
	size_t count;
};

void pages_write(const struct pages *pages)
{
	size_t page_size = pgb_page_size();

	for (size_t i = 0; i < APPEL_LI_PAGES; i++)
		region_write(&pages->region, pages->order[i], page_size);
}

static int time_writes(struct pages *pages, struct stopwatch *watch)
{
	stopwatch_start(watch);
	pages_write(pages);
	stopwatch_stop(watch);
	return 0;
}

/* A call for each of the pages, at random. */
static int time_calls(struct pages *pages, int (*call)(struct pages *pages, size_t page),
		      struct stopwatch *watch)
{
	int err = 0;

	stopwatch_start(watch);
	for (size_t i = 0; !err && i < APPEL_LI_PAGES; i++)
		err = call(pages, pages->order[i]);
	stopwatch_stop(watch);
	return err;
}

static int time_prot1(struct pages *pages, struct stopwatch *watch)
{
	pages_write(pages);
	return time_calls(pages, pages->mechanism->protect_page, watch);
}

static int time_protn(struct pages *pages, struct stopwatch *watch)
{
	int err;

	pages_write(pages);
	stopwatch_start(watch);
	err = pages->mechanism->protect_all(pages);
	stopwatch_stop(watch);
	return err;
}

static int time_unprot(struct pages *pages, struct stopwatch *watch)
{
	return time_calls(pages, pages->mechanism->unprotect_page, watch);
}

static int time_protn_trap_unprot(struct pages *pages, struct stopwatch *watch)
{
	int err;

	pages_write(pages);
	stopwatch_start(watch);
	err = pages->mechanism->protect_all(pages);
	pages_write(pages);
	stopwatch_stop(watch);
	return err;
}

/* NULL: the mechanism has no equivalent. */
static operation_timer timer_of(const struct mechanism *mechanism, enum operation operation)
{
	if (mechanism->time[operation])
		return mechanism->time[operation];
	switch (operation) {
	case TRAP:
		return mechanism->protect_all ? time_writes : NULL;
	case PROT1:
		return mechanism->protect_page ? time_prot1 : NULL;
	case PROTN:
		return mechanism->protect_all ? time_protn : NULL;
	case UNPROT:
		return mechanism->unprotect_page ? time_unprot : NULL;
	case PROT1_TRAP_UNPROT:
		return mechanism->can_also_protect ? time_writes : NULL;
	case PROTN_TRAP_UNPROT:
		return mechanism->protect_all ? time_protn_trap_unprot : NULL;
	default:
		return NULL;
	}
}

static const struct contender *find_contender(const struct stage *stage, const char *name)
{
	for (size_t i = 0; i < stage->count; i++)
		if (!strcmp(stage->contenders[i].name, name))
			return &stage->contenders[i];
	return NULL;
}

static enum operation operation_of(const struct cell *cell)
{
	enum operation operation = TRAP;

	while (strcmp(operation_names[operation], cell->operation))
		operation++;
	return operation;
}

static int turn(struct cell *cell, struct stopwatch *watch, double *units, void *arg)
{
	struct stage *stage = arg;
	const struct contender *contender = find_contender(stage, cell->backend);
	const struct mechanism *mechanism = contender->mechanism;
	enum operation operation = operation_of(cell);
	struct pages pages = stage->pages;
	int err;

	pages.mechanism = mechanism;
	pages.subject = contender->subject;
	pages.also_protect = operation == PROT1_TRAP_UNPROT;
	err = mechanism->begin ? mechanism->begin(&pages) : 0;
	if (err)
		return err;
	*units = APPEL_LI_PAGES;
	err = timer_of(mechanism, operation)(&pages, watch);
	if (mechanism->end)
		mechanism->end(&pages);
	return err;
}

static void add_contender(struct stage *stage, const char *name,
			  const struct mechanism *mechanism, const struct subject *subject)
{
	stage->contenders[stage->count++] = (struct contender){name, mechanism, subject};
}

static int find_contenders(struct stage *stage)
{
	const struct subjects *subjects = &stage->suite->subjects;
	struct pgb_fault_info channels;
	int err;

	stage->contenders = calloc(subjects->count + 3, sizeof(*stage->contenders));
	if (!stage->contenders)
		return -ENOMEM;
	for (size_t i = 0; i < subjects->count; i++)
		if (subjects->subject[i].kind == BARRIER)
			add_contender(stage, subjects->subject[i].name, &barrier_mechanism,
				      &subjects->subject[i]);
	add_contender(stage, "bare mprotect", &bare_mechanism, NULL);
	add_contender(stage, "none", &second_mapping, NULL);
	err = pgb_fault_probe(&channels, sizeof(channels));
	if (err)
		return err;
	if (channels.status || !(channels.kinds & PGB_FAULT_WRITE))
		return results_skip(stage->suite->results, "fault channel",
				    channels.reason);
	add_contender(stage, "fault channel", &channel_mechanism, NULL);
	return 0;
}

/* One note for all backends, which lack the same. */
static int note_missing(const struct stage *stage, enum operation operation)
{
	const struct mechanism *noted = NULL;
	char what[64];
	int err = 0;

	for (size_t i = 0; !err && i < stage->count; i++) {
		const struct contender *contender = &stage->contenders[i];
		const struct mechanism *mechanism = contender->mechanism;

		if (mechanism == noted || !mechanism->why_not[operation])
			continue;
		noted = mechanism;
		snprintf(what, sizeof(what), "%s of %s", operation_names[operation],
			 contender->subject ? "barriers" : contender->name);
		err = results_skip(stage->suite->results, what,
				   mechanism->why_not[operation]);
	}
	return err;
}

static int plan(struct cells *cells, void *arg)
{
	const struct stage *stage = arg;
	int err = 0;

	for (enum operation o = TRAP; !err && o < OPERATIONS; o++) {
		err = note_missing(stage, o);
		for (size_t i = 0; i < stage->count; i++) {
			if (!timer_of(stage->contenders[i].mechanism, o))
				continue;
			cells_add(cells,
				  &(struct cell){.bench = "appel-li",
						 .operation = operation_names[o],
						 .backend = stage->contenders[i].name,
						 .threads = 1,
						 .region_bytes = stage->pages.region.bytes,
						 .density = -1,
						 .unit = "ns/page"});
		}
	}
	return err;
}

static int prepare(struct stage *stage)
{
	int err = region_map(&stage->pages.region, APPEL_LI_PAGES * pgb_page_size(), false);

	if (err)
		return err;
	stage->pages.order = region_order(&stage->pages.region, RANDOM);
	stage->pages.cpus = &stage->suite->cpus;
	return find_contenders(stage);
}

int appel_li(struct suite *suite)
{
	const struct part part = {
		.title = "Appel and Li's operations on 100 pages: ratio to mprotect, ns a "
			 "page",
		.reference = "mprotect",
		.pace = suite->quick ? (struct pace){5, 31, 2} : (struct pace){11, 63, 20},
		.plan = plan,
		.turn = turn,
	};
	struct stage stage = {.suite = suite};
	int err = prepare(&stage);

	if (!err)
		err = suite_run(suite, &part, &stage);
	free(stage.contenders);
	free((void *)stage.pages.order);
	region_unmap(&stage.pages.region);
	return err;
}

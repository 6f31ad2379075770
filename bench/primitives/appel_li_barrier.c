/* SPDX-License-Identifier: MIT */
/*
 * appel_li_barrier.c - a barrier as Appel and Li's operations: armed is protected, the
 * first write is trap and unprotection in one.
 */
#include "appel_li.h"
#include "os/memory.h"

static int arm_all(struct pages *pages)
{
	size_t found;

	return subject_harvest(pages->subject, &pages->region, &found);
}

static int begin(struct pages *pages)
{
	int err = subject_attach(pages->subject, &pages->region, &pages->region);

	if (err)
		return err;
	err = arm_all(pages);
	if (err)
		subject_detach(pages->subject, &pages->region);
	return err;
}

static void end(struct pages *pages)
{
	subject_detach(pages->subject, &pages->region);
}

static int arm_page(struct pages *pages, size_t page)
{
	size_t page_size = pgb_page_size();

	return pgb_harvest_range(pages->subject->barrier,
				 pages->region.start + page * page_size, page_size, NULL,
				 NULL);
}

/* Half of them: a list of all would be no list. */
static int time_dirty(struct pages *pages, struct stopwatch *watch)
{
	size_t page_size = pgb_page_size();
	int err;

	for (size_t i = 0; i < APPEL_LI_PAGES / 2; i++)
		region_write(&pages->region, pages->order[i], page_size);
	stopwatch_start(watch);
	err = arm_all(pages);
	stopwatch_stop(watch);
	return err;
}

static int time_prot1_trap_unprot(struct pages *pages, struct stopwatch *watch)
{
	size_t page_size = pgb_page_size();
	int err = 0;

	stopwatch_start(watch);
	for (size_t i = 0; !err && i < APPEL_LI_PAGES; i++) {
		uint32_t before = pages->order[i ? i - 1 : APPEL_LI_PAGES - 1];

		region_write(&pages->region, pages->order[i], page_size);
		err = arm_page(pages, before);
	}
	stopwatch_stop(watch);
	return err;
}

const struct mechanism barrier_mechanism = {
	.begin = begin,
	.end = end,
	.protect_all = arm_all,
	.protect_page = arm_page,
	.time =
		{
			[DIRTY] = time_dirty,
			[PROT1_TRAP_UNPROT] = time_prot1_trap_unprot,
		},
	.why_not =
		{
			[UNPROT] = "nothing but a write unprotects an armed page",
			[MAP2] = "a barrier watches private memory, which has one address",
		},
};

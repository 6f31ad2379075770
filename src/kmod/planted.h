/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of the protocol that a test can have left out.
 *
 * Only in a build with PGBARRIER_TEST_FAULTS (`make kmod PGB_PLANTED=y`), to show that the tests
 * notice.  In any other the conditions are constants.
 */
#ifndef PGBARRIER_PLANTED_H
#define PGBARRIER_PLANTED_H

#include <linux/bits.h>
#include <linux/delay.h>

enum pgb_planted {
	PGB_NO_PAGE_WAIT	= BIT(0), /* harvest: for faults that are half done */
	PGB_NO_CLEAN		= BIT(1), /* harvest: after write-protecting */
	PGB_NO_DIRTY_FOLIO	= BIT(2), /* dirty page table entries that are zapped */
	PGB_PROTECT_FIRST	= BIT(3), /* harvest: before the bits are taken */
	PGB_NO_NEXT_CYCLE	= BIT(4), /* harvest: waiters are not told */
	PGB_NO_DIRTY_ENTRIES	= BIT(5), /* harvest: cleaned, but not reported */
	PGB_LEAK		= BIT(6),
	PGB_USE_AFTER_FREE	= BIT(7),
	PGB_LOCK_INVERSION	= BIT(8),
	PGB_NO_LOG_ENTRY	= BIT(9), /* log: for every 8th page */
	PGB_NO_HOLD		= BIT(10), /* clone: the source goes on */
	PGB_NO_PINS		= BIT(11), /* harvest: pages that are pinned count as others */
	PGB_NO_ZAP_WAIT		= BIT(12), /* harvest: for TLBs that others have to flush */
};

#ifdef PGBARRIER_TEST_FAULTS
extern unsigned int pgb_test_fault;
extern unsigned int pgb_test_delay_us;

static inline bool pgb_planted(enum pgb_planted fault)
{
	return READ_ONCE(pgb_test_fault) & fault;
}

/* Widens the windows of races. */
static inline void pgb_test_delay(void)
{
	unsigned int us = READ_ONCE(pgb_test_delay_us);

	if (us)
		usleep_range(us, 2 * us);
}

/* The same where one must not sleep. */
static inline void pgb_test_spin(void)
{
	udelay(READ_ONCE(pgb_test_delay_us));
}
#else
static inline bool pgb_planted(enum pgb_planted fault)
{
	return false;
}

static inline void pgb_test_delay(void)
{
}

static inline void pgb_test_spin(void)
{
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/*
 * atomic_ops.h - libatomic_ops, explained to valgrind.
 *
 * Valgrind's race detectors know locks, but not what an atomic operation orders.  A build
 * that finds this header before the true one tells them: whoever acquires at an address
 * comes after everybody who has released there.  What is published with less than that is
 * reported as a race.  The operations themselves cannot race; atomics.supp says so.
 */
#ifndef PGB_RACES_ATOMIC_OPS_H
#define PGB_RACES_ATOMIC_OPS_H

#include_next <atomic_ops.h>
#include <valgrind/drd.h>

#define PGB_RACES_LOAD(operation)                                                          \
	static inline AO_t annotated_##operation(const volatile AO_t *at)                  \
	{                                                                                  \
		AO_t value = operation(at);                                                \
		ANNOTATE_HAPPENS_AFTER(at);                                                \
		return value;                                                              \
	}

#define PGB_RACES_STORE(operation)                                                         \
	static inline void annotated_##operation(volatile AO_t *at, AO_t value)            \
	{                                                                                  \
		ANNOTATE_HAPPENS_BEFORE(at);                                               \
		operation(at, value);                                                      \
	}

#define PGB_RACES_COUNT(operation)                                                         \
	static inline AO_t annotated_##operation(volatile AO_t *at)                        \
	{                                                                                  \
		ANNOTATE_HAPPENS_BEFORE(at);                                               \
		AO_t value = operation(at);                                                \
		ANNOTATE_HAPPENS_AFTER(at);                                                \
		return value;                                                              \
	}

#define PGB_RACES_COMBINE(operation)                                                       \
	static inline void annotated_##operation(volatile AO_t *at, AO_t value)            \
	{                                                                                  \
		ANNOTATE_HAPPENS_BEFORE(at);                                               \
		operation(at, value);                                                      \
		ANNOTATE_HAPPENS_AFTER(at);                                                \
	}

PGB_RACES_LOAD(AO_load_acquire)
#undef AO_load_acquire
#define AO_load_acquire annotated_AO_load_acquire

PGB_RACES_LOAD(AO_load_full)
#undef AO_load_full
#define AO_load_full annotated_AO_load_full

PGB_RACES_STORE(AO_store_release)
#undef AO_store_release
#define AO_store_release annotated_AO_store_release

PGB_RACES_STORE(AO_store_full)
#undef AO_store_full
#define AO_store_full annotated_AO_store_full

PGB_RACES_COUNT(AO_fetch_and_add1_full)
#undef AO_fetch_and_add1_full
#define AO_fetch_and_add1_full annotated_AO_fetch_and_add1_full

PGB_RACES_COUNT(AO_fetch_and_sub1_full)
#undef AO_fetch_and_sub1_full
#define AO_fetch_and_sub1_full annotated_AO_fetch_and_sub1_full

PGB_RACES_COMBINE(AO_and_full)
#undef AO_and_full
#define AO_and_full annotated_AO_and_full

PGB_RACES_COMBINE(AO_or_full)
#undef AO_or_full
#define AO_or_full annotated_AO_or_full

static inline int annotated_AO_compare_and_swap_full(volatile AO_t *at, AO_t from, AO_t to)
{
	int swapped;

	ANNOTATE_HAPPENS_BEFORE(at);
	swapped = AO_compare_and_swap_full(at, from, to);
	ANNOTATE_HAPPENS_AFTER(at);
	return swapped;
}
#undef AO_compare_and_swap_full
#define AO_compare_and_swap_full annotated_AO_compare_and_swap_full

#endif

/* SPDX-License-Identifier: MIT */
/*
 * skew.h - random indices of which some come more often than others.
 */
#ifndef BENCH_SKEW_H
#define BENCH_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "prng.h"

struct skew {
	enum { UNIFORM, ZIPF, CLUSTERED } kind;
	double exponent; /* of ZIPF */
};

/* "uniform", "zipf:EXPONENT" (above 0, up to 10), "clustered".  Is it one of them? */
bool skew_parse(struct skew *skew, const char *text);

struct skewed {
	struct skew skew;
	uint32_t count;
	double first, last, sure; /* of ZIPF; see skew.c */
	uint32_t start, width;	  /* of CLUSTERED: where indices come from now */
	unsigned left;		  /* and how many more */
};

void skewed_init(struct skewed *skewed, const struct skew *skew, uint32_t count);

/*
 * 0 to count - 1.  ZIPF: the smaller the more often, index i in proportion to
 * (i + 1)^-exponent.  CLUSTERED: any, but many in a row from a small range.
 */
uint32_t skewed_next(struct skewed *skewed, struct prng *prng);

#endif

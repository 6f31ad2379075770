/* SPDX-License-Identifier: MIT */
/*
 * percentile.h - percentiles that there are enough samples for.
 */
#ifndef BENCH_PERCENTILE_H
#define BENCH_PERCENTILE_H

#include "histogram.h"

/*
 * In ms; NAN if so few samples do not tell.  Beyond p99 there has to be something: it takes
 * a hundred of them, and a thousand for p99.9.
 */
double percentile_ms(const struct pgb_histogram *histogram, double percent);

#endif

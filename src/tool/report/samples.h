/* SPDX-License-Identifier: MIT */
/* samples.h - how many times a figure is of, and which are of too few. */
#ifndef PGB_REPORT_SAMPLES_H
#define PGB_REPORT_SAMPLES_H

#include <jansson.h>

/* Pauses that the percentiles of a row are of: those of all its sound runs.  NAN: unknown.
 */
double pgb_samples_of_pauses(const json_t *row);

/*
 * Take from each row what too few pauses or requests were measured for: of ninety the 99th
 * percentile is the longest and no more, and of none there is no longest.
 */
void pgb_samples_drop_few(json_t *rows);

#endif

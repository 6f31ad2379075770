/* SPDX-License-Identifier: MIT */
/*
 * skew.c - random indices of which some come more often than others.
 *
 * Zipf's distribution is drawn by rejection-inversion (Hoermann and Derflinger, 1996): x is
 * drawn under the continuous curve x^-q by inverting its integral H, and rounded to k. That
 * is right but for a small part of the area around each k, which is rejected.  No tables,
 * and it works for every exponent, 1 among them.
 */
#include "skew.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_EXPONENT 10
#define CLUSTERS	 256  /* in all indices */
#define PICKS_OF_CLUSTER 1024 /* before the next one */
#define TINY		 1e-8

bool skew_parse(struct skew *skew, const char *text)
{
	static const char zipf[] = "zipf:";
	char *end;

	if (!strcmp(text, "uniform") || !strcmp(text, "clustered")) {
		skew->kind = *text == 'u' ? UNIFORM : CLUSTERED;
		return true;
	}
	if (strncmp(text, zipf, strlen(zipf)))
		return false;
	text += strlen(zipf);
	skew->kind = ZIPF;
	skew->exponent = strtod(text, &end);
	return end != text && !*end && skew->exponent > 0 &&
	       skew->exponent <= LARGEST_EXPONENT;
}

static double curve(double x, double exponent)
{
	return exp(-exponent * log(x));
}

/* The integral of the curve from 1 to x; near exponent 1 it turns into log(x). */
static double integral(double x, double exponent)
{
	double by = (1 - exponent) * log(x);

	return fabs(by) < TINY ? log(x) : expm1(by) / by * log(x);
}

static double inverse_integral(double area, double exponent)
{
	double by = area * (1 - exponent);

	/* Rounding must not take it past where the integral ends. */
	by = fmax(by, -1);
	return fabs(by) < TINY ? exp(area) : exp(log1p(by) / by * area);
}

void skewed_init(struct skewed *skewed, const struct skew *skew, uint32_t count)
{
	double q = skew->exponent;

	*skewed = (struct skewed){.skew = *skew, .count = count};
	skewed->width = count > CLUSTERS ? count / CLUSTERS : 1;
	if (skew->kind != ZIPF)
		return;
	skewed->first = integral(1.5, q) - 1;
	skewed->last = integral(count + 0.5, q);
	/* That near to x, k is never rejected. */
	skewed->sure = 2 - inverse_integral(integral(2.5, q) - curve(2, q), q);
}

static uint32_t next_zipf(const struct skewed *skewed, struct prng *prng)
{
	double q = skewed->skew.exponent;

	for (;;) {
		double share = (double)(prng_next(prng) >> 11) * 0x1p-53;
		double area = skewed->last + share * (skewed->first - skewed->last);
		double x = inverse_integral(area, q);
		double k = fmin(fmax(round(x), 1), skewed->count);

		if (k - x <= skewed->sure || area >= integral(k + 0.5, q) - curve(k, q))
			return (uint32_t)k - 1;
	}
}

static uint32_t next_clustered(struct skewed *skewed, struct prng *prng)
{
	if (!skewed->left--) {
		skewed->left = PICKS_OF_CLUSTER - 1;
		skewed->start = prng_below(prng, skewed->count - skewed->width + 1);
	}
	return skewed->start + prng_below(prng, skewed->width);
}

uint32_t skewed_next(struct skewed *skewed, struct prng *prng)
{
	switch (skewed->skew.kind) {
	case ZIPF:
		return next_zipf(skewed, prng);
	case CLUSTERED:
		return next_clustered(skewed, prng);
	case UNIFORM:
		break;
	}
	return prng_below(prng, skewed->count);
}

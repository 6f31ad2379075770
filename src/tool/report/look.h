/* SPDX-License-Identifier: MIT */
/*
 * look.h - how a series is drawn: the same for a backend in every plot.
 *
 * Colours are CSS classes, so that the style sheet has light and dark ones; they can be
 * told apart with any kind of colour vision, and each has a marker of its own besides.
 */
#ifndef PGB_REPORT_LOOK_H
#define PGB_REPORT_LOOK_H

#include <jansson.h>
#include <stdbool.h>

struct pgb_look {
	const char *colour; /* a class of style.css */
	const char *marker; /* a path around 0,0 */
	const char *dash;   /* stroke-dasharray; "none" */
	bool hollow;	    /* markers are outlines */
};

struct pgb_look pgb_look_of_backend(const char *backend);

/*
 * Of a row of the suites gc and programs: the colour tells the backend, the dashes the
 * pause target, those with a dot a policy that was asked for, a hollow marker design B. The
 * member PGB_LOOK_TWIN is how many rows before it are the same in that; it gets dashes of
 * its own.
 */
#define PGB_LOOK_TWIN "twin"
struct pgb_look pgb_look_of_row(const json_t *row);

/* A limit, which belongs to no backend. */
extern const struct pgb_look pgb_look_of_limit;

#endif

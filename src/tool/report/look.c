/* SPDX-License-Identifier: MIT */
/* look.c - how a series is drawn. */
#include "tool/report/look.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tool/report/value.h"

#define CIRCLE	  "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z"
#define SQUARE	  "M-3.1 -3.1h6.2v6.2h-6.2z"
#define DIAMOND	  "M0 -4.4l4.4 4.4l-4.4 4.4l-4.4 -4.4z"
#define UP	  "M0 -4.2l4 7h-8z"
#define DOWN	  "M0 4.2l4 -7h-8z"
#define RIGHT	  "M4.2 0l-7 4v-8z"
#define LEFT	  "M-4.2 0l7 4v-8z"
#define PLUS	  "M-1.3 -4.2h2.6v2.9h2.9v2.6h-2.9v2.9h-2.6v-2.9h-2.9v-2.6h2.9z"
#define BAR	  "M-4.2 -1.4h8.4v2.8h-8.4z"
#define HOURGLASS "M-3.8 -3.8h7.6l-7.6 7.6h7.6z"

static const struct {
	const char *backend;
	struct pgb_look look;
} looks[] = {
	{"uffd-async", {"blue", CIRCLE, "none", false}},
	{"mprotect", {"vermilion", SQUARE, "none", false}},
	{"bare mprotect", {"brown", DIAMOND, "none", false}},
	{"uffd-sigbus", {"amber", UP, "none", false}},
	{"uffd-sync", {"purple", DOWN, "none", false}},
	{"soft-dirty", {"green", PLUS, "none", false}},
	{"kmod", {"cyan", RIGHT, "none", false}},
	{"kmod-wp", {"olive", LEFT, "none", false}},
	{"kmod-sync", {"rose", HOURGLASS, "none", false}},
	{"null", {"grey", BAR, "none", false}},
	/* What the suite primitives measures beside backends. */
	{"none", {"grey", BAR, "none", false}},
	{"untouched", {"grey", DIAMOND, "2 3", true}},
	{"bare scan", {"cyan", BAR, "5 3", true}},
	{"fault channel", {"olive", UP, "5 3", true}},
};

#define LOOKS (sizeof(looks) / sizeof(*looks))

const struct pgb_look pgb_look_of_limit = {"ink", BAR, "7 4", false};

struct pgb_look pgb_look_of_backend(const char *backend)
{
	for (size_t i = 0; i < LOOKS; i++)
		if (!strcmp(looks[i].backend, backend))
			return looks[i].look;
	return (struct pgb_look){"ink", DIAMOND, "none", true};
}

/* What libgc without the preload goes by. */
static const char *backend_of(const json_t *row)
{
	const char *backend = pgb_value_text(row, "backend");
	const char *configuration = pgb_value_text(row, "configuration");

	if (backend)
		return backend;
	return configuration && !strcmp(configuration, "stock-incremental")
		       ? "bare mprotect"
		       : "none";
}

static const char *dashes_of_twin(double twin)
{
	static const char *const dashes[] = {"none", "7 3", "2 3", "9 3 2 3"};
	size_t count = sizeof(dashes) / sizeof(*dashes);

	return twin > 0 ? dashes[(size_t)twin % count] : dashes[0];
}

struct pgb_look pgb_look_of_row(const json_t *row)
{
	const char *configuration = pgb_value_text(row, "configuration");
	double target = pgb_value_number(row, "pause_target_ms");
	struct pgb_look look = pgb_look_of_backend(backend_of(row));

	look.dash = dashes_of_twin(pgb_value_number(row, PGB_LOOK_TWIN));
	if (!isnan(target))
		look.dash = target <= 1 ? "1.5 3" : target <= 5 ? "5 3" : "11 4";
	if (pgb_value_text(row, "policy"))
		look.dash = isnan(target) ? "11 3 2 3" : "5 3 2 3";
	look.hollow = configuration && !strcmp(configuration, "B");
	return look;
}

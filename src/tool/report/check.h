/* SPDX-License-Identifier: MIT */
/* check.h - whether JSON has the shape that a table of fields says. */
#ifndef PGB_REPORT_CHECK_H
#define PGB_REPORT_CHECK_H

#include <jansson.h>
#include <stdbool.h>

enum pgb_field_kind {
	PGB_FIELD_TEXT,
	PGB_FIELD_FLAG,
	PGB_FIELD_AMOUNT, /* a number that is not negative */
	PGB_FIELD_SHARE,  /* a number from 0 to 1 */
	PGB_FIELD_OBJECT, /* with `members` */
	PGB_FIELD_LIST,	  /* of objects with `members`, of texts without */
	PGB_FIELD_PAIRS,  /* a list of lists of two amounts */
};

/* Tables of fields end with one that has no name.  What is not in them is not looked at. */
struct pgb_field {
	const char *name;
	enum pgb_field_kind kind;
	bool needed; /* may be neither missing nor null */
	const struct pgb_field *members;
};

struct pgb_fault {
	char where[192]; /* "runs[0].rows[3].value"; empty: the whole */
	char what[96];	 /* "is a string, where a number belongs" */
};

/* Whether `object` is as the table says; if not, `fault` says what is wrong first. */
bool pgb_check(const json_t *object, const struct pgb_field *fields,
	       struct pgb_fault *fault);

#endif

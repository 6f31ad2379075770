/* SPDX-License-Identifier: MIT */
/* check.c - whether JSON has the shape that a table of fields says. */
#include "tool/report/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* In nanoseconds thirty years, in bytes more than there is; axes can reckon with it. */
#define LARGEST 1e18

/* What JSON calls the value. */
static const char *type_name(const json_t *value)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a truth value";
	default:
		return "null";
	}
}

static const char *wanted(enum pgb_field_kind kind)
{
	switch (kind) {
	case PGB_FIELD_TEXT:
		return "a text";
	case PGB_FIELD_FLAG:
		return "a truth value";
	case PGB_FIELD_AMOUNT:
	case PGB_FIELD_SHARE:
		return "a number";
	case PGB_FIELD_OBJECT:
		return "an object";
	default:
		return "a list";
	}
}

__attribute__((format(printf, 2, 3))) static bool fail(struct pgb_fault *fault,
						       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->what, sizeof(fault->what), format, arguments);
	va_end(arguments);
	return false;
}

/* Go down; the old length is what pgb_check goes back to. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct pgb_fault *fault,
							  const char *format, ...)
{
	size_t length = strlen(fault->where);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fault->where + length, sizeof(fault->where) - length, format, arguments);
	va_end(arguments);
	return length;
}

static bool check_members(const json_t *, const struct pgb_field *, struct pgb_fault *);

static bool check_number(const json_t *value, enum pgb_field_kind kind,
			 struct pgb_fault *fault)
{
	double number = json_number_value(value);

	if (number < 0)
		return fail(fault, "is %g, and cannot be negative", number);
	if (number > LARGEST)
		return fail(fault, "is %g, more than can have been measured", number);
	if (kind == PGB_FIELD_SHARE && number > 1)
		return fail(fault, "is %g, and cannot be more than 1", number);
	return true;
}

static bool check_element(const json_t *element, const struct pgb_field *field,
			  struct pgb_fault *fault)
{
	if (field->kind == PGB_FIELD_LIST && field->members)
		return check_members(element, field->members, fault);
	if (field->kind == PGB_FIELD_LIST)
		return json_is_string(element) ||
		       fail(fault, "is %s, where a text belongs", type_name(element));
	if (json_array_size(element) != 2 || !json_is_number(json_array_get(element, 0)) ||
	    !json_is_number(json_array_get(element, 1)))
		return fail(fault, "is no pair of numbers");
	return check_number(json_array_get(element, 0), PGB_FIELD_AMOUNT, fault) &&
	       check_number(json_array_get(element, 1), PGB_FIELD_AMOUNT, fault);
}

static bool check_elements(const json_t *list, const struct pgb_field *field,
			   struct pgb_fault *fault)
{
	json_t *element;
	size_t index;

	json_array_foreach(list, index, element)
	{
		size_t length = enter(fault, "[%zu]", index);

		if (!check_element(element, field, fault))
			return false;
		fault->where[length] = '\0';
	}
	return true;
}

static bool check_value(const json_t *value, const struct pgb_field *field,
			struct pgb_fault *fault)
{
	switch (field->kind) {
	case PGB_FIELD_TEXT:
		if (json_is_string(value))
			return true;
		break;
	case PGB_FIELD_FLAG:
		if (json_is_boolean(value))
			return true;
		break;
	case PGB_FIELD_AMOUNT:
	case PGB_FIELD_SHARE:
		if (json_is_number(value))
			return check_number(value, field->kind, fault);
		break;
	case PGB_FIELD_OBJECT:
		return check_members(value, field->members, fault);
	case PGB_FIELD_LIST:
	case PGB_FIELD_PAIRS:
		if (json_is_array(value))
			return check_elements(value, field, fault);
		break;
	}
	return fail(fault, "is %s, where %s belongs", type_name(value),
		    wanted(field->kind));
}

static bool check_members(const json_t *object, const struct pgb_field *field,
			  struct pgb_fault *fault)
{
	if (!json_is_object(object))
		return fail(fault, "is %s, where an object belongs", type_name(object));
	for (; field->name; field++) {
		const json_t *value = json_object_get(object, field->name);
		size_t length =
			enter(fault, "%s%s", fault->where[0] ? "." : "", field->name);

		if (!value && field->needed)
			return fail(fault, "is missing");
		if (value && (field->needed || !json_is_null(value)) &&
		    !check_value(value, field, fault))
			return false;
		fault->where[length] = '\0';
	}
	return true;
}

bool pgb_check(const json_t *object, const struct pgb_field *fields,
	       struct pgb_fault *fault)
{
	*fault = (struct pgb_fault){0};
	return check_members(object, fields, fault);
}

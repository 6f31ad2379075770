/* SPDX-License-Identifier: MIT */
/* list-settings.c - the table of settings: variable, flag or "-", default or "-". */
#include <stdio.h>

#include "config.h"

int main(void)
{
	for (const struct pgb_setting *s = pgb_settings; s->variable; s++)
		printf("%s %s %s\n", s->variable, s->flag ? s->flag : "-",
		       s->fallback ? s->fallback : "-");
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* page.h - the whole page. */
#ifndef PGB_REPORT_PAGE_H
#define PGB_REPORT_PAGE_H

#include <jansson.h>

/* The page of these runs, as text from malloc; NULL: out of memory. */
char *pgb_page_text(const json_t *runs);

#endif
